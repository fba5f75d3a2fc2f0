"""The list of everything for a pipe or a file, where that is very long: what changes seldom is drawn once and kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.screen import drawn, zone
from cortexrepo.cli.screen.drawn import Drawn
from cortexrepo.cli.screen.result import Stream, damaged
from cortexrepo.formats.text.overview import Drawing, Widths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.formats.text.style import Style
    from cortexrepo.repository.refs.overview import Overview

LEAST = 4096
"""Fewer snapshots in segments are drawn as quickly as the rest of the command takes."""


def streamed(overview: Overview, style: Style) -> Stream:
    """Returns the lines of all snapshots; what is damaged among them is known when they are written."""
    return Stream(
        _parts(overview, style),
        errors=lambda: damaged(overview.damaged),
        code=lambda: FAILED if overview.damaged else DONE,
    )


def _parts(overview: Overview, style: Style) -> Iterator[bytes | memoryview]:
    new = Drawing(overview.new(), style)
    block = _block(overview, new.widths, style)
    yield new.text(block.widths).encode("utf-8")
    yield block.text


def _block(overview: Overview, beside: Widths, style: Style) -> Drawn:
    """Returns the block in the columns that it has beside what is new: as it was drawn before, or drawn now."""
    directory = drawn.place(os.environ, os.geteuid())
    description = None if directory is None else overview.description()
    if directory is None or description is None:
        return _drawn(overview, beside, style)
    wanted = drawn.key(description, zone.rules(os.environ), unicode=style.unicode)
    known = drawn.recall(directory, overview.repository, wanted)
    if known is not None and known.widths == known.needed.beside(beside):
        return known
    damaged = len(overview.damaged)
    made = _drawn(overview, beside, style)
    if len(overview.damaged) == damaged:
        # What is damaged is named each time, which only looking at it can do.
        drawn.keep(directory, overview.repository, wanted, made)
    return made


def _drawn(overview: Overview, beside: Widths, style: Style) -> Drawn:
    drawing = Drawing(overview.block(), style)
    widths = drawing.widths.beside(beside)
    return Drawn(drawing.widths, widths, drawing.text(widths).encode("utf-8"))
