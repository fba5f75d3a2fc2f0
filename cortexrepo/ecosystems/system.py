"""A machine to read: the only I/O of the collectors.

`LiveSystem` reads `/`. `RootedSystem` reads another root, as a process would see it after chroot: absolute links and
`..` stay inside it, and every component is opened with O_NOFOLLOW, so that a link swapped in meanwhile leads nowhere
else.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT = 64 << 20
"""No file that a collector reads may be larger, in bytes."""

_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PATH = os.O_PATH | os.O_CLOEXEC
_LINKS = 40
_STEP = 1 << 20


class Entry(NamedTuple):
    """One name in a directory; `kind` is `file`, `directory`, `link` or `other`, links not followed."""

    name: str
    kind: str


class System(Protocol):
    """A machine's files. Paths are absolute, in the machine's own terms.

    Every method raises `OSError` for what it may not or cannot read, except that a path which is not there (or goes
    through something that is not a directory) is None, an empty list or False. Undecodable names are kept as
    `surrogateescape`.
    """

    live: bool
    """Whether this is the running machine, so that `/proc` and the kernel's own answers are its."""

    environment: Mapping[str, str]
    """The environment variables that count for it; empty for another root."""

    user: int
    """The numeric id of who reads; 0 where everything in it is this reader's to read."""

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        """Returns a regular file's content, links followed; None if not there; OSError(EFBIG) beyond `limit`."""
        ...

    def head(self, path: str, size: int) -> bytes | None:
        """Returns at most the first `size` bytes, else as `read`."""
        ...

    def entries(self, path: str) -> list[Entry]:
        """Returns a directory's entries sorted by name; an empty list when it is not there."""
        ...

    def exists(self, path: str) -> bool:
        """Returns whether there is something at `path`, links followed."""
        ...

    def is_directory(self, path: str) -> bool:
        """Returns whether a directory is at `path`, links followed."""
        ...

    def readlink(self, path: str) -> str | None:
        """Returns what the link at `path` says, or None when it is not a link."""
        ...

    def realpath(self, path: str) -> str:
        """Returns `path` with all links resolved, inside the machine's root."""
        ...

    def owner(self, path: str) -> int | None:
        """Returns the numeric owner of what is at `path`, links followed, or None when it is not there."""
        ...

    def stamp(self, path: str) -> tuple[int, int, int, int] | None:
        """Returns (inode, size, mtime, ctime) in nanoseconds, or None: equal stamps mean the same content."""
        ...

    def kernel(self) -> str:
        """Returns the running kernel's release; empty for another root."""
        ...


def kind_of(mode: int) -> str:
    """Returns the `Entry.kind` of a file mode."""
    if stat.S_ISDIR(mode):
        return "directory"
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) else "other"


def _content(descriptor: int, path: str, limit: int, *, whole: bool) -> bytes:
    info = os.fstat(descriptor)
    _require_file(info, path)
    want = limit + 1 if whole else limit
    if info.st_size < want or not whole:
        # One byte more than there should be, so that one read is enough for a file that is as large as it says.
        content = os.read(descriptor, min(info.st_size + 1, want))
        if len(content) == info.st_size > 0:
            return content
        # One of /proc, which does not say, or one that is being written.
        while len(content) < want and (more := os.read(descriptor, min(_STEP, want - len(content)))):
            content += more
        if not whole or len(content) < want:
            return content
    raise OSError(errno.EFBIG, "larger than a package manager's file can be", path)


def _require_file(info: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)


def _reopened(found: int, flags: int, path: str) -> int:
    """Opens what an O_PATH descriptor stands for: nothing is looked up by name again, so that it cannot be swapped."""
    try:
        return os.open(f"/proc/self/fd/{found}", flags)
    except FileNotFoundError as error:
        # Never to be taken for a path that is not there.
        raise OSError(errno.ENODEV, "links cannot be followed safely without /proc", path) from error
    except OSError as error:
        error.filename = path
        raise


def _opened_file(found: int, path: str) -> int:
    """As `_reopened`, for a regular file only: opening a device may do something, and is never needed."""
    _require_file(os.fstat(found), path)
    return _reopened(found, _FILE, path)


# A path with a NUL or a lone surrogate is a ValueError: there can be nothing there.
_GONE = (FileNotFoundError, NotADirectoryError, ValueError)
_NO_LINK = frozenset({errno.EINVAL, errno.ENOENT, errno.ENOTDIR})


def _entries(descriptor_or_path: int | str) -> list[Entry]:
    found = []
    with os.scandir(descriptor_or_path) as listing:
        for item in listing:
            if item.is_symlink():
                kind = "link"
            elif item.is_dir(follow_symlinks=False):
                kind = "directory"
            else:
                kind = "file" if item.is_file(follow_symlinks=False) else "other"
            found.append(Entry(item.name, kind))
    found.sort()
    return found


