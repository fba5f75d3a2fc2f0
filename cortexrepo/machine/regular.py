"""Opening regular files and nothing else, where a user may put anything in the place of one at any moment."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from cortexrepo.machine.descriptors import FILE

if TYPE_CHECKING:
    from collections.abc import Callable


class Regular:
    """Opens what an O_PATH descriptor of this process stands for, if that is a regular file.

    To open a FIFO lets go on who waits for that, and to open a device may do something.
    """

    def __init__(self) -> None:
        """Opens the directory of this process's own descriptors for good: a way to it costs as much as the rest."""
        try:
            self._own = os.open("/proc/self/fd", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            self._own = -1

    def close(self) -> None:
        """Closes what is open."""
        if self._own >= 0:
            os.close(self._own)
            self._own = -1

    def opened(
        self, found: int, again: Callable[[str, int], int], path: str, at: int = -1
    ) -> tuple[int, os.stat_result]:
        """Returns the opened file and what `fstat` says of it; raises OSError, ELOOP for a link.

        Args:
            found: The O_PATH descriptor, which is closed.
            again: Opens it by its name, for a machine without /proc: the file must be the same one.
            path: The name.
            at: The directory that `again` is given with the name.
        """
        try:
            about = os.fstat(found)
            if not stat.S_ISREG(about.st_mode):
                _refuse(about)
            if self._own >= 0:
                return os.open(str(found), FILE, dir_fd=self._own), about
        except OSError as error:
            error.filename = path
            raise
        finally:
            os.close(found)
        opened = again(path, at)
        if os.path.samestat(about, os.fstat(opened)):
            return opened, about
        os.close(opened)
        raise OSError(errno.EAGAIN, "the file was replaced while it was opened", path)


def _refuse(about: os.stat_result) -> None:
    if stat.S_ISLNK(about.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    raise OSError(errno.EINVAL, "the path is not a regular file")
