"""A disk in memory that several simulated processes share, and that remembers what is not durable yet.

Every directory entry and every file's content stays open, old or new, until it is itself made durable: that is all
that POSIX promises. What a power cut may leave is in `cut_states`; how processes use the disk is in `process`.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


class Holder(NamedTuple):
    """One flock on a file: it lasts as long as its process, whatever ends that."""

    alive: Callable[[], bool]
    exclusive: bool


class File:
    """Content, the contents that a power cut could leave instead, and who holds the file."""

    __slots__ = ("alternatives", "data", "holders")

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.alternatives: tuple[bytes, ...] = ()
        self.holders: list[Holder] = []

    def write(self, data: bytes) -> None:
        """Writes the content: until `sync` a cut leaves nothing, half, zeros where the data should be, or all."""
        self.data = data
        self.alternatives = (b"", data[: len(data) // 2], bytes(len(data)), data)

    def sync(self) -> None:
        """Makes the content durable, and not the names that lead to it."""
        self.alternatives = ()

    def free(self, *, exclusive: bool) -> bool:
        """Returns whether the file can be locked so."""
        self.holders = [holder for holder in self.holders if holder.alive()]
        return not any(exclusive or holder.exclusive for holder in self.holders)


class Version(NamedTuple):
    """What a name stood for from a moment on."""

    moment: int
    node: Node | None


class Directory:
    """Entries, and for each that is not durable the versions that a power cut could leave, the durable one first."""

    __slots__ = ("digest", "entries", "history", "size")

    def __init__(self, size: int = 0) -> None:
        """Starts empty; `size` is how large it has grown, as ext4 would say."""
        self.size = size
        self.digest: tuple[int, int] | None = None
        self.entries: dict[str, Node] = {}
        self.history: dict[str, list[Version]] = {}


Node = File | Directory


class Rename(NamedTuple):
    """A move at one moment: both its ends are there after a power cut, or neither is."""

    moment: int
    source: tuple[Directory, str]
    target: tuple[Directory, str]


class Disk:
    """The tree. Calls are atomic; `changes` counts them, `moment` numbers those that changed a name."""

    def __init__(self, *, atomic_renames: bool = True, late_names: bool = False) -> None:
        """Starts with an empty root.

        Args:
            atomic_renames: Whether a rename survives a power cut as a whole, as on every journaling file system.
            late_names: Whether a listing sees names that came after it began; POSIX leaves that open.
        """
        self.root = Directory()
        self.renames: list[Rename] = []
        self.moment = 0
        self.changes = 0
        self._writes = 0
        self.atomic_renames = atomic_renames
        self.late_names = late_names
        self.promised: frozenset[str] = frozenset()
        """Names of artifacts that a process was told are kept: from then on they must be there, whatever happens."""
        self.acknowledged: frozenset[str] = frozenset()
        """Ids of snapshots that a process was told are made: nobody may be told so of one of them again."""
        self.staying: frozenset[str] = frozenset()
        """Those of them that nobody will delete: they must be there at every instant."""

    # -- finding

    def node(self, path: str) -> Node:
        """Returns what is at `path`."""
        found: Node = self.root
        for part in path.split("/"):
            if part:
                if not isinstance(found, Directory):
                    fail(errno.ENOTDIR, path)
                if part not in found.entries:
                    fail(errno.ENOENT, path)
                found = found.entries[part]
        return found

    def directory(self, path: str) -> Directory:
        """Returns the directory at `path`."""
        found = self.node(path)
        return found if isinstance(found, Directory) else fail(errno.ENOTDIR, path)

    def file(self, path: str) -> File:
        """Returns the file at `path`."""
        found = self.node(path)
        return found if isinstance(found, File) else fail(errno.EISDIR, path)

    def parent(self, path: str) -> tuple[Directory, str]:
        """Returns the directory that a path is in, and its last component."""
        above, _, name = path.rpartition("/")
        try:
            return self.directory(above), name
        except OSError as error:
            fail(error.errno or 0, path)  # a system call names the path that it was given

    # -- changing

    def add(self, path: str, node: Node) -> None:
        """Gives something a free name."""
        directory, name = self.parent(path)
        if name in directory.entries:
            fail(errno.EEXIST, path)
        self.moment += 1
        self._put(directory, name, node)

    def remove(self, path: str, *, directory: bool = False) -> None:
        """Takes the name of a file away, or that of an empty directory."""
        found = self.directory(path) if directory else self.file(path)
        if isinstance(found, Directory) and found.entries:
            fail(errno.ENOTEMPTY, path)
        self.moment += 1
        self._put(*self.parent(path), None)

    def move(self, source: str, target: str, *, replace: bool) -> None:
        """Moves a file onto a name. Two names of one file stay as they are, which is what rename(2) says."""
        file = self.file(source)
        directory, name = self.parent(target)
        there = directory.entries.get(name)
        if there is not None and not replace:
            fail(errno.EEXIST, target)
        if isinstance(there, Directory):
            fail(errno.EISDIR, target)
        if there is file:
            return
        self.moment += 1
        self._put(*self.parent(source), None)
        self._put(directory, name, file)
        if self.atomic_renames:
            self.renames.append(Rename(self.moment, self.parent(source), (directory, name)))

    def exchange(self, one: str, other: str) -> None:
        """Has two directories change places, after a power cut too as a whole or not at all."""
        nodes = self.directory(one), self.directory(other)
        ends = self.parent(one), self.parent(other)
        self.moment += 1
        for end, node in zip(ends, reversed(nodes), strict=True):
            self._put(*end, node)
        self.renames.append(Rename(self.moment, *ends))

    def _put(self, directory: Directory, name: str, node: Node | None) -> None:
        self.changes += 1
        directory.digest = None
        # What is durable so far is from before this moment, and after every earlier rename.
        before = Version(self.moment - 1, directory.entries.get(name))
        directory.history.setdefault(name, [before]).append(Version(self.moment, node))
        if node is None:
            del directory.entries[name]
        else:
            directory.entries[name] = node

    def write(self, file: File, data: bytes) -> None:
        """Writes a file's content."""
        self.changes += 1
        self._writes += 1
        file.write(data)

    def sync_file(self, file: File) -> None:
        """Makes a file's content durable."""
        self.changes += 1
        file.sync()

    def sync_directory(self, path: str) -> None:
        """Makes the names in a directory durable, and with a rename its other end."""
        directory = self.directory(path)
        self.changes += 1
        directory.history.clear()
        self.renames = [
            rename
            for rename in self.renames
            if rename.source[1] in rename.source[0].history or rename.target[1] in rename.target[0].history
        ]

    # -- comparing

    def fingerprint(self) -> int:
        """Returns a number that is the same for two disks with the same names and contents."""
        return hash((self._fingerprint(self.root), self.promised, self.acknowledged))

    def _fingerprint(self, node: Node) -> int:
        if isinstance(node, File):
            return hash(node.data)
        if node.digest and node.digest[0] == self._writes:
            return node.digest[1]
        digest = hash(frozenset((name, self._fingerprint(child)) for name, child in node.entries.items()))
        if not any(isinstance(child, Directory) for child in node.entries.values()):
            node.digest = self._writes, digest
        return digest


def fail(number: int, path: str) -> NoReturn:
    """Raises the OSError of that number."""
    raise OSError(number, errno.errorcode[number], path)