class LiveSystem:
    """The machine this process runs on."""

    live = True

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Takes the environment variables that say where package managers keep things."""
        self.environment = environment
        self.user = os.geteuid()

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        """See `System.read`."""
        return self._read(path, limit, whole=True)

    def head(self, path: str, size: int) -> bytes | None:
        """See `System.head`."""
        return self._read(path, size, whole=False)

    def _read(self, path: str, limit: int, *, whole: bool) -> bytes | None:
        try:
            descriptor = self._open_file(path)
        except _GONE:
            return None
        try:
            return _content(descriptor, path, limit, whole=whole)
        finally:
            os.close(descriptor)

    def _open_file(self, path: str) -> int:
        try:
            # Only root can make a device, but everybody can link to one; so links take the careful way.
            return os.open(path, _FILE | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
        found = os.open(path, _PATH)
        try:
            return _opened_file(found, path)
        finally:
            os.close(found)

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        try:
            return _entries(path)
        except _GONE:
            return []

    def exists(self, path: str) -> bool:
        """See `System.exists`."""
        return self._stat(path) is not None

    def is_directory(self, path: str) -> bool:
        """See `System.is_directory`."""
        info = self._stat(path)
        return info is not None and stat.S_ISDIR(info.st_mode)

    def readlink(self, path: str) -> str | None:
        """See `System.readlink`."""
        try:
            return os.readlink(path)
        except OSError as error:
            if error.errno in _NO_LINK:
                return None
            raise
        except ValueError:
            return None

    def realpath(self, path: str) -> str:
        """See `System.realpath`."""
        try:
            return os.path.realpath(path)
        except ValueError:
            return os.path.normpath(path)

    def owner(self, path: str) -> int | None:
        """See `System.owner`."""
        info = self._stat(path)
        return None if info is None else info.st_uid

    def stamp(self, path: str) -> tuple[int, int, int, int] | None:
        """See `System.stamp`."""
        info = self._stat(path)
        return None if info is None else (info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)

    def kernel(self) -> str:
        """See `System.kernel`."""
        return os.uname().release

    def _stat(self, path: str) -> os.stat_result | None:
        try:
            return os.stat(path)
        except _GONE:
            return None


class RootedSystem:
    """Another root: a mounted image, a chroot. Nothing outside it is read."""

    live = False

    def __init__(self, root: str) -> None:
        """Opens the root directory; raises OSError when it is not one."""
        self.environment: Mapping[str, str] = {}
        self.user = 0
        self._root = os.open(root, _DIRECTORY)

    def close(self) -> None:
        """Closes the root directory."""
        os.close(self._root)

    def _walk(self, path: str) -> tuple[str, int]:
        """Returns the resolved path and an O_PATH descriptor of what is there, links followed inside the root."""
        todo = [part for part in path.split("/") if part and part != "."][::-1]
        names: list[str] = []
        stack = [os.dup(self._root)]
        links = 0
        try:
            while todo:
                part = todo.pop()
                if part == "..":
                    if not stat.S_ISDIR(os.fstat(stack[-1]).st_mode):
                        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
                    if names:
                        names.pop()
                        os.close(stack.pop())
                    continue
                child = os.open(part, _PATH | os.O_NOFOLLOW, dir_fd=stack[-1])
                if not stat.S_ISLNK(os.fstat(child).st_mode):
                    stack.append(child)
                    names.append(part)
                    continue
                try:
                    target = os.readlink("", dir_fd=child)
                finally:
                    os.close(child)
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                if target.startswith("/"):
                    names.clear()
                    while len(stack) > 1:
                        os.close(stack.pop())
                todo.extend(reversed([piece for piece in target.split("/") if piece and piece != "."]))
            return "/" + "/".join(names), stack.pop()
        finally:
            for descriptor in stack:
                os.close(descriptor)

    def _stat(self, path: str) -> os.stat_result | None:
        try:
            found = self._walk(path)[1]
        except _GONE:
            return None
        try:
            return os.fstat(found)
        finally:
            os.close(found)

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        """See `System.read`."""
        return self._read(path, limit, whole=True)

    def head(self, path: str, size: int) -> bytes | None:
        """See `System.head`."""
        return self._read(path, size, whole=False)

    def _read(self, path: str, limit: int, *, whole: bool) -> bytes | None:
        try:
            found = self._walk(path)[1]
        except _GONE:
            return None
        try:
            descriptor = _opened_file(found, path)
        finally:
            os.close(found)
        try:
            return _content(descriptor, path, limit, whole=whole)
        finally:
            os.close(descriptor)

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        try:
            found = self._walk(path)[1]
        except _GONE:
            return []
        try:
            descriptor = _reopened(found, _DIRECTORY, path)
        except NotADirectoryError:
            return []
        finally:
            os.close(found)
        try:
            return _entries(descriptor)
        finally:
            os.close(descriptor)

    def exists(self, path: str) -> bool:
        """See `System.exists`."""
        return self._stat(path) is not None

    def is_directory(self, path: str) -> bool:
        """See `System.is_directory`."""
        info = self._stat(path)
        return info is not None and stat.S_ISDIR(info.st_mode)

    def readlink(self, path: str) -> str | None:
        """See `System.readlink`."""
        parent, _, name = path.rstrip("/").rpartition("/")
        try:
            directory = self._walk(parent or "/")[1]
        except _GONE:
            return None
        try:
            return os.readlink(name, dir_fd=directory)
        except OSError as error:
            if error.errno in _NO_LINK:
                return None
            raise
        except ValueError:
            return None
        finally:
            os.close(directory)

    def realpath(self, path: str) -> str:
        """See `System.realpath`."""
        missing: list[str] = []
        while True:
            try:
                resolved, found = self._walk(path)
            except (OSError, ValueError):
                if not path.strip("/"):
                    raise
                # As the standard library does: the rest of a path that leads nowhere is taken as it is written.
                path, _, name = path.rstrip("/").rpartition("/")
                missing.append(name)
                continue
            os.close(found)
            return os.path.normpath("/".join([resolved.rstrip("/"), *reversed(missing)]) or "/")

    def owner(self, path: str) -> int | None:
        """See `System.owner`."""
        info = self._stat(path)
        return None if info is None else info.st_uid

    def stamp(self, path: str) -> tuple[int, int, int, int] | None:
        """See `System.stamp`."""
        info = self._stat(path)
        return None if info is None else (info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)

    def kernel(self) -> str:
        """See `System.kernel`."""
        return ""
