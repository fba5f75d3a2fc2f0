"""A diff for people: in full, as counts, and in the short form of `status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.aspects import traits
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.phrases import phrases
from cortexrepo.formats.text.quantities import counted
from cortexrepo.formats.text.style import BLUE, BOLD, DIM, GREEN, MAGENTA, RED, YELLOW
from cortexrepo.formats.text.table import Cell, align, columns_of
from cortexrepo.model.diff import ADDED, CHANGED, DOWNGRADED, FIRST_SEEN, KINDS, NOT_LOOKED, REMOVED, UPGRADED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.diff import Change, Diff, Unknown
    from cortexrepo.model.facts import Fact

COLOUR = {UPGRADED: BLUE, DOWNGRADED: MAGENTA, ADDED: GREEN, REMOVED: RED, CHANGED: YELLOW}
"""What every kind of change is drawn in."""
_SIGN = {UPGRADED: ("↑", "^"), DOWNGRADED: ("↓", "v"), ADDED: ("+", "+"), REMOVED: ("-", "-"), CHANGED: ("~", "~")}
_NOT_LOOKED = {
    FIRST_SEEN: "first seen (the earlier snapshot did not look there)",
    NOT_LOOKED: "not looked at (the later snapshot did not look there)",
}
_SHORT = 20
"""So many changes are named by the short form."""

Slots = dict[tuple[str, str], dict[str, list["Change"]]]


def full(diff: Diff, style: Style) -> list[str]:
    """Returns every change under headings by slot and by kind, then what is unknown, then the totals."""
    lines: list[str] = []
    facts = _facts(diff)
    for slot, kinds in _grouped(diff).items():
        lines.append(style.paint(place(*slot), BOLD))
        if slot in facts:
            lines.append("  " + style.paint("environment changed", COLOUR[CHANGED]))
            lines += align([_fact(one, style) for one in facts[slot]], style, indent="    ")
        for kind, changes in kinds.items():
            lines.append("  " + style.paint(kind, COLOUR[kind]))
            lines += align(rows(changes, style), style, indent="    ")
        lines.append("")
    return lines + _unknown(diff.unknown, style) + [totals(diff, style)]


def stat(diff: Diff, style: Style) -> list[str]:
    """Returns one line of counts for each slot that changed, then what is unknown, then the totals."""
    facts = _facts(diff)
    table = [
        [
            Cell(place(*slot), (BOLD,)),
            *(_count(kind, len(kinds.get(kind, ()))) for kind in KINDS),
            Cell(", ".join(one.name for one in facts.get(slot, ())), (COLOUR[CHANGED],)),
        ]
        for slot, kinds in _grouped(diff).items()
    ]
    lines = align(table, style, flexible=(0,))
    return lines + ([""] if lines else []) + _unknown(diff.unknown, style) + [totals(diff, style)]


def short(diff: Diff, style: Style) -> list[str]:
    """Returns one line a change with a sign, cut off after twenty, then what is unknown, then the totals."""
    ordered = [change for kinds in _grouped(diff).values() for changes in kinds.values() for change in changes]
    table = [
        [_sign(CHANGED, style), Cell(place(one.ecosystem, one.environment), (DIM,)), *_fact(one, style)]
        for one in diff.facts[:_SHORT]
    ]
    table += [
        [_sign(change.kind, style), Cell(place(change.ecosystem, change.environment), (DIM,)), *row]
        for change, row in zip(ordered[:_SHORT], rows(ordered[:_SHORT], style), strict=True)
    ]
    lines = align(table, style)
    more = max(len(ordered) - _SHORT, 0) + max(len(diff.facts) - _SHORT, 0)
    if more:
        lines.append(f"and {more} more: see `cortex snapshot diff`")
    return lines + ([""] if lines else []) + _unknown(diff.unknown, style) + [totals(diff, style)]


def totals(diff: Diff, style: Style) -> str:
    """Returns the last line: `3 upgraded  1 added`, `no differences`."""
    counts = {kind: sum(1 for change in diff.changes if change.kind == kind) for kind in KINDS}
    parts = [style.paint(f"{count} {kind}", COLOUR[kind]) for kind, count in counts.items() if count]
    if changed := len({(one.ecosystem, one.environment) for one in diff.facts}):
        parts.append(style.paint(f"{counted(changed, 'environment')} changed", COLOUR[CHANGED]))
    if not parts:
        parts.append("no differences in the parts that could be compared" if diff.unknown else "no differences")
    if diff.unknown:
        parts.append(style.paint(f"{len(diff.unknown)} not compared", YELLOW))
    return "  ".join(parts)


def place(ecosystem: str, environment: str) -> str:
    """Returns an environment as people know it: `apt`, `pip /opt/venv`."""
    return f"{escape(ecosystem)} {escape(environment)}".rstrip()


def rows(changes: Sequence[Change], style: Style) -> list[list[Cell]]:
    """Returns a row for each change: name, versions with their arrows in line, architecture, and what else changed."""
    wide = max((columns_of(_versions(change)[0]) for change in changes if _versions(change)[1]), default=0)
    return [_row(change, wide, style) for change in changes]


def _facts(diff: Diff) -> dict[tuple[str, str], list[Fact]]:
    found: dict[tuple[str, str], list[Fact]] = {}
    for fact in diff.facts:
        found.setdefault((fact.ecosystem, fact.environment), []).append(fact)
    return found


def _fact(fact: Fact, style: Style) -> list[Cell]:
    return [Cell(escape(fact.name)), Cell(f"{escape(fact.before)} {style.arrow} {escape(fact.after)}")]


def _grouped(diff: Diff) -> Slots:
    """Groups by slot, sorted, those with facts alone too, and in a slot by kind in the order people are shown them."""
    places = {(one.ecosystem, one.environment) for one in diff.changes}
    places |= {(one.ecosystem, one.environment) for one in diff.facts}
    slots: Slots = {place: {} for place in sorted(places)}
    for change in diff.changes:
        kinds = slots.setdefault((change.ecosystem, change.environment), {})
        kinds.setdefault(change.kind, []).append(change)
    return {slot: {kind: kinds[kind] for kind in KINDS if kind in kinds} for slot, kinds in slots.items()}


def _row(change: Change, wide: int, style: Style) -> list[Cell]:
    old, new = _versions(change)
    versions = f"{old}{' ' * (wide - columns_of(old))} {style.arrow} {new}" if new else old
    inside = change.package.attribute("inside")
    if change.before is not None and change.after is not None:
        also = phrases(change.before, change.after, style)
    else:
        also = [name if value is True else f"{name}: {escape(str(value))}" for name, value in traits(change.package)]
    return [
        Cell(escape(change.package.name) + (f" in {escape(inside)}" if inside else "")),
        Cell(versions),
        Cell(escape(change.package.arch), (DIM,)),
        Cell(", ".join(also), (YELLOW,) if change.kind == CHANGED else (DIM,)),
    ]


def _versions(change: Change) -> tuple[str, str]:
    """Returns the old and the new version, or the only one and an empty string."""
    before, after = change.before, change.after
    if before is None or after is None or before.version == after.version:
        return escape(change.package.version) or "?", ""
    return escape(before.version) or "?", escape(after.version) or "?"


def _sign(kind: str, style: Style) -> Cell:
    return Cell(_SIGN[kind][0 if style.unicode else 1], (COLOUR[kind],))


def _count(kind: str, count: int) -> Cell:
    return Cell(f"{count} {kind}" if count else "", (COLOUR[kind],))


def _unknown(unknown: Iterable[Unknown], style: Style) -> list[str]:
    lines = [f"  {place(one.ecosystem, one.environment)}: {_why(one)}" for one in unknown]
    return [style.paint("not compared", BOLD, YELLOW), *lines, ""] if lines else []


def _why(unknown: Unknown) -> str:
    return _NOT_LOOKED.get(unknown.kind) or f"cannot be compared: {escape(unknown.reason)}"
