"""What a verification found, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.quantities import counted, size
from cortexrepo.formats.text.style import BOLD, DIM, GREEN, RED
from cortexrepo.model import enumeration
from cortexrepo.model.problem import ADVICE

if TYPE_CHECKING:
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.problem import Problem, Report

_SHORT = 12
_NAMED = 5


def report(found: Report, style: Style) -> list[str]:
    """Returns a line for each problem, under each kind what to do about it, and a last line with the totals."""
    lines = [f"{style.paint('repaired:', BOLD, GREEN)} {_line(problem)}" for problem in found.repaired]
    for kind in ADVICE:
        problems = [problem for problem in found.problems if problem.kind == kind]
        lines += [f"{style.paint(f'{kind}:', BOLD, RED)} {_line(problem)}" for problem in problems]
        if problems:
            lines.append(style.paint(f"  {ADVICE[kind]}", DIM))
    return [*lines, _totals(found, style)]


def _line(problem: Problem) -> str:
    text = f"{escape(problem.key)}: {escape(problem.reason)}"
    if problem.snapshots:
        names = enumeration.names(problem.snapshots, _NAMED, lambda snapshot: snapshot[:_SHORT])
        text += f"; needed by {names}"
    return text


def _totals(found: Report, style: Style) -> str:
    count = len(found.problems)
    verdict = style.paint(counted(count, "problem"), RED) if count else style.paint(_good(found), GREEN)
    artifacts = f"{counted(found.artifacts, 'artifact')}, " if found.artifacts else ""
    things = f"{counted(found.snapshots, 'snapshot')}, {counted(found.objects, 'object')}, {artifacts}"
    read = f"{things}{size(found.size)} read"
    leftovers = (
        f"; {counted(found.leftovers, 'leftover')}, which `cortex snapshot gc` removes" if found.leftovers else ""
    )
    unchecked = (
        f"; {counted(found.unchecked, 'link')} from a snapshot to the one before cannot be checked"
        if found.unchecked
        else ""
    )
    return f"{verdict}: {read}{unchecked}{leftovers}"


def _good(found: Report) -> str:
    # Where something could not be looked at nothing is said of it.
    return "no problem found" if found.unchecked else "all good"
