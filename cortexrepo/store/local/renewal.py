"""Renewal: a directory that has grown gives its place to a small one with the same names, while others write and read.

On ext4 a directory never becomes smaller, however few names are left in it. The order of the steps is the guarantee
(docs/protocol.md); no step may be moved without checking the model again.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import FULL, NO_LINK
from cortexrepo.store.local.directories import BESIDE, RENEWED

if TYPE_CHECKING:
    from cortexrepo.disk.filesystem import FileSystem

_SMALL = 8 << 10
"""A directory of so many bytes stays. A larger value would spare work, and leave more blocks."""
_ENTRY = 12
"""So many bytes an entry takes beside its name, at most."""
_IN_VAIN = FULL | NO_LINK | {errno.EINVAL, errno.ENOTSUP}
"""What a file system says that cannot do it, or has no room for it: then the directory stays as it is."""


class Renewal:
    """The renewal of `refs/` in one repository. Only a collector does it; every method raises OSError."""

    def __init__(self, location: str, files: FileSystem) -> None:
        """Takes the repository's directory and its file system."""
        self._location = location
        self._files = files
        self._here = f"{location}/{RENEWED}"
        self._beside = f"{location}/{BESIDE}"

    def run(self) -> None:
        """Puts a small directory in the place of one that has grown, where that can be done."""
        if not self._is_grown():
            return
        try:
            self._files.make_directory(self._beside)
            self._copy()
            self._swap()
        except OSError as error:
            if error.errno not in _IN_VAIN:
                raise
        self.clear()

    def clear(self) -> None:
        """Removes `refs.new/`, whatever has become of the renewal that made it; no name of a snapshot is lost.

        It must come before a collector removes a ref: what is in there gets its name in `refs/` again.
        """
        # An exchange must be durable before a name goes from the old directory. So must be that none is there any more.
        self._files.sync_directory(self._location)
        if self._files.info(self._beside) is None:
            return
        while not self._is_emptied():
            pass
        # Else it might come back after a power cut, with refs that were removed meanwhile.
        self._files.sync_directory(self._location)

    def _is_grown(self) -> bool:
        found = self._files.info(self._here)
        if found is None or found.size <= _SMALL:
            return False
        return found.size > 2 * sum(len(os.fsencode(name)) + _ENTRY for name in self._files.names(self._here))

    def _copy(self) -> None:
        """Gives every name in `refs/` to `refs.new/` too, durably in both."""
        for name in self._files.names(self._here):
            # A writer gives its name to both.
            with contextlib.suppress(FileExistsError):
                self._files.link(f"{self._here}/{name}", f"{self._beside}/{name}")
        # Writers sync what is at `refs/` then: until the exchange is durable it may be either.
        self._files.sync_directory(self._beside)
        self._files.sync_directory(self._here)

    def _swap(self) -> None:
        old, new = self._files.info(self._here), self._files.info(self._beside)
        if old is not None and new is not None and new.size < old.size:
            self._files.exchange(self._here, self._beside)

    def _is_emptied(self) -> bool:
        """Takes away what one listing of `refs.new/` names, and the directory; False where more has come."""
        names = self._files.names(self._beside)
        for name in names:
            # A writer that was killed, or is about to look, may have given its name to this directory alone.
            with contextlib.suppress(FileExistsError):
                self._files.link(f"{self._beside}/{name}", f"{self._here}/{name}")
        self._files.sync_directory(self._here)
        for name in names:
            self._files.unlink(f"{self._beside}/{name}")
        try:
            self._files.remove_directory(self._beside)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            return False
        return True
