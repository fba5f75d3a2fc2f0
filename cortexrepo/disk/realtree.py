"""The real disk under a `Tree`: each call works in a directory that it has opened, to which no link leads."""

from __future__ import annotations

import os
import posixpath
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cortexrepo.disk.copying import Spot, copy, same
from cortexrepo.disk.filesystem import read_bounded
from cortexrepo.disk.tree import DIRECTORY, FILE, LINK, OTHER, Details
from cortexrepo.disk.unlinked import look, open_directory, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_RIGHTS = 0o777


class RealTree:
    """The disk. No link is followed, neither at the end of a path nor on the way: each is an error (ELOOP).

    The directory of a name is opened first, and the work is done in this one, whatever has its place by then.
    """

    def kind(self, path: str) -> str:
        """See `Tree.kind`."""
        about = self._look(path)
        if about is None:
            return ""
        mode = about.st_mode
        if stat.S_ISREG(mode):
            return FILE
        return LINK if stat.S_ISLNK(mode) else DIRECTORY if stat.S_ISDIR(mode) else OTHER

    def names(self, path: str) -> list[str]:
        """See `Tree.names`."""
        with self._opened(path) as directory:
            return os.listdir(directory)

    def same(self, one: str, other: str) -> bool:
        """See `Tree.same`."""
        with self._spot(one) as first, self._spot(other) as second:
            return same(first, second)

    def rename(self, source: str, target: str) -> None:
        """See `Tree.rename`."""
        with self._spot(source) as old, self._spot(target) as new:
            # Moving is what this seam is for; `moving` looks before.
            os.rename(old.name, new.name, src_dir_fd=old.at, dst_dir_fd=new.at)  # noqa: TID251

    def copy(self, source: str, target: str) -> None:
        """See `Tree.copy`."""
        with self._spot(source) as old, self._spot(target) as new:
            made = copy(old, new, owned=True)
            if made is not None:
                _synced(made)

    def unlink(self, path: str) -> None:
        """See `Tree.unlink`."""
        with self._spot(path) as spot:
            os.unlink(spot.name, dir_fd=spot.at)

    def make_directory(self, path: str) -> None:
        """See `Tree.make_directory`."""
        with self._spot(path) as spot:
            os.mkdir(spot.name, dir_fd=spot.at)

    def remove_directory(self, path: str) -> None:
        """See `Tree.remove_directory`."""
        with self._spot(path) as spot:
            os.rmdir(spot.name, dir_fd=spot.at)

    def details(self, path: str) -> Details:
        """See `Tree.details`."""
        with self._spot(path) as spot:
            return _details(spot.about())

    def set_details(self, path: str, details: Details) -> None:
        """See `Tree.set_details`."""
        directory, passed = walk(path, os.O_RDONLY)
        try:
            found = _details(os.fstat(directory))
            if not (_is_made(found, details) or all(map(_is_ours_alone, passed[:-1]))):
                return
            if found[1:] != details[1:]:
                os.fchown(directory, details.owner, details.group)
            os.fchmod(directory, details.mode)
        finally:
            os.close(directory)

    def sync_directory(self, path: str) -> None:
        """See `Tree.sync_directory`."""
        with self._opened(path) as directory:
            os.fsync(directory)

    def write(self, path: str, data: bytes) -> None:
        """See `Tree.write`."""
        with self._spot(path) as spot:
            descriptor = os.open(spot.name, _NEW, 0o600, dir_fd=spot.at)
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)

    def read(self, path: str, limit: int) -> bytes:
        """See `Tree.read`."""
        with self._spot(path) as spot:
            return read_bounded(spot.name, limit, place=spot.at)

    @contextmanager
    def _spot(self, path: str) -> Iterator[Spot]:
        """Opens the directory that a name is in; an error names the whole path."""
        parent, name = posixpath.split(path)
        directory = self._open(parent, os.O_PATH)
        try:
            yield Spot(directory, name or ".")
        except OSError as error:
            _name(error, path)
            raise
        finally:
            os.close(directory)

    @contextmanager
    def _opened(self, path: str) -> Iterator[int]:
        directory = self._open(path, os.O_RDONLY)
        try:
            yield directory
        except OSError as error:
            _name(error, path)
            raise
        finally:
            os.close(directory)

    def _open(self, path: str, flags: int) -> int:
        return open_directory(path, flags)

    def _look(self, path: str) -> os.stat_result | None:
        return look(path)


class OwnTree(RealTree):
    """The disk where nobody else can put a link: links on the way to a file are followed, as those to a home are."""

    def _open(self, path: str, flags: int) -> int:
        return os.open(path, flags | os.O_DIRECTORY | os.O_CLOEXEC)

    def _look(self, path: str) -> os.stat_result | None:
        try:
            return os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None


def _details(about: os.stat_result) -> Details:
    return Details(stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid)


def _is_made(found: Details, details: Details) -> bool:
    """Returns whether a directory is as this user makes one, perhaps with the owner that it is to have."""
    mask = os.umask(0o077)
    os.umask(mask)
    return found.mode & _RIGHTS == _RIGHTS & ~mask and found.owner in {os.geteuid(), details.owner}


def _is_ours_alone(about: os.stat_result) -> bool:
    """Returns whether nobody but root and this user can put something else into a directory."""
    shared = about.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not about.st_mode & stat.S_ISVTX
    return about.st_uid in {0, os.geteuid()} and not shared


def _name(error: OSError, path: str) -> None:
    """Has an error name a whole path in the place of what is only a name, or nothing."""
    if error.filename2 is not None and not _is_whole(error.filename2):
        error.filename2 = path
    elif not _is_whole(error.filename):
        error.filename = path


def _is_whole(name: object) -> bool:
    return isinstance(name, str) and name.startswith("/")


def _synced(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
