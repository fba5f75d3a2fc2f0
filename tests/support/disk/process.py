"""A simulated process: the product's `FileSystem` on a shared simulated disk, stoppable before every call."""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from cortexrepo.disk.filesystem import Info
from support.disk.disk import Directory, File, Holder, fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from support.disk.disk import Disk

T = TypeVar("T")


class Killed(BaseException):
    """The process is dead: nothing that it still runs, such as a `finally`, reaches the disk."""


class Call(NamedTuple):
    """What a process is about to do."""

    process: Process
    name: str
    path: str
    source: str = ""

    @property
    def private(self) -> bool:
        """Whether no other process could notice: the content of a file that has only its temporary name."""
        return self.name in {"write", "sync"} and "/tmp/" in self.path

    def __str__(self) -> str:
        return f"{self.process.name}: {self.name} {self.path}"


class Guide(Protocol):
    """Decides what happens between two calls."""

    def before(self, call: Call) -> None:
        """Returns when the call may happen. May let others run first, look at the disk, or kill the process."""
        ...

    def wait(self, call: Call, free: Callable[[], bool]) -> bool:
        """Lets others run until `free`; False when it never will be."""
        ...


class Free:
    """Nothing happens between two calls, and what is locked stays so."""

    def before(self, call: Call) -> None:
        """See `Guide.before`."""

    def wait(self, call: Call, free: Callable[[], bool]) -> bool:
        """See `Guide.wait`."""
        return False


class Current:
    """The process that runs now; None when none does."""

    process: Process | None = None


