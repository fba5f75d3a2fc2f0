"""A file of a repository that cannot be read, is no file of a repository, or is about a snapshot that is not there."""

from __future__ import annotations

from cortexrepo.named import NamedTuple

DAMAGED = "damaged"
NEWER_FORMAT = "newer-format"
STRAY = "stray"
MISSING = "missing"
FROM_COPY = "replace the file from a copy: `cortex snapshot verify --repair --from REPO`"
"""The way out for a file that is damaged."""


def shown(text: str) -> str:
    """Returns a file's name as it can be shown: bytes that are no UTF-8 are written out."""
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


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
