"""A file of a repository that cannot be read, or is no file of a repository."""

from __future__ import annotations

from typing import NamedTuple

DAMAGED = "damaged"
NEWER_FORMAT = "newer-format"
STRAY = "stray"


class Damage(NamedTuple):
    """A file that cannot be read as what it should be.

    Attributes:
        key: The file's path in the repository.
        reason: One line, without the name of the file.
        kind: `DAMAGED`; `NEWER_FORMAT`: the file is whole, a newer version wrote it; `STRAY`: nothing has such a name.
    """

    key: str
    reason: str
    kind: str = DAMAGED
