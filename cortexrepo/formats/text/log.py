"""The log for people: under each snapshot what changed at it, in full or in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.changes import COLOUR, place, rows
from cortexrepo.formats.text.details import cause_of
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import SHORT
from cortexrepo.formats.text.moments import local
from cortexrepo.formats.text.style import BOLD, CYAN, DIM, YELLOW
from cortexrepo.formats.text.table import Cell, align
from cortexrepo.model import enumeration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.history import Logged, Machine, Tally

_INDENT = "  "
_NAMED = 5
"""So many packages of an environment are named in short."""
_PLACE = 1


def full(found: Sequence[Logged], style: Style, *, machines: bool) -> list[str]:
    """Returns under each snapshot a line for each change, with all columns in line; `machines` says whose it is."""
    changes = [change for logged in found for change in logged.changes]
    table = [
        [Cell(change.kind, (COLOUR[change.kind],)), Cell(place(change.ecosystem, change.environment), (DIM,)), *row]
        for change, row in zip(changes, rows(changes, style), strict=True)
    ]
    lines = align(table, style, flexible=(_PLACE,), indent=_INDENT)
    headings = [(_heading(logged, style, machines=machines), len(logged.changes)) for logged in found]
    return _under(headings, lines)


def short(found: Iterable[Logged], style: Style, *, machines: bool) -> list[str]:
    """Returns under each snapshot a line for each environment that changed: counts, and some names.

    Keeps no more of each than what is shown, for they may be very many.
    """
    headings: list[tuple[list[str], int]] = []
    table: list[list[Cell]] = []
    for logged in found:
        tallies = logged.tallies()
        table += map(_short, tallies)
        headings.append((_heading(logged, style, machines=machines), len(tallies)))
    return _under(headings, align(table, style, flexible=(0,), indent=_INDENT))


def machine_name(machine: Machine) -> str:
    """Returns a machine's name, else the beginning of its id."""
    return escape(machine.host) or machine.id[:SHORT]


def _under(headings: Iterable[tuple[list[str], int]], lines: Sequence[str]) -> list[str]:
    """Returns headings, each with so many of the lines under it, and an empty line between."""
    drawn: list[str] = []
    position = 0
    for heading, count in headings:
        drawn += [*([""] if drawn else []), *heading, *lines[position : position + count]]
        position += count
    return drawn


def _heading(logged: Logged, style: Style, *, machines: bool) -> list[str]:
    cells = [
        Cell(logged.moment.id[:SHORT], (YELLOW,)),
        Cell(local(logged.moment.created_at, style), (DIM,)),
        Cell(machine_name(logged.machine) if machines else "", (CYAN,)),
        Cell(escape(logged.message), (BOLD,)),
    ]
    cause = cause_of(logged.cause)
    return align([cells], style) + (align([[Cell(cause, (DIM,))]], style, indent=_INDENT) if cause else [])


def _short(tally: Tally) -> list[Cell]:
    counts = ", ".join(f"{count} {kind}" for kind, count in tally.counts)
    names = enumeration.names(tally.names, _NAMED, escape)
    return [Cell(place(tally.ecosystem, tally.environment)), Cell(counts, (DIM,)), Cell(names)]
