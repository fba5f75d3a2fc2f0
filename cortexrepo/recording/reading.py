"""One ecosystem of a machine as readings: text that can be stored, each environment once, and never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.reading import ELSEWHERE, UNLOOKED
from cortexrepo.ecosystems.registry import is_one, reader
from cortexrepo.machine.budget import SpentError
from cortexrepo.model import environment as environment_names
from cortexrepo.model.inventory import Reading
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.files import System

LINE = 500
"""No reason has more characters."""


def read(name: str, system: System, named: Sequence[str]) -> list[Reading]:
    """Returns the readings of one ecosystem. Should its collector raise, which it must not, its slot says so.

    Each environment is there once; the places of others that a home leads to (`ELSEWHERE`), and those that were not
    looked at (`UNLOOKED`), are readings of their own.
    """
    try:
        found = reader(name).collect(system, named)
    except SpentError as failure:
        return [Reading(name, "", FAILED, None, line(str(failure)))]
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError) as failure:
        return [Reading(name, "", FAILED, None, line(f"{type(failure).__name__}: {failure}"))]
    slots: dict[str, Reading] = {}
    leading = []
    for environment, status, manifest, error, facts in found:
        pairs = tuple((text(key), text(value)) for key, value in facts)
        own = environment_names.named(environment)
        now = Reading(name, own, status, manifest, line(error), pairs)
        if pairs and pairs[0][0] in {ELSEWHERE, UNLOOKED}:
            leading.append(now)
            continue
        slots[own] = joined(slots[own], now) if own in slots else now
    return [*slots.values(), *leading]


def joined(one: Reading, other: Reading) -> Reading:
    """Returns two readings of one place as one: an environment that is a home too, in which not all could be searched.

    The packages are those of the one that has some. Neither hides the other's reason.
    """
    first, second = (one, other) if other.manifest is None else (other, one)
    reasons = [reading.error for reading in (first, second) if reading.error]
    status = first.status if second.status == OK else PARTIAL if first.manifest is not None else first.status
    return first._replace(status=status, error=line("; ".join(dict.fromkeys(reasons))))


def text(value: str) -> str:
    """Returns `value` with the bytes of names that are not UTF-8 written as escapes, so that it can be stored."""
    return value.encode("utf-8", "backslashreplace").decode()


def line(value: str) -> str:
    """Returns `value` as one line of at most `LINE` characters that can be stored."""
    return " ".join(text(value).split())[:LINE]


def spread(chosen: Sequence[str]) -> list[str]:
    """Returns the ecosystems that have environments in homes."""
    return [name for name in chosen if not is_one(name)]
