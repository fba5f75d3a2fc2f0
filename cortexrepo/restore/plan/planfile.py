"""Plans and proposals read back from JSON. What comes from a file is believed in nothing but its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cortexrepo.ecosystems.contract.restoring import Proposal
from cortexrepo.errors import RequestError
from cortexrepo.formats.json import plan as plan_json
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.model.package import FLAG_NAMES, Package
from cortexrepo.model.plan import KINDS, PLACES, Left, Obstacle, Part, Plan, Risk, Selection, Source, Step

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
LIMIT = 64 << 20
"""No plan is longer, in bytes."""
_FLAGS = {name: bit for bit, name in FLAG_NAMES}


def parse(text: str) -> Plan:
    """Returns the plan that `restore --plan-out` wrote; raises RequestError for anything else."""
    import json

    try:
        value = json.loads(text)
        _one_of(value["schema"], (plan_json.SCHEMA,))
        return plan(value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RequestError(
            f"the file is not a restore plan: {fault(error)}",
            hint="make a plan: `cortex snapshot restore REV --dry-run --plan-out FILE`",
        ) from error


def fault(error: Exception) -> str:
    """Returns what an error of reading says is wrong with a file."""
    if isinstance(error, KeyError):
        return f"the field {error} is missing"
    return "its values are nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def plan(value: Any) -> Plan:
    """Returns a plan from its fields; raises ValueError, TypeError or KeyError for what is none."""
    return Plan(
        SnapshotId(_digits(value["target"], 32)),
        _digits(value["machine"], 32),
        _number(value["created_at_ms"]),
        _digits(value["state"], 64),
        _selection(value["selection"]),
        _all(value["parts"], part),
        _all(value["obstacles"], _obstacle),
        _all(value["risks"], _risk),
        _all(value["left"], _left),
    )


def part(value: Any) -> Part:
    """Returns what happens in one environment; raises as `plan` does."""
    return Part(
        _text(value["ecosystem"]),
        _text(value["environment"]),
        _pairs(value["facts"]),
        _all(value["steps"], _step),
        _number(value["space"]),
    )


def proposal(value: Any) -> Proposal:
    """Returns a proposal from its fields; raises as `plan` does."""
    return Proposal(
        _all(value["steps"], _step),
        _all(value["obstacles"], _obstacle),
        _all(value["risks"], _risk),
        _number(value["space"]),
    )


def _step(value: Any) -> Step:
    kind = _one_of(value["kind"], KINDS)
    before, after = (None if value[side] is None else _package(value[side]) for side in ("before", "after"))
    if before is None and after is None:
        raise ValueError("a step names no package")
    return Step(kind, before, after, None if value["source"] is None else _source(value["source"]))


def _package(value: Any) -> Package:
    flags = 0
    for name in value["flags"]:
        flags |= _FLAGS[name]
    name, arch, version = (_text(value[key]) for key in ("name", "arch", "version"))
    return Package(name, arch, version, flags, _pairs(value["attributes"]))


def _source(value: Any) -> Source:
    size = None if value["size"] is None else _number(value["size"])
    # A plan of an earlier version says nothing of where a kept file came from.
    origin, environment = (_text(value.get(key, "")) for key in ("origin", "environment"))
    return Source(
        _one_of(value["place"], PLACES), _text(value["name"]), size, _text(value["digest"]), origin, environment
    )


def _obstacle(value: Any) -> Obstacle:
    return Obstacle(*_risk(value), _text(value["hint"]), _all(value.get("others", []), _text))


def _risk(value: Any) -> Risk:
    return Risk(*(_text(value[key]) for key in ("kind", "ecosystem", "environment", "package", "reason")))


def _left(value: Any) -> Left:
    ecosystem, environment, reason = (_text(value[key]) for key in ("ecosystem", "environment", "reason"))
    # A plan of an earlier version skips nothing.
    return Left(
        ecosystem, environment, reason, _text(value.get("package", "")), _truth(value.get("skipped", False), "skipped")
    )


def _selection(value: Any) -> Selection:
    only, environments, packages, exclude = (
        _all(value[key], _text) for key in ("only", "environments", "packages", "exclude")
    )
    hold, skip = _truth(value["hold"], "hold"), _truth(value.get("skip_unavailable", False), "skip_unavailable")
    return Selection(only, environments, packages, exclude, hold, skip)


def _truth(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"the field {name!r} is neither true nor false")
    return value


def _all(values: Any, read: Callable[[Any], T]) -> tuple[T, ...]:
    if not isinstance(values, list):
        raise TypeError("a list is missing")
    return tuple(read(value) for value in values)


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((_text(key), _text(found)) for key, found in value.items()))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.80} is not a text")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r:.80} is not a number")
    return value


def _digits(value: Any, count: int) -> str:
    if not is_hex(_text(value), count):
        raise ValueError(f"{value!r:.80} does not have {count} hexadecimal digits")
    return _text(value)


def _one_of(value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise ValueError(f"{value!r:.80} is not one of {', '.join(words)}")
    return _text(value)
