"""The environments of a machine, for people: a place has a line of its own that is never cut, and the rest is below."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.style import BOLD, CYAN, DIM, YELLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.census import Census, Counted

_QUIET = frozenset({"base", "kind"})
"""Facts that are told by `show` alone."""


def counted(census: Census, style: Style) -> list[str]:
    """Returns the environments, the places that were not looked at, and the sum."""
    lines = [line for one in census.environments for line in _environment(one, style)]
    if census.unlooked:
        lines += ["", style.paint("not looked at", BOLD, YELLOW)]
        reasons: dict[str, str] = {}
        for one in census.unlooked:
            reasons.setdefault(one.path, one.reason)
        for path, reason in reasons.items():
            lines += [escape(path), *_below(escape(reason), style)]
    if census.stops:
        lines += ["", style.paint("the walk did not go on", BOLD, YELLOW), *map(escape, census.stops)]
    if census.gone:
        lines += ["", style.paint("gone, and forgotten", BOLD, YELLOW), *map(escape, census.gone)]
    return [*lines, *([""] if lines else []), _sum(census)]


def _environment(one: Counted, style: Style) -> Iterator[str]:
    yield f"{one.ecosystem:<4} {style.paint(escape(one.environment), CYAN)}"
    words = [f"{key} {value}" for key, value in one.facts if key not in _QUIET]
    words.append(f"owner {one.owner}" if one.owner else "owner unknown")
    if one.packages >= 0:
        words.append(f"{one.packages} package{'' if one.packages == 1 else 's'}")
    words.append(f"found: {one.found}")
    words.append("recorded" if one.recorded else "not recorded yet")
    if one.reason:
        words.append(f"{one.status}: {one.reason}")
    yield from _below(escape(", ".join(words)), style)


def _below(text: str, style: Style) -> list[str]:
    lines = textwrap.wrap(text, max((style.width or 100) - 5, 20), break_long_words=False, break_on_hyphens=False)
    return [f"     {style.paint(line, DIM)}" for line in lines]


def _sum(census: Census) -> str:
    total = len(census.environments)
    missing = sum(not one.recorded for one in census.environments)
    text = f"{total} environment{'' if total == 1 else 's'}"
    if missing:
        text += f", {missing} not recorded yet"
    places = len({one.path for one in census.unlooked})
    if places:
        text += f", {places} place{'' if places == 1 else 's'} not looked at"
    return text
