"""A file or link gets a copy: read and made below open directories, so that no link leads elsewhere."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
from contextlib import suppress
from typing import IO

from cortexrepo.disk.filesystem import open_regular
from cortexrepo.library import LIBRARY

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LINK_ITSELF = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_EMPTY_PATH = 0x1000
_PIECE = 1 << 20
_WITHOUT = frozenset({errno.ENOTSUP, errno.ENODATA, errno.EINVAL, errno.EPERM, errno.EACCES})
"""What says that this disk, or this user, gives the copy no such attribute."""


class Spot:
    """A name in an open directory."""

    __slots__ = ("at", "name")

    def __init__(self, at: int, name: str) -> None:
        """Takes a descriptor, which stays the caller's, and a name."""
        self.at = at
        self.name = name

    def about(self) -> os.stat_result:
        """Returns what lstat(2) says."""
        return os.stat(self.name, dir_fd=self.at, follow_symlinks=False)


def copy(source: Spot, target: Spot, *, owned: bool) -> int | None:
    """Makes a new file or link; of a file, returns a descriptor, which the caller closes.

    A file has the mode, the times and the attributes of `source`; nobody else can open it before it has the mode.

    Args:
        source: A regular file or a link.
        target: A free name.
        owned: Whether the copy gets the owners of `source`; otherwise it is this user's.

    Raises:
        OSError: EINVAL where `source` is something else.
    """
    if stat.S_ISLNK(source.about().st_mode):
        _copy_link(source, target, owned=owned)
        return None
    descriptor, about = open_regular(source.name, place=source.at)
    with open(descriptor, "rb", buffering=0) as content:
        made = os.open(target.name, _NEW, 0o600, dir_fd=target.at)
        try:
            with open(made, "wb", buffering=0, closefd=False) as file:
                shutil.copyfileobj(content, file, _PIECE)
            if owned:
                _own(made, about)
            _dress(descriptor, made, about)
        except BaseException:
            os.close(made)
            raise
    return made


def same(one: Spot, other: Spot) -> bool:
    """Returns whether two files have the same content, or two links the same target; raises OSError."""
    kinds = {stat.S_IFMT(spot.about().st_mode) for spot in (one, other)}
    if kinds == {stat.S_IFLNK}:
        return os.readlink(one.name, dir_fd=one.at) == os.readlink(other.name, dir_fd=other.at)
    if kinds != {stat.S_IFREG}:
        return False
    first, about = open_regular(one.name, place=one.at)
    with open(first, "rb") as left:
        second, beside = open_regular(other.name, place=other.at)
        with open(second, "rb") as right:
            return about.st_size == beside.st_size and _equal(left, right)


def _equal(left: IO[bytes], right: IO[bytes]) -> bool:
    while part := left.read(_PIECE):
        if part != right.read(_PIECE):
            return False
    return not right.read(1)


def dress(source: int, target: int) -> None:
    """Gives an open file or directory the mode, the times and the attributes of another one."""
    _dress(source, target, os.fstat(source))


def _dress(source: int, target: int, about: os.stat_result) -> None:
    for name in _attributes(source):
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            if error.errno not in _WITHOUT:
                raise
    os.fchmod(target, stat.S_IMODE(about.st_mode))
    os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))


def _attributes(source: int) -> list[str]:
    with suppress(OSError):
        return os.listxattr(source)
    return []


def _own(made: int, about: os.stat_result) -> None:
    now = os.fstat(made)
    if (now.st_uid, now.st_gid) != (about.st_uid, about.st_gid):
        os.fchown(made, about.st_uid, about.st_gid)


def _copy_link(source: Spot, target: Spot, *, owned: bool) -> None:
    about = source.about()
    os.symlink(os.readlink(source.name, dir_fd=source.at), target.name, dir_fd=target.at)
    made = os.open(target.name, _LINK_ITSELF, dir_fd=target.at)
    try:
        # By the descriptor: another file may have the name by now.
        now = os.fstat(made)
        is_other = (now.st_uid, now.st_gid) != (about.st_uid, about.st_gid)
        if owned and is_other and stat.S_ISLNK(now.st_mode):
            _own_link(made, about)
    finally:
        os.close(made)


def _own_link(made: int, about: os.stat_result) -> None:
    if LIBRARY.fchownat(made, b"", about.st_uid, about.st_gid, _EMPTY_PATH):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