@contextlib.contextmanager
def named_by_process() -> Iterator[None]:
    """Has `os.urandom` answer the process that runs: in every run the same, and no two processes alike.

    The one patch of the product in these harnesses. Names of files and ids of snapshots come from there; a schedule or
    a kill is found again only if they are the same again.
    """
    import pytest  # dear, and a traced process does without

    real = os.urandom

    def random(size: int) -> bytes:
        return Current.process.random(size) if Current.process else real(size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", random)
        yield


class Process:
    """One process. What it saw so far, `seen`, says together with its program where it stands."""

    def __init__(self, disk: Disk, name: str = "process", guide: Guide | None = None) -> None:
        self.disk = disk
        self.name = name
        self.guide: Guide = guide or Free()
        self.alive = True
        self.seen = hash(name)
        self._held: dict[int, tuple[str, File, Holder]] = {}
        self._random = 0

    def kill(self) -> None:
        """Ends the process here: its locks are free, and no call of it happens any more."""
        self.alive = False

    def random(self, size: int) -> bytes:
        """Returns bytes that differ between processes and calls, and are the same in every run."""
        self._random += 1
        return hashlib.shake_128(f"{self.name} {self._random}".encode()).digest(size)

    def _note(self, what: object) -> None:
        self.seen = hash((self.seen, what))

    def _do(self, name: str, path: str, action: Callable[[], T], source: str = "") -> T:
        if not self.alive:
            raise Killed
        self.guide.before(Call(self, name, path, source))
        if not self.alive:
            raise Killed
        Current.process = self
        try:
            result = action()
        except OSError as error:
            # As the system says it: the path that was given, whichever part of it is missing.
            error.filename = path
            self._note((name, error.errno))
            raise
        # Nodes are told apart by what was read through them, never by where Python keeps them.
        self._note((name, None if isinstance(result, File | Directory) else result))
        return result

    # -- files

    def write_new(self, path: str, data: bytes) -> None:
        """See `FileSystem.write_new`."""
        self._finish(path, self._create(path), data)

    def write_held(self, path: str, data: bytes) -> int:
        """See `FileSystem.write_held`."""
        file = self._create(path)
        held = self._do("hold", path, lambda: self._take(path, file, exclusive=True))
        self._finish(path, file, data)
        return held

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> int:
        """See `FileSystem.write_pieces`."""
        file = self._create(path)
        held = self._do("hold", path, lambda: self._take(path, file, exclusive=True))
        try:
            for piece in pieces:
                self._do("write", path, functools.partial(self.disk.write, file, file.data + piece))
        except Exception:
            self.release(held)
            self.unlink(path)
            raise
        self._do("sync", path, lambda: self.disk.sync_file(file))
        return held

    def _create(self, path: str) -> File:
        file = File()
        self._do("create", path, lambda: self.disk.add(path, file))
        return file

    def _finish(self, path: str, file: File, data: bytes) -> None:
        self._do("write", path, lambda: self.disk.write(file, bytes(data)))
        self._do("sync", path, lambda: self.disk.sync_file(file))

    def _take(self, path: str, file: File, *, exclusive: bool) -> int:
        holder = Holder(lambda: self.alive, exclusive)
        file.holders.append(holder)
        number = len(self._held)
        self._held[number] = path, file, holder
        return number

    def release(self, held: int) -> None:
        """See `FileSystem.release`."""
        path, file, holder = self._held[held]
        self._do("release", path, lambda: file.holders.remove(holder))

    def abandoned(self, path: str) -> bool:
        """See `FileSystem.abandoned`."""
        return self._do("abandoned", path, lambda: self.disk.file(path).free(exclusive=True))

    def read(self, path: str, limit: int) -> bytes:
        """See `FileSystem.read`."""
        data = self._do("read", path, lambda: self.disk.file(path).data)
        return data if len(data) <= limit else fail(errno.EFBIG, path)

    def read_part(self, path: str, offset: int, size: int) -> bytes:
        """See `FileSystem.read_part`."""
        return self._do("read", path, lambda: self.disk.file(path).data[offset : offset + size])

    def link(self, source: str, target: str) -> None:
        """See `FileSystem.link`."""
        self._do("link", target, lambda: self.disk.add(target, self.disk.file(source)), source)

    def rename(self, source: str, target: str) -> None:
        """See `FileSystem.rename`."""
        self._do("rename", target, lambda: self.disk.move(source, target, replace=True), source)

    def rename_new(self, source: str, target: str) -> None:
        """See `FileSystem.rename_new`."""
        self._do("rename_new", target, lambda: self.disk.move(source, target, replace=False), source)

    def unlink(self, path: str) -> None:
        """See `FileSystem.unlink`."""
        self._do("unlink", path, lambda: self.disk.remove(path))

    # -- directories

    def info(self, path: str) -> Info | None:
        """See `FileSystem.info`."""
        return self._do("info", path, lambda: self._info(path))

    def _info(self, path: str) -> Info | None:
        try:
            node = self.disk.node(path)
        except FileNotFoundError:
            return None
        if isinstance(node, Directory):
            return Info("directory", os.geteuid(), 0o700, node.size)
        return Info("file", os.geteuid(), 0o600, len(node.data))

    def names(self, path: str) -> list[str]:
        """See `FileSystem.names`. One entry at a time: what goes or comes meanwhile may be seen or not."""
        return self._listed(path, self._do("names", path, lambda: self.disk.directory(path)))

    def names_at(self, path: str) -> list[str]:
        """See `FileSystem.names_at`. As `names`, until the directory that was listed is at the path in the end."""
        while True:
            directory = self._do("names", path, lambda: self.disk.directory(path))
            found = self._listed(path, directory)
            if self._do("info", path, functools.partial(self._is_at, path, directory)):
                return found

    def _is_at(self, path: str, directory: Directory) -> bool:
        return self.disk.directory(path) is directory

    def _listed(self, path: str, directory: Directory) -> list[str]:
        entries = directory.entries
        pending = sorted(entries)
        found: list[str] = []
        while pending:
            name = pending.pop(0)
            if name in entries:
                found.append(name)
            self._note((tuple(found), tuple(pending)))
            if pending:
                self._do("next name", path, lambda: None)
            if self.disk.late_names:
                pending = sorted(other for other in entries if other > name)
        return found

    def exchange(self, one: str, other: str) -> None:
        """See `FileSystem.exchange`."""
        self._do("exchange", one, lambda: self.disk.exchange(one, other), other)

    def make_directory(self, path: str) -> None:
        """See `FileSystem.make_directory`."""
        self._do("make_directory", path, lambda: self.disk.add(path, Directory()))

    def remove_directory(self, path: str) -> None:
        """See `FileSystem.remove_directory`."""
        self._do("remove_directory", path, lambda: self.disk.remove(path, directory=True))

    def sync_directory(self, path: str) -> None:
        """See `FileSystem.sync_directory`."""
        self._do("sync_directory", path, lambda: self.disk.sync_directory(path))

    # -- the lock

    @contextlib.contextmanager
    def lock(self, path: str, *, exclusive: bool, timeout: float) -> Iterator[bool]:
        """See `FileSystem.lock`. Others run while it waits; TimeoutError when it may not wait, or would for ever."""
        file = self._do("open", path, lambda: self._open(path))
        while not self._do("flock", path, lambda: file.free(exclusive=exclusive)):
            call = Call(self, "wait", path)
            if timeout <= 0 or not self.guide.wait(call, lambda: file.free(exclusive=exclusive)):
                raise TimeoutError(errno.ETIMEDOUT, f"another holds the lock after {timeout} s", path)
        held = self._take(path, file, exclusive=exclusive)
        try:
            yield True
        finally:
            self.release(held)

    def _open(self, path: str) -> File:
        with contextlib.suppress(FileExistsError):
            self.disk.add(path, File())
        return self.disk.file(path)
