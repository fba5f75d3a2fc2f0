"""What one user's process reads of a machine: with that user's rights, within a budget, and no files of the kernel."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from cortexrepo.disk.straight import MISSING, UNSURE, Straight
from cortexrepo.machine.budget import NAMES, SpentError
from cortexrepo.machine.descriptors import FILE, GONE, content, kernels_devices
from cortexrepo.machine.files import LIMIT
from cortexrepo.machine.regular import Regular
from cortexrepo.machine.walked_files import WalkedSystem

if TYPE_CHECKING:
    from cortexrepo.machine.budget import Budget
    from cortexrepo.machine.files import Entry
    from cortexrepo.machine.notes import Notes
    from cortexrepo.machine.scope import Scope

_STRAIGHT = os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW
_PINNED = 16
"""So many homes stay open."""


class RealmSystem(WalkedSystem):
    """A machine as one user reads it."""

    def __init__(self, root: int, budget: Budget, scope: Scope, notes: Notes | None = None, *, live: bool) -> None:
        """As `WalkedSystem` without variables, with what may be spent, what to search, and what was asked if noted."""
        super().__init__(root, {}, notes, live=live)
        self.scope = scope
        self.names = NAMES
        self._budget = budget
        self._kernels = kernels_devices(root)
        # An image may have devices, of which openat2 says nothing: there each step is walked.
        self._files = Straight(FILE | os.O_NOFOLLOW) if live else None
        self._paths = Straight(os.O_PATH) if live else None
        self._directories = Straight(os.O_PATH | os.O_DIRECTORY) if live else None
        self._regular = Regular()
        self._last: tuple[str, tuple[str, int]] = ("\0", self._kept["/"])
        self._keep_homes(scope.homes[:_PINNED])

    def close(self) -> None:
        """See `WalkedSystem.close`."""
        super().close()
        self._regular.close()

    def _keep_homes(self, homes: tuple[str, ...]) -> None:
        """Opens the homes for good: most of what is asked for in them is not there, and no way begins at the root."""
        for home in homes:
            try:
                super()._directory(home)
            except (OSError, ValueError):
                continue  # whoever searches there will say so
            self.pinned.add(home)

    def is_free(self, about: os.stat_result, path: str) -> bool:  # noqa: ARG002
        """See `WalkedSystem.is_free`."""
        return about.st_dev not in self._kernels

    def check(self, about: os.stat_result, path: str, found: int, rest: list[str]) -> None:  # noqa: ARG002
        """Raises PermissionError for what the kernel makes up, and for a third user's link.

        Who could make such a link lead elsewhere would decide what is found of this user.
        """
        if about.st_dev in self._kernels:
            raise PermissionError(1, "the files of the kernel are not read", path)
        if stat.S_ISLNK(about.st_mode) and about.st_uid not in {0, self.user}:
            raise PermissionError(1, f"{path} is a link of the user {about.st_uid} and is not followed", path)

    def _nearest(self, path: str) -> tuple[tuple[str, int], str]:
        """Returns the open directory that is nearest above a path, and the rest of the path.

        Hundreds of questions in a row are about one directory and those in it: that one is tried first.
        """
        last, kept = self._last
        if path.startswith(last) and path.count("/", len(last)) <= 1:
            return kept, path[len(last) :]
        parent = path
        while parent:
            parent = parent.rpartition("/")[0]
            found = self._kept.get(parent)
            if found is not None:
                self._last = f"{parent}/", found
                return found, path[len(parent) + 1 :]
        return self._kept["/"], path.lstrip("/")

    def _make_room(self) -> None:
        """See `WalkedSystem._make_room`."""
        super()._make_room()
        self._last = "\0", self._kept["/"]  # no path begins like this

    def _open(self, path: str, way: Straight | None) -> int | None:
        """Opens what is below a directory that is open; negative where nothing is, None to walk there.

        Raises OSError for what may not be opened.
        """
        if self._budget.spent:
            raise SpentError(self._budget.spent)
        if way is None:
            return None
        kept, name = self._nearest(path)
        found = way.open(kept[1], name)
        if found >= 0 or found in MISSING:
            return found
        if found in UNSURE:
            return None
        raise OSError(-found, os.strerror(-found), path)

    def _directory(self, path: str) -> tuple[str, int]:
        """See `WalkedSystem._directory`."""
        path = path or "/"
        if path not in self._kept:
            found = self._open(path, self._directories)
            if found is not None:
                return self._opened(path, found)
        return super()._directory(path)

    def _opened(self, path: str, found: int) -> tuple[str, int]:
        """Keeps a directory that was opened without a link on the way; raises what `GONE` lists where there is none."""
        if found < 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        (here, _), name = self._nearest(path)
        self._make_room()
        kept = self._kept[path] = _joined(here, name), found
        return kept

    def _file(self, path: str) -> tuple[int, os.stat_result | None] | None:
        """As `_open`, of a regular file, with what it is; negative, and nothing, where there is none."""
        found = self._open(path, self._paths)
        if found is None or found < 0:
            return None if found is None else (found, None)
        return self._regular.opened(found, self._again, path)

    def _again(self, path: str, _: int) -> int:
        found = self._open(path, self._files)
        if found is None or found < 0:
            raise OSError(errno.EAGAIN, "the file was removed while it was opened", path)
        return found

    def open_named(self, name: str, at: int) -> int:
        """See `WalkedSystem.open_named`: nothing but a regular file is opened, whatever is put in its place."""
        found = os.open(name, _STRAIGHT, dir_fd=at)
        return self._regular.opened(found, _named, name, at)[0]

    def open_file(self, path: str) -> int:
        """See `FileSystemReader.open_file`."""
        found = self._file(path)
        if found is None:
            self.see(path)
            return super().open_file(path)
        descriptor, about = found
        if about is None:
            if self.notes is not None:
                self.notes.missing(path)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if self.notes is not None:
            self.notes.opened(path, about)
        return descriptor

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        """See `System.read`."""
        return self._content(path, limit, whole=True)

    def head(self, path: str, size: int) -> bytes | None:
        """See `System.head`."""
        return self._content(path, size, whole=False)

    def _content(self, path: str, size: int, *, whole: bool) -> bytes | None:
        opened = self._file(path)
        descriptor, about = opened or (self._walked(path), None)
        if descriptor < 0:
            if self.notes is not None:
                self.notes.missing(path)
            return None
        try:
            if self.notes is not None and about is not None:
                self.notes.opened(path, about)
            found = content(descriptor, path, size, whole=whole, about=about)
        finally:
            os.close(descriptor)
        self._budget.take(len(found))
        return found

    def _walked(self, path: str) -> int:
        """Returns a descriptor of a file to which links may lead; negative where nothing is."""
        self.see(path)
        try:
            return super().open_file(path)
        except GONE:
            return -1

    def status(self, path: str) -> os.stat_result:
        """See `FileSystemReader.status`."""
        found = self._open(path, self._paths)
        if found is None:
            return super().status(path)
        if found < 0:
            if self.notes is not None:
                self.notes.missing(path)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        try:
            about = os.fstat(found)
        finally:
            os.close(found)
        if self.notes is not None:
            self.notes.opened(path, about)
        return about

    def pause(self) -> None:
        """See `FileSystemReader.pause`; raises SpentError."""
        self._budget.ask()

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        path = path.rstrip("/") or "/"
        if path not in self._kept:
            found = self._open(path, self._directories)
            if found is None:
                return super().entries(path)
            if found < 0:
                if self.notes is not None:
                    self.notes.missing(path)
                return []
            self._opened(path, found)
        return super().entries(path)

    def readlink(self, path: str) -> str | None:
        """See `System.readlink`."""
        self._budget.ask()
        return super().readlink(path)

    def _resolved(self, path: str) -> str:
        found = self._open(path, self._paths)
        if found is None:
            return super()._resolved(path)
        if found >= 0:
            os.close(found)
        (here, _), name = self._nearest(path)
        return _joined(here, name)


def _named(name: str, at: int) -> int:
    return os.open(name, FILE | os.O_NOFOLLOW, dir_fd=at)


def _joined(here: str, name: str) -> str:
    return os.path.normpath(f"{here.rstrip('/')}/{name}")
