"""What was begun by a restore: the names of its parts, the way back of them, and the snapshot that it began with."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import checksum
from cortexrepo.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.model.plan import Part
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.restore.run.entry import Begun, Entry


NOTES = "part-notes"
"""The directory in the journal for what a restore notes of the machine before it changes anything."""


def elsewhere(entry: Entry) -> RequestError:
    """Returns the error that says in which repository the snapshot of an interrupted restore is."""
    return RequestError(
        f"the interrupted restore uses another repository: {entry.location}",
        hint=f"finish the restore: `cortex snapshot restore --resume --repo {quote(entry.location)}`; "
        f"undo the restore: `cortex snapshot restore --abort --repo {entry.location}`",
    )


def content_of(snapshot: Snapshot) -> str:
    """Returns a digest over what a snapshot says of a machine, 64 hexadecimal digits.

    Every byte counts: a slot names its object by a digest of the content.
    """
    return checksum(repr((snapshot.machine, snapshot.slots)).encode("utf-8", "backslashreplace")).hex()


def staging_name(part: Part | Work, begun: int) -> str:
    """Returns the name of a part's directory: it follows from the part and from the count of parts before."""
    digest = checksum(f"{part.ecosystem}\0{part.environment}".encode("utf-8", "backslashreplace"))
    return f"part-{begun}{int.from_bytes(digest[:8], 'big'):020d}"


def place_of(part: Part) -> str:
    """Returns the ecosystem and the environment of a part, for people."""
    return f"{part.ecosystem} {part.environment}".rstrip()


def first_of_each(parts: Sequence[Begun]) -> list[Begun]:
    """Returns the parts that lead back: of apt only the first, which knows how all was before, of others each."""
    found: list[Begun] = []
    for begun in parts:
        if begun.part.environment or all(one.part.ecosystem != begun.part.ecosystem for one in found):
            found.append(begun)
    return found
