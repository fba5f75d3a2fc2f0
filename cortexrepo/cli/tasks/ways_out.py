"""The ways out of a plan's obstacles, as commands that can be copied: for its snapshot, selection and packages."""

from __future__ import annotations

import re
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.model.plan import Obstacle, Plan, Selection

_RESTORE = "cortex snapshot restore REV"
_ONE = f"leave the package out: `{_RESTORE} --exclude NAME`, or all that"
"""As an ecosystem's hint has it, which knows neither the snapshot nor the command line."""
_ALL = "leave out all that"
_REST = re.compile(rf"(`[a-z]+ {_RESTORE} --only \w+`)(; the rest: `{_RESTORE} --only )[\w,]+`")
"""A command for one ecosystem, and that for the others."""
_MOST = 5
"""So many packages are named in one command; where there are more, the command that skips them all is the way out."""


def worded(plan: Plan, written: Callable[[str], str], *, together: bool) -> tuple[Obstacle, ...]:
    """Returns the obstacles of a plan with hints that work as written.

    Args:
        plan: The plan.
        written: Has the commands in a text name what this caller needs.
        together: One command leaves out the packages of all obstacles, so that people are shown it once.
    """
    all_names = [name for one in plan.obstacles if "NAME" in one.hint for name in _names(one, plan)]
    found = []
    for one in plan.obstacles:
        names = all_names if together else _names(one, plan)
        found.append(one._replace(hint=written(named(one.hint, plan, dict.fromkeys(names)))))
    return tuple(found)


def named(words: str, plan: Plan, names: Iterable[str] = ()) -> str:
    """Returns a hint or a reason whose commands name this snapshot, and leave out these packages."""
    words = _REST.sub(partial(_rest, plan), words)
    snapshot = f"cortex snapshot restore {plan.target[:12]}"
    narrowed = f"{snapshot}{_selected(plan)}"
    chosen = list(names)
    if not 0 < len(chosen) <= _MOST:
        words = words.replace(_ONE, _ALL)
    without = "".join(f" --exclude {quote(name)}" for name in chosen)
    words = words.replace(f"{_RESTORE} --exclude NAME", f"{narrowed}{without}")
    words = words.replace(f"{_RESTORE} --skip-unavailable", f"{narrowed} --skip-unavailable")
    words = words.replace(f"{_RESTORE} --only", f"{snapshot}{_selected(plan._replace(selection=_within(plan)))} --only")
    return words.replace(_RESTORE, snapshot)


def _rest(plan: Plan, found: re.Match[str]) -> str:
    """Returns the command for the other ecosystems that the plan changes; nothing where there is none."""
    others = dict.fromkeys(
        one.ecosystem for one in plan.parts if one.steps and f"--only {one.ecosystem}`" not in found[1]
    )
    return found[1] + (f"{found[2]}{','.join(others)}`" if others else "")


def _within(plan: Plan) -> Selection:
    """Returns what the plan selects inside of an ecosystem."""
    return plan.selection._replace(only=(), environments=())


def _names(one: Obstacle, plan: Plan) -> list[str]:
    """Returns the names that leave out what an obstacle is about: a package that is in another one goes with that."""
    titles = [one.package.partition(" ")[0]] if one.package else []
    steps = [
        step.package
        for part in plan.parts
        if (part.ecosystem, part.environment) == (one.ecosystem, one.environment)
        for step in part.steps
    ]
    return list(dict.fromkeys(row.outermost for name in (*titles, *one.others) for row in steps if row.name == name))


def _selected(plan: Plan) -> str:
    """Returns the options that made the plan, each with a space before it."""
    selection = plan.selection
    options = [
        *(f"--only {quote(name)}" for name in selection.only),
        *(f"--environment {quote(path)}" for path in selection.environments),
        *(f"--package {quote(name)}" for name in selection.packages),
        *(f"--exclude {quote(name)}" for name in selection.exclude),
        *(["--hold"] if selection.hold else []),
    ]
    return "".join(f" {option}" for option in options)
