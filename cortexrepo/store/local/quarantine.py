"""Quarantine: a directory in which readers look as well, and into which a collector moves files before it removes them.

A file that is moved has at every instant a name in one of the two places, and a durable one. Whether anybody needs the
file is decided between the moves.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import NO_LINK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.store.local.ballast import Ballast


class Quarantine:
    """One directory for files that are set aside. Every method raises OSError when the place fails it."""

    def __init__(self, directory: str, files: FileSystem, ballast: Ballast, home: Callable[[str], str]) -> None:
        """Takes the directory, which need not be there yet, and the room in reserve.

        Args:
            directory: An absolute path.
            files: The file system.
            ballast: The room that a full disk leaves.
            home: From a name in quarantine to the path where the file belongs.
        """
        self.directory = directory
        self._files = files
        self._ballast = ballast
        self._home = home

    def set_aside(self, names: Iterable[str], leave: Callable[[str], None]) -> None:
        """Moves the files of these names in, durably; those that are not there are passed over.

        Args:
            names: In quarantine.
            leave: Takes away the name that a file has where it belongs, once that in quarantine is durable.
        """
        linked = [name for name in names if self._ballast.with_room(partial(self._link_aside, name))]
        self._files.sync_directory(self.directory)
        for name in linked:
            with contextlib.suppress(FileNotFoundError):
                leave(name)

    def put_back(self, names: Iterable[str]) -> None:
        """Moves files to where they belong, durably, before they leave quarantine; FileNotFoundError: one is lost."""
        names = list(names)
        for name in names:
            self._ballast.with_room(partial(self._link_back, name))
        parents = {_parent(self._home(name)) for name in names}
        for parent in sorted(parents) + sorted({_parent(parent) for parent in parents}):
            self._files.sync_directory(parent)
        self.discard(names)

    def discard(self, names: Iterable[str]) -> None:
        """Removes files from quarantine."""
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                self._files.unlink(self._path(name))

    def _link_aside(self, name: str) -> bool:
        """Returns whether the file has a name in quarantine now, and still its own."""
        source, target = self._home(name), self._path(name)
        try:
            self._files.link(source, target)
        except FileExistsError:
            return True
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in NO_LINK:
                raise
            # No links here, or not to another user's file: moving is as good, both names are where readers look.
            self._files.rename(source, target)
            return False
        return True

    def _link_back(self, name: str) -> None:
        source, target = self._path(name), self._home(name)
        with contextlib.suppress(FileExistsError):
            self._files.make_directory(_parent(target))
        try:
            self._files.link(source, target)
        except FileExistsError:
            return  # A writer has put the file again.
        except OSError as error:
            if error.errno not in NO_LINK:
                raise
            with contextlib.suppress(FileExistsError):
                self._files.rename_new(source, target)

    def _path(self, name: str) -> str:
        return f"{self.directory}/{name}"


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
