"""A diff for people: in full, as counts, and in the short form of `status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.aspects import phrases
from cortexrepo.formats.escape import escape
from cortexrepo.formats.style import BLUE, BOLD, DIM, GREEN, MAGENTA, RED, YELLOW
from cortexrepo.formats.table import Cell, align
from cortexrepo.model.diff import ADDED, CHANGED, DOWNGRADED, KINDS, REMOVED, UPGRADED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.formats.style import Style
    from cortexrepo.model.diff import Change, Diff, Unknown

_COLOUR = {UPGRADED: BLUE, DOWNGRADED: MAGENTA, ADDED: GREEN, REMOVED: RED, CHANGED: YELLOW}
_SIGN = {UPGRADED: ("↑", "^"), DOWNGRADED: ("↓", "v"), ADDED: ("+", "+"), REMOVED: ("-", "-"), CHANGED: ("~", "~")}
_SHORT = 20
"""So many changes are named by the short form."""

Slots = dict[tuple[str, str], dict[str, list["Change"]]]


def full(diff: Diff, style: Style) -> list[str]:
    """Returns every change under headings by slot and by kind, then what is unknown, then the totals."""
    lines: list[str] = []
    for slot, kinds in _grouped(diff.changes).items():
        lines.append(style.paint(_heading(*slot), BOLD))
        for kind, changes in kinds.items():
            lines.append("  " + style.paint(kind, _COLOUR[kind]))
            lines += align([_row(change, style) for change in changes], style, indent="    ")
        lines.append("")
    return lines + _unknown(diff.unknown, style) + [totals(diff, style)]


def stat(diff: Diff, style: Style) -> list[str]:
    """Returns one line of counts for each slot that changed, then what is unknown, then the totals."""
    rows = [
        [Cell(_heading(*slot), (BOLD,)), *(_count(kind, len(kinds.get(kind, ()))) for kind in KINDS)]
        for slot, kinds in _grouped(diff.changes).items()
    ]
    lines = align(rows, style, flexible=0)
    return lines + ([""] if lines else []) + _unknown(diff.unknown, style) + [totals(diff, style)]


def short(diff: Diff, style: Style) -> list[str]:
    """Returns one line a change with a sign, cut off after twenty, then what is unknown, then the totals."""
    rows = [
        [_sign(change.kind, style), Cell(_heading(*slot), (DIM,)), *_row(change, style)]
        for slot, kinds in _grouped(diff.changes).items()
        for changes in kinds.values()
        for change in changes
    ]
    lines = align(rows[:_SHORT], style)
    if len(rows) > _SHORT:
        lines.append(f"and {len(rows) - _SHORT} more: see `cortex snapshot diff`")
    return lines + ([""] if lines else []) + _unknown(diff.unknown, style) + [totals(diff, style)]


def totals(diff: Diff, style: Style) -> str:
    """Returns the last line: `3 upgraded  1 added`, `no differences`."""
    counts = {kind: sum(1 for change in diff.changes if change.kind == kind) for kind in KINDS}
    parts = [style.paint(f"{count} {kind}", _COLOUR[kind]) for kind, count in counts.items() if count]
    if not parts:
        parts.append("no differences in what could be compared" if diff.unknown else "no differences")
    if diff.unknown:
        parts.append(style.paint(f"{len(diff.unknown)} not compared", YELLOW))
    return "  ".join(parts)


def _grouped(changes: Iterable[Change]) -> Slots:
    """Groups by slot as they come, and in a slot by kind in the order people are shown them."""
    slots: Slots = {}
    for change in changes:
        kinds = slots.setdefault((change.ecosystem, change.environment), {})
        kinds.setdefault(change.kind, []).append(change)
    return {slot: {kind: kinds[kind] for kind in KINDS if kind in kinds} for slot, kinds in slots.items()}


def _heading(ecosystem: str, environment: str) -> str:
    return f"{escape(ecosystem)} {escape(environment)}".rstrip()


def _row(change: Change, style: Style) -> Sequence[Cell]:
    """Returns name, old version, arrow, new version, architecture, and what else changed."""
    old, new = change.before, change.after
    package = change.package
    inside = package.attribute("inside")
    name = escape(package.name) + (f" in {escape(inside)}" if inside else "")
    if old is None or new is None:
        versions = (escape(package.version) or "?", "", "")
    elif old.version == new.version:
        versions = (escape(new.version) or "?", "", "")
    else:
        versions = (escape(old.version) or "?", style.arrow, escape(new.version) or "?")
    also = ", ".join(phrases(old, new, style)) if old is not None and new is not None else ""
    return [
        Cell(name),
        Cell(versions[0]),
        Cell(versions[1], (DIM,)),
        Cell(versions[2]),
        Cell(escape(package.arch), (DIM,)),
        Cell(also, (YELLOW,) if change.kind == CHANGED else (DIM,)),
    ]


def _sign(kind: str, style: Style) -> Cell:
    return Cell(_SIGN[kind][0 if style.unicode else 1], (_COLOUR[kind],))


def _count(kind: str, count: int) -> Cell:
    return Cell(f"{count} {kind}" if count else "", (_COLOUR[kind],))


def _unknown(unknown: Iterable[Unknown], style: Style) -> list[str]:
    lines = [
        f"  {_heading(one.ecosystem, one.environment)}: cannot be compared: {escape(one.reason)}" for one in unknown
    ]
    return [style.paint("not compared", BOLD, YELLOW), *lines, ""] if lines else []
