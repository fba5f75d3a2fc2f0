"""What came of importing the old tool's snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId


class Note(NamedTuple):
    """What is to be said of one entry: its name in the old tool's directory, and a phrase. Neither is escaped."""

    name: str
    reason: str


class Imported(NamedTuple):
    """One snapshot that came in: its old id, and its id, moment and message now.

    The id is None in a dry run where there is no repository, on which it depends.
    """

    name: str
    id: SnapshotId | None
    created_at: int
    message: str


class LegacyImport(NamedTuple):
    """The result of an import, in the order of the entries' names.

    Attributes:
        imported: Those that came in, or would, in a dry run.
        present: The old ids of those that had come in before.
        skipped: Entries that are no snapshot, and why.
        notes: What was odd in snapshots that came in.
    """

    imported: tuple[Imported, ...]
    present: tuple[str, ...]
    skipped: tuple[Note, ...]
    notes: tuple[Note, ...]
