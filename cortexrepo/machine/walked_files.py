"""A machine whose paths are walked name by name, and whose directories are kept open between two questions.

No link is followed by the kernel: each is read and walked like the rest of the path. So the links of `/proc` that are
no paths (`/proc/self/fd/3`) lead nowhere, nothing outside a root is reached, and each thing on the way can be looked
at. Asking for four files of one directory costs one walk.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from cortexrepo.machine.descriptors import (
    FILE,
    GONE,
    FileSystemReader,
    entries,
    link_text,
    opened_file,
    refuse_link,
)
from cortexrepo.machine.evidence import real_path
from cortexrepo.machine.way import Way, refuse_loop, require_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.machine.files import Entry
    from cortexrepo.machine.notes import Notes

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PATH = os.O_PATH | os.O_CLOEXEC
_STRAIGHT = _PATH | os.O_NOFOLLOW
_KEPT = 32
"""So many directories stay open."""


class WalkedSystem(FileSystemReader):
    """A machine below an open root directory; see the module."""

    names: int | None = None
    """No directory that is listed may have more names."""

    def __init__(self, root: int, environment: Mapping[str, str], notes: Notes | None = None, *, live: bool) -> None:
        """Takes the open root directory, which stays the caller's, and variables.

        Args:
            root: The root directory.
            environment: The variables that count.
            notes: What is asked is noted there; only of this machine.
            live: Whether it is this machine's root.
        """
        self.environment = environment
        self.live = live
        self.notes = notes
        self.user = os.geteuid()
        self.pinned = {"/"}
        self._kept: dict[str, tuple[str, int]] = {"/": ("/", root)}

    def close(self) -> None:
        """Closes the directories that were kept open."""
        for path in [path for path in self._kept if path != "/"]:
            os.close(self._kept.pop(path)[1])

    def check(self, about: os.stat_result, path: str, found: int, rest: list[str]) -> None:
        """Is called for everything on the way; an OSError that it raises ends the walk.

        Args:
            about: What is there, a link not followed.
            path: Where, with the links before it resolved.
            found: Its O_PATH descriptor.
            rest: The names that follow, the next one last.
        """

    def walk(self, path: str) -> tuple[str, int, os.stat_result]:
        """Returns the resolved path, an O_PATH descriptor that is the caller's to close, and what is there.

        Raises OSError, and what `GONE` lists.
        """
        way, todo = self._start(path)
        links = 0
        try:
            while todo:
                target = self._step(way, todo, path)
                if target is None:
                    continue
                links += 1
                refuse_loop(links, path)
                if target.startswith("/"):
                    way.move(*self._kept["/"])
                todo.extend(reversed([piece for piece in target.split("/") if piece and piece != "."]))
            found = way.taken()
            return way.path, found, os.fstat(found)
        finally:
            way.close()

    def _start(self, path: str) -> tuple[Way, list[str]]:
        """Returns the directory that is nearest to a path and open, and the names that follow, the next one last."""
        parent, _, name = path.rpartition("/")
        kept = self._kept.pop(parent, None) if name not in {"", ".", ".."} and parent else None
        if kept is not None:
            self._kept[parent] = kept  # the last to be closed
            return Way(*kept), [name]
        return Way(*self._kept["/"]), [part for part in path.split("/") if part and part != "."][::-1]

    def _step(self, way: Way, todo: list[str], path: str) -> str | None:
        """Takes one step; returns what the link says that is there, or None where none is."""
        part = todo.pop()
        if part == "..":
            require_directory(way.at, path)
            here, at, _ = self.walk(os.path.dirname(way.path))
            way.move(here, at, own=True)
            return None
        child = os.open(part, _STRAIGHT, dir_fd=way.at)
        where = f"{way.path}/{part}" if way.path != "/" else f"/{part}"
        try:
            about = os.fstat(child)
            self.check(about, where, child, todo)
            if stat.S_ISLNK(about.st_mode):
                return os.readlink("", dir_fd=child)
            way.move(where, child, own=True)
            child = -1
            return None
        finally:
            if child >= 0:
                os.close(child)

    def _directory(self, path: str) -> tuple[str, int]:
        """Returns the resolved path and the descriptor of a directory, which stays this object's; raises as `walk`."""
        path = path or "/"
        kept = self._kept.pop(path, None)
        if kept is None:
            here, at, about = self.walk(path)
            if not stat.S_ISDIR(about.st_mode):
                os.close(at)
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
            self._make_room()
            kept = here, at
        self._kept[path] = kept
        return kept

    def _make_room(self) -> None:
        """Closes the directory that was not asked for longest, where too many are open."""
        if len(self._kept) > _KEPT + len(self.pinned):
            os.close(self._kept.pop(next(key for key in self._kept if key not in self.pinned))[1])

    def status(self, path: str) -> os.stat_result:
        """See `FileSystemReader.status`."""
        parent, _, name = path.rpartition("/")
        if name not in {"", ".", ".."}:
            here, at = self._parent(path, parent)
            about = self._look(name, at, path)
            if not stat.S_ISLNK(about.st_mode) and self.is_free(about, f"{here}/{name}"):
                return about
        self.see(path)
        _, found, about = self.walk(path)
        os.close(found)
        return about

    def see(self, path: str) -> None:
        """Notes what is at a path that may have links in it, where that is noted."""
        if self.notes is not None:
            self.notes.see(path)

    def _parent(self, path: str, parent: str) -> tuple[str, int]:
        """Returns the directory that a path is in, as `_directory`; where there is none, that is noted."""
        try:
            return self._directory(parent)
        except OSError:
            self.see(path)
            raise

    def _look(self, name: str, at: int, path: str) -> os.stat_result:
        """Returns what is there, a link not followed, and notes that; FileNotFoundError where nothing is."""
        try:
            about = os.stat(name, dir_fd=at, follow_symlinks=False)
        except FileNotFoundError:
            if self.notes is not None:
                self.notes.missing(path)
            raise
        if self.notes is not None and not stat.S_ISLNK(about.st_mode):
            self.notes.opened(path, about)
        return about

    def is_free(self, about: os.stat_result, path: str) -> bool:  # noqa: ARG002 -- for those that ask
        """Returns whether `check` would let this pass; where it is not known, the walk asks."""
        return True

    def open_file(self, path: str) -> int:
        """See `FileSystemReader.open_file`."""
        parent, _, name = path.rpartition("/")
        if name not in {"", ".", ".."}:
            here, at = self._parent(path, parent)
            # It is looked at before it is opened: an image may have devices, and root opens nothing of a user's.
            about = self._look(name, at, path)
            if stat.S_ISREG(about.st_mode) and self.is_free(about, f"{here}/{name}"):
                try:
                    found = self.open_named(name, at)
                except OSError as error:
                    if error.errno != errno.ELOOP:
                        raise
                else:
                    if self.is_free(os.fstat(found), f"{here}/{name}"):
                        return found
                    os.close(found)
        self.see(path)
        _, found, _ = self.walk(path)
        try:
            return opened_file(found, path)
        finally:
            os.close(found)

    def open_named(self, name: str, at: int) -> int:
        """Opens what was a regular file just now, in a directory that is open; OSError(ELOOP) where a link is."""
        return os.open(name, FILE | os.O_NOFOLLOW, dir_fd=at)

    def open_straight(self, path: str) -> int:
        """See `FileSystemReader.open_straight`."""
        resolved, found, _ = self.walk(path)
        try:
            refuse_link(resolved, path)
            return opened_file(found, path)
        finally:
            os.close(found)

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        self.see(path)
        try:
            at = self._directory(path.rstrip("/"))[1]
        except GONE:
            return []
        descriptor = os.open(".", _DIRECTORY, dir_fd=at)
        try:
            return entries(descriptor, self.names)
        finally:
            os.close(descriptor)

    def readlink(self, path: str) -> str | None:
        """See `System.readlink`."""
        parent, _, name = path.rstrip("/").rpartition("/")
        try:
            at = self._directory(parent)[1]
        except GONE:
            found = None
        else:
            found = link_text(name, at)
        if self.notes is not None:
            self.notes.links[path] = found or ""
        return found

    def realpath(self, path: str) -> str:
        """See `System.realpath`."""
        found = self._resolved(path)
        if self.notes is not None:
            self.notes.resolved[path] = found
        return found

    def _resolved(self, path: str) -> str:
        missing: list[str] = []
        while True:
            try:
                resolved, found, _ = self.walk(path)
            except PermissionError:
                raise
            except (OSError, ValueError):
                if self.live:
                    # No more than names is looked at, and a later check of this answer asks the same.
                    return real_path(path)
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
        return os.uname().release if self.live else ""
