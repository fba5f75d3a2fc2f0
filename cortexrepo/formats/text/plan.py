"""A plan and its outcome for people: groups with counts and sizes, what to know, what stands against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.changes import place
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.phrases import phrases
from cortexrepo.formats.text.quantities import counted, size
from cortexrepo.formats.text.style import BLUE, BOLD, CYAN, DIM, GREEN, MAGENTA, RED, YELLOW
from cortexrepo.formats.text.table import GAP, Cell, align, columns_of
from cortexrepo.model.artifact import INSTALLED
from cortexrepo.model.plan import (
    ARTIFACT,
    CACHE,
    CONFIGURE,
    CONFIGURED,
    DOWNGRADE,
    IN_PLACE,
    INSTALL,
    KINDS,
    LASTING,
    MARK,
    REINSTALL,
    REMOVE,
    UPGRADE,
    Selection,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.outcome import Difference, Outcome
    from cortexrepo.model.plan import Left, Obstacle, Part, Plan, Risk, Source, Step

COLOUR = {
    UPGRADE: BLUE,
    DOWNGRADE: MAGENTA,
    INSTALL: GREEN,
    REMOVE: RED,
    REINSTALL: YELLOW,
    CONFIGURE: CYAN,
    MARK: DIM,
}
"""What every kind of step is drawn in."""
_PAST = {
    UPGRADE: "upgraded",
    DOWNGRADE: "downgraded",
    INSTALL: "installed",
    REMOVE: "removed",
    REINSTALL: "put in again",
    CONFIGURE: "configured",
    MARK: "marked",
}
_WHERE = {CACHE: "cache", ARTIFACT: "kept", CONFIGURED: "source"}
_NAMED = 5
"""So many packages are named of which the same is to be known; the JSON document names all."""
_STANDING = 20
"""So many packages are named for which the same stands against a plan."""
_BRIEF = 12
"""So many steps of a kind are shown with the question."""


def full(plan: Plan, style: Style) -> list[str]:
    """Returns every step, and everything there is to know."""
    return [*steps(plan, style, None), *knowledge(plan, style), totals(plan, style)]


def brief(plan: Plan, style: Style) -> list[str]:
    """Returns the same for the question: at most a dozen steps of a kind are named in each environment."""
    return [*steps(plan, style, _BRIEF), *knowledge(plan, style), totals(plan, style)]


def steps(plan: Plan, style: Style, limit: int | None) -> list[str]:
    """Returns the steps under headings by environment and by kind, at most `limit` of each kind."""
    lines: list[str] = []
    for part in plan.parts:
        lines.append(style.paint(place(part.ecosystem, part.environment), BOLD))
        for kind in KINDS:
            found = [step for step in part.steps if step.kind == kind]
            if not found:
                continue
            lines.append(f"  {style.paint(kind, COLOUR[kind])} {len(found)}")
            lines += align([_row(step, style) for step in found[:limit]], style, indent="    ")
            if limit is not None and len(found) > limit:
                lines.append(f"    and {len(found) - limit} more: --dry-run shows all")
        lines.append("")
    return lines


def knowledge(plan: Plan, style: Style) -> list[str]:
    """Returns what to know, what is not restored, and what stands against it, each under a heading, if there is any."""
    return [
        *_section("to know", _risks(plan.risks), style, YELLOW),
        *_not_restored(plan.left, style),
        *_section("cannot be done", _risks(plan.obstacles, _STANDING), style, RED),
        *[f"hint: {escape(hint)}" for hint in dict.fromkeys(one.hint for one in plan.obstacles if one.hint)],
    ]


def warnings(plan: Plan, style: Style) -> list[str]:
    """Returns what to know before a restore begins that nobody is asked about; the result repeats the rest."""
    return _section("to know", _risks([one for one in plan.risks if one.kind not in LASTING]), style, YELLOW)


def totals(plan: Plan, style: Style) -> str:
    """Returns the last line: `3 downgrade  1 remove; 3 files, 12.0 MiB from sources`."""
    counts = {kind: sum(1 for part in plan.parts for step in part.steps if step.kind == kind) for kind in KINDS}
    parts = [style.paint(f"{count} {kind}", COLOUR[kind]) for kind, count in counts.items() if count]
    if not parts:
        return "nothing to do"
    files = [_files(plan.parts, where) for where in _WHERE]
    told = ", ".join(text for text in files if text)
    return "  ".join(parts) + (f"; {told}" if told else "")


def done(outcome: Outcome, target: str, style: Style) -> list[str]:
    """Returns whether the machine is exactly as a snapshot says, and if not every difference with its reason.

    What the plan has said of the time afterwards stands before it: sources that are left, a restart that is needed.
    Without a safety snapshot nothing was done: a restore was given up before it changed anything.
    """
    if outcome.is_exact and outcome.safety is None:
        return ["nothing was changed: everything is as it was before the restore"]
    lines = _section("to know", _risks([one for one in outcome.plan.risks if one.kind in LASTING]), style, YELLOW)
    lines += [f"done: {', '.join(f'{count} {_PAST[kind]}' for kind, count in outcome.done)}"] if outcome.done else []
    if outcome.is_exact:
        word = style.paint("EXACT", BOLD, YELLOW if outcome.unseen else GREEN)
        limit = ", as far as files were looked at" if outcome.unseen else ""
        return [*lines, *_unseen(outcome), f"{word}{limit}: {_everything(outcome.plan.selection)} is as in {target}"]
    rows = [_difference(one) for one in outcome.differences]
    lines += _section("not as in the snapshot", rows, style, YELLOW)
    lines += _not_restored(outcome.left, style)
    if not rows and all(one.skipped for one in outcome.left):
        word = style.paint("EXACT", BOLD, YELLOW)
        limit = ", as far as files were looked at," if outcome.unseen else ""
        return [*lines, *_unseen(outcome), f"{word}{limit} except what is skipped: everything else is as in {target}"]
    count = counted(len(outcome.differences), "difference")
    told = f"{count} from {target}" if rows else f"everything else is as in {target}"
    return [*lines, *_unseen(outcome), f"{style.paint('IN PART', BOLD, YELLOW)}: {told}"]


def _unseen(outcome: Outcome) -> list[str]:
    if not outcome.unseen:
        return []
    count = counted(outcome.unseen, "file")
    return [f"not looked at: {count} of changed packages; `cortex snapshot verify --installed` says which, and why"]


def nothing(plan: Plan, target: str) -> list[str]:
    """Returns that a plan has no step; what no installation changes may differ all the same."""
    also = " that can be put back" if plan.selection.is_everything else " and can be put back"
    return [f"nothing to do: {_everything(plan.selection)}{also} is as in {target}"]


def _everything(selection: Selection) -> str:
    return "everything" if selection.is_everything else "everything that was asked for"


def _section(title: str, rows: list[list[Cell]], style: Style, colour: str) -> list[str]:
    if not rows:
        return []
    # A reason is the end of its line, and never cut off: the terminal breaks the line.
    whole = style._replace(width=None)
    if style.width is None or all(_width(row) <= style.width for row in rows):
        lines = align(rows, whole, indent="  ")
    else:
        lines = [
            line for *about, reason in rows for line in (*align([about], whole, indent="  "), f"    {reason.text}")
        ]
    return [style.paint(title, BOLD, colour), *lines, ""]


def _width(row: Sequence[Cell]) -> int:
    return len("  ") + sum(columns_of(cell.text) + len(GAP) for cell in row) - len(GAP)


def _row(step: Step, style: Style) -> list[Cell]:
    before, after = step.before, step.after
    old, new = (escape(row.version) if row is not None else "" for row in (before, after))
    versions = f"{old} {style.arrow} {new}" if old and new and old != new else new or old
    also = phrases(before, after, style) if step.kind in IN_PLACE and before is not None and after is not None else []
    inside = step.package.attribute("inside")
    return [
        Cell(escape(step.package.name) + (f" in {escape(inside)}" if inside else "")),
        Cell(versions),
        Cell(escape(step.package.arch), (DIM,)),
        Cell(_from(step.source), (DIM,)),
        Cell(", ".join(also), (DIM,)),
    ]


def _from(source: Source | None) -> str:
    if source is None:
        return ""
    built = f", built from {escape(source.environment)}" if source.origin == INSTALLED else ""
    return _WHERE[source.place] + (f", {size(source.size)}" if source.size is not None else "") + built


def _files(parts: Sequence[Part], where: str) -> str:
    """Returns how many files come from one kind of place, and their size; several places may name the same file."""
    found = {step.source for part in parts for step in part.steps if step.source is not None}
    chosen = [source for source in found if source.place == where]
    if not chosen:
        return ""
    known = sum(source.size or 0 for source in chosen)
    words = {CACHE: "from the cache", ARTIFACT: "kept in the repository", CONFIGURED: "to download"}
    return f"{counted(len(chosen), 'file')}{f' ({size(known)})' if known else ''} {words[where]}"


def _risks(risks: Sequence[Risk | Obstacle], most: int = _NAMED) -> list[list[Cell]]:
    """Returns a line for each risk or obstacle; packages of one environment of which the same is true share one."""
    found: dict[Risk | Obstacle, list[str]] = {}
    for one in risks:
        found.setdefault(one._replace(package=""), []).append(one.package)
    return [
        _risk(one._replace(package=_some(list(dict.fromkeys(names)), "packages", most))) for one, names in found.items()
    ]


def _some(names: Sequence[str], noun: str, most: int) -> str:
    """Returns names; where they are too many their number too, and the first ones."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{len(names)} {noun}: {', '.join(names[:most])} and {len(names) - most} more"


