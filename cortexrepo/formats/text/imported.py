"""What was imported of the past, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import SHORT
from cortexrepo.formats.text.moments import dated, local
from cortexrepo.formats.text.quantities import counted
from cortexrepo.formats.text.style import DIM, YELLOW
from cortexrepo.formats.text.table import Cell, align

if TYPE_CHECKING:
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.imported import Import, Imported, LeftOut

_COMMAND = 4


def stored(found: Import, *, dry_run: bool, style: Style) -> list[str]:
    """Returns a line for each state, newest first: id, when, packages, changes, command; and a last one that counts."""
    rows = [_row(one, style) for one in found.snapshots]
    verb = "would record" if dry_run else "recorded"
    known = f"; {counted(found.known, 'state')} recorded before" if found.known else ""
    return [*align(rows, style, flexible=(_COMMAND,)), f"{verb} {counted(len(rows), 'state')}{known}"]


def incomplete(found: Import, reason: str, style: Style) -> list[str]:
    """Returns a line for each thing that could not be read or told; `reason` says what is not known of the present."""
    mark = style.paint("partial:", YELLOW)
    lines = [f"{mark} apt: {escape(reason)}"] if reason else []
    lines += [f"{mark} not read: {escape(path)}: {escape(why)}" for path, why in found.unread]
    if found.untimed:
        lines.append(f"{mark} left out {counted(found.untimed, 'transaction')}: the clock was wrong, or was set back")
    lines += [f"{mark} left out {_left(one, style)}" for one in found.left]
    if found.unsure:
        states = counted(found.unsure, "state")
        lines.append(f"{mark} {states}: whether some packages were there is not known (`cortex snapshot show ID`)")
    if found.gap is not None:
        moment = local(found.gap.moment, style)
        lines.append(f"{mark} nothing before {moment} was recorded: {escape(found.gap.reason)}")
    return lines


def _left(one: LeftOut, style: Style) -> str:
    return f"{escape(one.command)} at {local(one.moment, style)}: it does not lead to the present: {escape(one.reason)}"


def _row(one: Imported, style: Style) -> list[Cell]:
    changes = counted(one.changes, "change") if one.cause.command else "first state"
    return [
        Cell((one.id or "")[:SHORT], (YELLOW,)),
        Cell(dated(one.created_at, style), (DIM,)),
        Cell(f"{one.packages} apt", (DIM,)),
        Cell(changes, (DIM,)),
        Cell(escape(one.message or one.cause.command)),
    ]
