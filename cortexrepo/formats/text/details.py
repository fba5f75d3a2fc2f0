"""One snapshot, or the live machine, in full for people."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.moments import relative, zoned
from cortexrepo.formats.text.style import BOLD, CYAN, DIM, GREEN, RED, YELLOW
from cortexrepo.formats.text.table import Cell, align, streamed
from cortexrepo.model.package import flag_names
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.inventory import Inventory, Reading
    from cortexrepo.model.package import Package
    from cortexrepo.model.snapshot import Cause, Slot, Snapshot

_STATUS = {OK: GREEN, ABSENT: DIM, FAILED: RED, PARTIAL: YELLOW}


def snapshot(found: Snapshot, tags: Sequence[str], style: Style) -> list[str]:
    """Returns everything that a snapshot says of itself: a field a line, then a table of its slots."""
    fields = [
        ("snapshot", found.id, (YELLOW,)),
        ("created", f"{zoned(found.created_at, style)} ({relative(found.created_at, style.now_ms)})", ()),
        ("message", escape(found.message), (BOLD,)),
        ("tags", ", ".join(escape(tag) for tag in tags), (CYAN,)),
        ("cause", cause_of(found.cause), ()),
        *_machine(found.machine, found.facts),
    ]
    return [*_fields(fields, style), "", *slots(found.slots, style)]


def live(inventory: Inventory, found: Iterable[Slot], style: Style) -> list[str]:
    """Returns the same for the machine as it is now."""
    fields = [("snapshot", "live: not recorded", (YELLOW,)), *_machine(inventory.machine, inventory.facts)]
    return [*_fields(fields, style), "", *slots(found, style)]


def slots(found: Iterable[Slot], style: Style) -> list[str]:
    """Returns a table: ecosystem, status, count, environment, its facts; and why something is not completely known."""
    rows = [
        [
            Cell(escape(slot.ecosystem), (BOLD,)),
            Cell(slot.status, (_STATUS.get(slot.status, RED),)),
            Cell(str(slot.packages) if slot.status in {OK, PARTIAL} and not slot.is_gap else ""),
            Cell(escape(slot.environment)),
            Cell(" ".join(f"{escape(key)}={escape(value)}" for key, value in slot.facts), (DIM,)),
            Cell(escape(slot.error), (RED,)),
        ]
        for slot in found
    ]
    return align(rows, style)


def packages(readings: Iterable[Reading], style: Style) -> Iterator[str]:
    """Yields one line a package that can be understood alone: ecosystem, name, version, arch, flags, place.

    Columns are in line within an ecosystem: one's names are much longer than another's.
    """
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        found.setdefault(reading.ecosystem, []).append(reading)
    for own in found.values():
        yield from streamed(partial(_rows, own), style)


def cause_of(cause: Cause) -> str:
    """Returns who or what made a snapshot, and why: `create by ana (manual)`; empty where nothing is known."""
    who = f"{cause.command} by {cause.user}" if cause.command and cause.user else cause.command or cause.user
    return escape(f"{who} ({cause.reason})" if cause.reason and who else who or cause.reason)


def _rows(readings: Iterable[Reading]) -> Iterator[list[Cell]]:
    for reading in readings:
        if reading.manifest is not None:
            yield from (_package(reading, package) for package in reading.manifest.packages)


def _package(reading: Reading, package: Package) -> list[Cell]:
    return [
        Cell(escape(reading.ecosystem), (DIM,)),
        Cell(escape(package.name)),
        Cell(escape(package.version) or "?"),
        Cell(escape(package.arch), (DIM,)),
        Cell(",".join(flag_names(package.flags)), (DIM,)),
        Cell(escape(reading.environment), (DIM,)),
    ]


def _machine(machine: str, facts: Iterable[tuple[str, str]]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [*((escape(key), escape(value), ()) for key, value in facts), ("machine", machine, (DIM,))]


def _fields(fields: Iterable[tuple[str, str, tuple[str, ...]]], style: Style) -> list[str]:
    return align([[Cell(name, (DIM,)), Cell(value, codes)] for name, value, codes in fields if value], style)
