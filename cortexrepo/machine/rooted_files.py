"""Another root: a mounted image, a chroot.

Its paths are read as a process would see them after chroot: absolute links and `..` stay inside it, and every component
is opened with O_NOFOLLOW, so that a link swapped in meanwhile leads nowhere else.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from cortexrepo.machine.descriptors import (
    GONE,
    FileSystemReader,
    entries,
    link_text,
    opened_file,
    refuse_link,
    reopened,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.machine.files import Entry

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PATH = os.O_PATH | os.O_CLOEXEC
_LINKS = 40


class RootedSystem(FileSystemReader):
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

    def status(self, path: str) -> os.stat_result:
        """See `FileSystemReader.status`."""
        found = self._walk(path)[1]
        try:
            return os.fstat(found)
        finally:
            os.close(found)

    def open_file(self, path: str) -> int:
        """See `FileSystemReader.open_file`."""
        found = self._walk(path)[1]
        try:
            return opened_file(found, path)
        finally:
            os.close(found)

    def open_straight(self, path: str) -> int:
        """See `FileSystemReader.open_straight`."""
        resolved, found = self._walk(path)
        try:
            refuse_link(resolved, path)
            return opened_file(found, path)
        finally:
            os.close(found)

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        try:
            found = self._walk(path)[1]
        except GONE:
            return []
        try:
            descriptor = reopened(found, _DIRECTORY, path)
        except NotADirectoryError:
            return []
        finally:
            os.close(found)
        try:
            return entries(descriptor)
        finally:
            os.close(descriptor)

    def readlink(self, path: str) -> str | None:
        """See `System.readlink`."""
        parent, _, name = path.rstrip("/").rpartition("/")
        try:
            directory = self._walk(parent or "/")[1]
        except GONE:
            return None
        try:
            return link_text(name, directory)
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

    def kernel(self) -> str:
        """See `System.kernel`."""
        return ""
