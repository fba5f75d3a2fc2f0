"""A file of a repository that cannot be read, is no file of a repository, or is about a snapshot that is not there."""

from __future__ import annotations

from typing import NamedTuple

DAMAGED = "damaged"
NEWER_FORMAT = "newer-format"
STRAY = "stray"
MISSING = "missing"


class Damage(NamedTuple):
    """A file that cannot be read as what it should be.

    Attributes:
        key: The file's path in the repository.
        reason: One line, without the name of the file.
        kind: `DAMAGED`; `NEWER_FORMAT`: the file is whole, a newer version wrote it; `STRAY`: nothing has such a name;
            `MISSING`: the file is whole, and what it is about is not there.
    """

    key: str
    reason: str
    kind: str = DAMAGED