def _risk(one: Risk | Obstacle) -> list[Cell]:
    what = f"{place(one.ecosystem, one.environment)} {escape(one.package)}".rstrip()
    return [Cell(one.kind, (BOLD,)), Cell(what), Cell(escape(one.reason))]


def _lefts(left: Sequence[Left]) -> list[list[Cell]]:
    """Returns a line for each thing that is not restored; environments for one reason share one."""
    found: dict[Left, list[str]] = {}
    for one in left:
        found.setdefault(one._replace(environment=""), []).append(one.environment)
    return [
        [Cell(place(one.ecosystem, _some(names, "environments", _NAMED))), Cell(escape(one.reason))]
        for one, names in found.items()
    ]


def _not_restored(left: Sequence[Left], style: Style) -> list[str]:
    """Returns what is not restored, and what is skipped: packages that are skipped for one reason share a line."""
    skipped: dict[Left, list[str]] = {}
    for one in left:
        if one.skipped:
            skipped.setdefault(one._replace(package=""), []).append(one.package)
    rows = [_skipped(one._replace(package=", ".join(names))) for one, names in skipped.items()]
    others = _lefts([one for one in left if not one.skipped])
    return [*_section("not restored", others, style, YELLOW), *_section("skipped", rows, style, YELLOW)]


def _skipped(one: Left) -> list[Cell]:
    what = f"{place(one.ecosystem, one.environment)} {escape(one.package)}".rstrip()
    return [Cell(what), Cell(escape(one.reason))]


def _difference(one: Difference) -> list[Cell]:
    return [Cell(place(one.ecosystem, one.environment)), Cell(escape(one.package)), Cell(escape(one.reason))]
