"""A small file gets new content: durable when that is done, and the old or the new one as a whole at every instant."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Seam(Protocol):
    """What the file systems of this package have in common."""

    def unlink(self, path: str) -> None:
        """Removes a file."""
        ...

    def rename(self, source: str, target: str) -> None:
        """Gives a file another name, over one that has it."""
        ...

    def sync_directory(self, path: str) -> None:
        """Makes the names in a directory durable."""
        ...


def replace(path: str, files: Seam, write: Callable[[str], None]) -> None:
    """Puts a new file in the place of the one at `path`, if any; raises OSError.

    Args:
        path: An absolute path; the unfinished file lies beside it, and is named by `unfinished`.
        files: Where it is.
        write: Makes a new file at the path that it is given, durable when it returns.
    """
    forget(path, files)
    write(unfinished(path))
    files.rename(unfinished(path), path)
    files.sync_directory(posixpath.dirname(path))


def forget(path: str, files: Seam) -> None:
    """Removes what a `replace` has left that was killed."""
    try:
        files.unlink(unfinished(path))
    except FileNotFoundError:
        return


def unfinished(path: str) -> str:
    """Returns the name of the file before it is whole."""
    return f"{path}.new"
