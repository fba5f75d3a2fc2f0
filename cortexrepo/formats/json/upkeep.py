"""The documents of what keeps a repository in order; see `json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.json.document import damages, document
from cortexrepo.formats.times import iso
from cortexrepo.model.problem import ADVICE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.formats.json.document import Damaged, Document
    from cortexrepo.model.garbage import Garbage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.problem import Problem, Report
    from cortexrepo.model.retention import Decision


def pruned(
    decisions: Iterable[Decision],
    deleted: Iterable[SnapshotId],
    damaged: Damaged,
    *,
    dry_run: bool,
) -> Document:
    """Returns the document of `prune`."""
    return document(
        "prune",
        {
            "dry_run": dry_run,
            "snapshots": [_decision(decision) for decision in decisions],
            "deleted": list(deleted),
            "damaged": damages(damaged),
        },
    )


def _decision(decision: Decision) -> Document:
    return {
        "id": decision.name.id,
        "created_at": iso(decision.name.created_at),
        "machine": decision.name.machine,
        "tags": list(decision.tags),
        "kept": decision.stays,
        "reasons": [{"rule": reason.rule, "value": reason.value} for reason in decision.reasons],
    }


def garbage(found: Garbage, *, dry_run: bool) -> Document:
    """Returns the document of `gc`."""
    return document(
        "gc",
        {
            "dry_run": dry_run,
            "snapshots": list(found.snapshots),
            "objects": found.objects,
            "bytes": found.size,
            "leftovers": found.leftovers,
            "packed_snapshots": found.rolled,
            "packed_objects": found.packed,
            "artifacts": found.artifacts,
            "artifacts_over": found.artifacts_over,
            "artifacts_unknown": found.artifacts_unknown,
            "doubted": list(found.doubted),
            "refused": found.refused,
            "waiting": found.waiting,
            "holder": found.holder,
            "damaged": damages(found.damaged),
        },
    )


def verified(found: Report) -> Document:
    """Returns the document of `verify`."""
    return document(
        "verify",
        {
            "problems": [_problem(problem) for problem in found.problems],
            "repaired": [_problem(problem) for problem in found.repaired],
            "snapshots": found.snapshots,
            "objects": found.objects,
            "bytes": found.size,
            "leftovers": found.leftovers,
            "artifacts": found.artifacts,
            "unchecked": found.unchecked,
        },
    )


def _problem(problem: Problem) -> Document:
    return {
        "kind": problem.kind,
        "key": problem.key,
        "reason": problem.reason,
        "snapshots": list(problem.snapshots),
        "advice": ADVICE[problem.kind],
    }
