"""What came of an import, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.moments import local
from cortexrepo.formats.text.quantities import counted
from cortexrepo.formats.text.style import DIM, YELLOW
from cortexrepo.formats.text.table import Cell, align

if TYPE_CHECKING:
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.legacy import LegacyImport, Note

_SHORT = 12
_MESSAGE = 3


def imported(found: LegacyImport, *, dry_run: bool, style: Style) -> list[str]:
    """Returns a line for each snapshot that came in: id, when, old id, message; and one with the totals."""
    rows = [
        [
            Cell((one.id or "")[:_SHORT], (YELLOW,)),
            Cell(local(one.created_at, style), (DIM,)),
            Cell(escape(one.name)),
            Cell(escape(one.message)),
        ]
        for one in found.imported
    ]
    return [*align(rows, style, flexible=(_MESSAGE,)), _totals(found, dry_run=dry_run)]


def noted(found: LegacyImport, style: Style) -> list[str]:
    """Returns a line for each entry that was skipped, and for what was odd in one that was not."""
    skipped = [_line(one, style.paint("skipped:", YELLOW)) for one in found.skipped]
    return [*skipped, *(_line(one, style.paint("note:", DIM)) for one in found.notes)]


def _line(note: Note, word: str) -> str:
    return f"{word} {escape(note.name)}: {escape(note.reason)}"


def _totals(found: LegacyImport, *, dry_run: bool) -> str:
    parts = [f"{'would import' if dry_run else 'imported'} {counted(len(found.imported), 'snapshot')}"]
    if found.present:
        parts.append(f"{len(found.present)} imported before")
    if found.skipped:
        parts.append(f"{len(found.skipped)} skipped")
    return ", ".join(parts)
