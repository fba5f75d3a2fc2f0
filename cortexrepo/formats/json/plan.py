"""A plan as a JSON document: all of it, so that what is written can be read again and is the same plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.json.document import package
from cortexrepo.formats.times import iso

if TYPE_CHECKING:
    from cortexrepo.formats.json.document import Document, Value
    from cortexrepo.model.plan import Left, Obstacle, Part, Plan, Risk, Selection, Source, Step

SCHEMA = "cortex.snapshot.plan/1"


def document(plan: Plan) -> Document:
    """Returns a plan as `restore --plan-out` writes it; `cortexrepo.restore.plan.planfile` reads it."""
    return {"schema": SCHEMA, **fields(plan)}


def fields(plan: Plan) -> Document:
    """Returns the fields of a plan, without a schema."""
    return {
        "target": plan.target,
        "machine": plan.machine,
        "created_at": iso(plan.created_at),
        "created_at_ms": plan.created_at,
        "state": plan.state,
        "selection": _selection(plan.selection),
        "parts": [part(one) for one in plan.parts],
        "obstacles": [obstacle(one) for one in plan.obstacles],
        "risks": [risk(one) for one in plan.risks],
        "left": [left(one) for one in plan.left],
    }


def part(one: Part) -> Document:
    """Returns what happens in one environment."""
    return {
        "ecosystem": one.ecosystem,
        "environment": one.environment,
        "facts": dict(one.facts),
        "space": one.space,
        "steps": [step(found) for found in one.steps],
    }


def step(one: Step) -> Document:
    """Returns what happens to one package."""
    return {
        "kind": one.kind,
        "before": package(one.before) if one.before is not None else None,
        "after": package(one.after) if one.after is not None else None,
        "source": _source(one.source),
    }


def obstacle(one: Obstacle) -> Document:
    """Returns why a plan cannot be carried out."""
    return {**risk(one), "hint": one.hint, "others": list(one.others)}


def risk(one: Risk | Obstacle) -> Document:
    """Returns what a person should know."""
    return {
        "kind": one.kind,
        "ecosystem": one.ecosystem,
        "environment": one.environment,
        "package": one.package,
        "reason": one.reason,
    }


def left(one: Left) -> Document:
    """Returns what is not restored."""
    return {
        "ecosystem": one.ecosystem,
        "environment": one.environment,
        "reason": one.reason,
        "package": one.package,
        "skipped": one.skipped,
    }


def _selection(one: Selection) -> Document:
    return {
        "only": list(one.only),
        "environments": list(one.environments),
        "packages": list(one.packages),
        "exclude": list(one.exclude),
        "hold": one.hold,
        "skip_unavailable": one.skip,
    }


def _source(one: Source | None) -> Value:
    if one is None:
        return None
    return {
        "place": one.place,
        "name": one.name,
        "size": one.size,
        "digest": one.digest,
        "origin": one.origin,
        "environment": one.environment,
    }
