"""What was begun by a restore: the names of its parts, the way back of them, and the snapshot that it began with."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import checksum
from cortexrepo.ecosystems.contract.restoring import UNDO
from cortexrepo.errors import RefusedError, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        f"undo the restore: `cortex snapshot restore --abort --repo {quote(entry.location)}`",
    )


def interrupted(entry: Entry | None, home: str) -> Entry:
    """Returns what was interrupted; RequestError where nothing was, or where it uses another repository than `home`."""
    if entry is None:
        raise RequestError("no restore was interrupted")
    if entry.safety_is_in != home:
        raise elsewhere(entry)
    return entry


def check_source(entry: Entry, source: str) -> None:
    """Raises RequestError where the snapshot that is restored is in another repository."""
    if entry.repository != source:
        raise elsewhere(entry)


def check_content(entry: Entry, snapshot: Snapshot) -> None:
    """Raises RefusedError where the snapshot that is restored is not what it was when the restore began."""
    if entry.content not in {"", content_of(snapshot)}:
        raise RefusedError(
            f"snapshot {snapshot.id[:12]} in {entry.location} has changed since the restore began", hint=UNDO
        )


def content_of(snapshot: Snapshot) -> str:
    """Returns a digest over what a snapshot says of a machine, 64 hexadecimal digits.

    Every byte counts: a slot names its object by a digest of the content.
    """
    return checksum(repr((snapshot.machine, snapshot.slots)).encode("utf-8", "backslashreplace")).hex()


def anything(_environment: str) -> bool:
    """Returns that any environment may be emptied: it becomes as it was a moment before."""
    return True


def emptied_in(entry: Entry) -> Callable[[str], bool]:
    """Returns what says whether an environment is one of those that a restore has begun with: that was agreed to."""
    begun = {one.part.environment for one in entry.parts}
    return begun.__contains__


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
