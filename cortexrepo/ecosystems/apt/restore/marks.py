"""Marks: held, and installed as a dependency. apt loses both when it changes a package, so they are set afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.command import VARIABLES, apt_mark
from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.restore.causes import reasons
from cortexrepo.ecosystems.apt.restore.settlements import state
from cortexrepo.ecosystems.apt.state import by_place, rows
from cortexrepo.errors import RestoreError
from cortexrepo.model.package import AUTO, HOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package

_VERBS = {"install": "install", "deinstall": "remove", "purge": "purge"}
"""apt-mark's word for each selection of dpkg's: it only writes down what is to become of a package."""
_ORDER = ("install", "unhold", "auto", "manual", "hold", "remove", "purge")


def changes(now: Iterable[Package], wanted: Iterable[Package], native: str) -> list[tuple[str, list[str]]]:
    """Returns for each verb of apt-mark the names for it, in the order in which they are to be done.

    Args:
        now: What is on the machine.
        wanted: The rows that are to be; those that are not on the machine are passed over, except their holds.
        native: The machine's own architecture.
    """
    there = by_place(now, native)
    verbs: dict[str, list[str]] = {verb: [] for verb in _ORDER}
    for want in wanted:
        row = there.get(place(want, native))
        name = want.name if place(want, native)[1] == native else f"{want.name}:{want.arch}"
        have = row.flags if row is not None else 0
        if row is not None and is_there(want) and is_there(row) and state(want).selection != state(row).selection:
            verbs.get(_VERBS.get(state(want).selection, ""), []).append(name)
        if (have ^ want.flags) & HOLD:
            verbs["hold" if want.flags & HOLD else "unhold"].append(name)
        # A mark on what is not there is apt's leftover: neither read nor set.
        if (have ^ want.flags) & AUTO and is_there(row) and is_there(want) and row is not None:
            verbs["auto" if want.flags & AUTO else "manual"].append(name)
    return [(verb, names) for verb, names in verbs.items() if names]


def doomed(row: Package) -> bool:
    """Returns whether a package is there and marked to be removed.

    apt marks what it will remove before it has dpkg begin; killed in between, it leaves the mark.
    """
    return is_there(row) and row.attribute("state").startswith(("deinstall ", "purge "))


def set_marks(wanted: Sequence[Package], native: str, room: Room) -> None:
    """Makes the marks of these packages what the rows say, and leaves alone what is right already.

    Raises:
        RestoreError: apt-mark failed.
    """
    if not wanted:
        return
    for verb, names in changes(rows().packages, wanted, native):
        ended = room.machine.run(apt_mark(verb, names), variables=VARIABLES, told=room.told, lasting=True)
        if ended.code:
            raise RestoreError(
                f"`apt-mark {verb}` failed: {'; '.join(reasons(ended.output)) or f'exit code {ended.code}'}",
                hint="remove the cause, then `cortex snapshot restore --resume` sets the missing marks (hold, auto)",
            )
