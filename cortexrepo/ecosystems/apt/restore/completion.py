"""What was begun with a package is ended by dpkg itself: configured, or its triggers run. Nothing is put in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.command import VARIABLES, configure, trigger
from cortexrepo.ecosystems.apt.names import named, place
from cortexrepo.ecosystems.apt.restore.causes import WAY_OUT, reasons
from cortexrepo.ecosystems.apt.restore.hazards import some
from cortexrepo.ecosystems.apt.restore.settlements import WAITING, state
from cortexrepo.ecosystems.apt.state import by_place, condition, rows
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package


def complete(wanted: Sequence[Package], native: str, room: Room) -> None:
    """Makes these packages whole, and leaves alone what is whole already.

    Raises:
        RestoreError: A package of them is not whole afterwards; it names the package and what its script said.
    """
    half = [row for row in _there(wanted, native) if condition(row)]
    output = _run(configure([_title(row, native) for row in half]), room) if half else ""
    if any(state(row).kind == WAITING for row in _there(wanted, native)):
        output += _run(trigger(), room)
    left = [row for row in _there(wanted, native) if condition(row)]
    if left:
        what = some([f"{row.name} ({condition(row)})" for row in left])
        raise RestoreError("; ".join([f"dpkg could not complete {what}", *reasons(output)]), hint=WAY_OUT)


def _there(wanted: Sequence[Package], native: str) -> list[Package]:
    """Returns how these packages are now."""
    now = by_place(rows().packages, native) if wanted else {}
    return [now[key] for key in (place(row, native) for row in wanted) if key in now]


def _title(row: Package, native: str) -> str:
    return row.name if row.arch == "all" else named(row, native)


def _run(command: list[str], room: Room) -> str:
    return room.machine.run(command, variables=VARIABLES, told=room.told, lasting=True).output
