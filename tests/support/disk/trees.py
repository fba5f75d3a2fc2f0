"""A tree of files in memory, of which every call can be the last, or fail, and which can lose what was not synced."""

from __future__ import annotations

import errno
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.disk.tree import DIRECTORY, FILE, LINK, Details

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class KilledError(BaseException):
    """The process ends here."""


class Entry(NamedTuple):
    kind: str
    content: bytes = b""
    details: Details = Details(0o755, 0, 0)


class MemoryTree:
    """See `Tree`.

    Attributes:
        now: What a process sees.
        calls: How many calls were made.
        stop: The number of the call before which the process dies.
        fail: The number of the call that fails, and how.
        copies: How many files were copied.

    A directory that is synced brings along what its names depend on, as a journal does. Of all else a cut keeps any
    part, in which a later change may be there and an earlier one not.
    """

    def __init__(self, entries: dict[str, Entry], devices: Iterable[str] = ()) -> None:
        self.now = dict(entries)
        self.calls = 0
        self.stop: int | None = None
        self.fail: tuple[int, int] | None = None
        self.copies = 0
        self._devices = tuple(devices)
        self._disk = dict(entries)
        self._pending: list[tuple[frozenset[str], Callable[[dict[str, Entry]], None]]] = []

    def arm(self, *, stop: int | None = None, fail: tuple[int, int] | None = None) -> None:
        """Starts to count anew."""
        self.calls, self.stop, self.fail = 0, stop, fail

    def cut(self, chosen: Callable[[], bool]) -> None:
        """The power fails: of what was not synced, what `chosen` says is on the disk, and nothing else."""
        for _, change in self._pending:
            if chosen():
                self._try(change, self._disk)
        self._pending.clear()
        self.now = dict(self._disk)

    def kind(self, path: str) -> str:
        self._count(path)
        return self.now[path].kind if path in self.now else ""

    def names(self, path: str) -> list[str]:
        self._count(path)
        return _names(self.now, path)

    def same(self, one: str, other: str) -> bool:
        self._count(one)
        _check_way(self.now, other)
        return self.now[one][:2] == self.now[other][:2]

    def rename(self, source: str, target: str) -> None:
        self._count(source)
        _check_way(self.now, target)
        if self._device(source) != self._device(target):
            raise OSError(errno.EXDEV, "another file system", source)
        self._do({source, target}, lambda entries: _rename(entries, source, target))

    def copy(self, source: str, target: str) -> None:
        if self.calls == self.stop:
            self._do({target}, lambda entries: _add(entries, target, Entry(FILE, b"a par")))
        self._count(source)
        _check_way(self.now, target)
        entry = self.now[source]
        self.copies += 1
        self._do({target}, lambda entries: _add(entries, target, entry))

    def unlink(self, path: str) -> None:
        self._count(path)
        self._do({path}, lambda entries: _unlink(entries, path))

    def make_directory(self, path: str) -> None:
        self._count(path)
        self._do({path}, lambda entries: _add(entries, path, Entry(DIRECTORY)))

    def remove_directory(self, path: str) -> None:
        self._count(path)
        self._do({path}, lambda entries: _remove(entries, path))

    def details(self, path: str) -> Details:
        self._count(path)
        return self.now[path].details

    def set_details(self, path: str, details: Details) -> None:
        self._count(path)
        self._do({path}, lambda entries: _set(entries, path, details))

    def sync_directory(self, path: str) -> None:
        self._count(path)
        wanted: set[str] = set()
        flushed = []
        for touched, change in reversed(self._pending):
            parents = {posixpath.dirname(name) for name in touched}
            if path in touched | parents or (touched | parents) & wanted:
                wanted |= touched | parents - {path}
                flushed.append((touched, change))
        for one in reversed(flushed):
            self._try(one[1], self._disk)
            self._pending.remove(one)

    def write(self, path: str, data: bytes) -> None:
        self._count(path)
        self._do({path}, lambda entries: _add(entries, path, Entry(FILE, data)))

    def read(self, path: str, limit: int) -> bytes:
        self._count(path)
        assert len(self.now[path].content) <= limit
        return self.now[path].content

    def _count(self, path: str) -> None:
        if self.calls == self.stop:
            raise KilledError
        self.calls += 1
        if self.fail is not None and self.fail[0] == self.calls - 1:
            raise OSError(self.fail[1], "planted", path)
        _check_way(self.now, path)

    def _device(self, path: str) -> str:
        return max((device for device in self._devices if path.startswith(device + "/")), key=len, default="/")

    def _do(self, touched: set[str], change: Callable[[dict[str, Entry]], None]) -> None:
        change(self.now)
        self._pending.append((frozenset(touched), change))

    def _try(self, change: Callable[[dict[str, Entry]], None], entries: dict[str, Entry]) -> None:
        try:
            change(entries)
        except (OSError, AssertionError):
            pass  # What it starts from did not reach the disk.


def link(target: str) -> Entry:
    return Entry(LINK, target.encode())


def file(content: str) -> Entry:
    return Entry(FILE, content.encode())


def _names(entries: dict[str, Entry], path: str) -> list[str]:
    assert entries[path].kind == DIRECTORY
    return [name.rpartition("/")[2] for name in entries if posixpath.dirname(name) == path and name != path]


def _check_way(entries: dict[str, Entry], path: str) -> None:
    """Raises OSError where a link is on the way to a path, as the disk's tree does."""
    here, link = path, ""
    while (end := here.rfind("/")) > 0:
        here = here[:end]
        found = entries.get(here)
        if found is not None and found.kind == LINK:
            link = here
    if link:
        raise OSError(errno.ELOOP, "a link", link)


def _check_place(entries: dict[str, Entry], path: str) -> None:
    parent = posixpath.dirname(path)
    if parent not in entries or entries[parent].kind != DIRECTORY:
        raise OSError(errno.ENOENT, "no directory", path)


def _rename(entries: dict[str, Entry], source: str, target: str) -> None:
    _check_place(entries, target)
    if source not in entries:
        raise OSError(errno.ENOENT, "not there", source)
    if target in entries and DIRECTORY in {entries[source].kind, entries[target].kind}:
        raise OSError(errno.EEXIST, "a directory", target)
    for path in [path for path in entries if path == source or path.startswith(source + "/")]:
        entries[target + path.removeprefix(source)] = entries.pop(path)


def _add(entries: dict[str, Entry], path: str, entry: Entry) -> None:
    _check_place(entries, path)
    if path in entries:
        raise OSError(errno.EEXIST, "there already", path)
    entries[path] = entry


def _unlink(entries: dict[str, Entry], path: str) -> None:
    if path not in entries or entries[path].kind == DIRECTORY:
        raise OSError(errno.ENOENT, "not there", path)
    del entries[path]


def _remove(entries: dict[str, Entry], path: str) -> None:
    if path not in entries:
        raise OSError(errno.ENOENT, "not there", path)
    if _names(entries, path):
        raise OSError(errno.ENOTEMPTY, "not empty", path)
    del entries[path]


def _set(entries: dict[str, Entry], path: str, details: Details) -> None:
    if path not in entries:
        raise OSError(errno.ENOENT, "not there", path)
    entries[path] = entries[path]._replace(details=details)
