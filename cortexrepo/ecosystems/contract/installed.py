"""How an ecosystem tells whether installed files are what their packages brought, and the reading that it needs."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cortexrepo.machine.descriptors import GONE
from cortexrepo.model.installed import CHANGED, COMPARED, MISSING, PRESENT, UNSEEN, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.model.package import Package

_PIECE = 1 << 20
_SENSELESS = frozenset({errno.EINVAL, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.ENAMETOOLONG})
"""What opening says of something that is no regular file, as against one that may not be read."""
CONTENT = "the content differs"
IS_LINK = "a link is in the place of the file"
GONE_FILE = "the file is missing"
NO_FILE = "it is not a regular file"


class Asked(NamedTuple):
    """What a look is about.

    Attributes:
        environment: The path that identifies the environment; empty where there is one for the machine.
        facts: The environment's facts, as in `Reading`.
        rows: Every package that is installed in it.
        chosen: The numbers of the rows that are meant.
    """

    environment: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[Package, ...]
    chosen: frozenset[int]

    def fact(self, key: str) -> str:
        """Returns the value of a fact, or an empty string."""
        return next((value for name, value in self.facts if name == key), "")


class Inspector(Protocol):
    """The facet `installed.look`: a module of these functions. They start no program and write nothing.

    A file that the packages of a machine may each bring is a file of the one that has it at present: a file that was
    taken over is right as long as the package that took it over is there, and has it.

    The environment may be another user's: then they are called in a process that has become this user for good. What
    the system raises for a file becomes a finding, `UNSEEN` where it cannot be read.
    """

    def look(self, asked: Asked, system: Files) -> Iterator[Finding]:
        """Yields what is found of the files of the chosen packages, with their content."""
        ...

    def lost(self, asked: Asked, system: Files) -> Iterator[Finding]:
        """Yields the files of packages that are not chosen which are missing, or nobody's any more.

        It is for comparing before and after a change of the chosen packages, and may pass over content: it is quick.
        """
        ...

    def held(self, asked: Asked, system: Files) -> Iterator[Finding]:
        """Yields, as `TAKEN`, the files of packages that are not chosen which they lose when the chosen ones go."""
        ...

    def booked(self, asked: Asked, system: Files) -> Iterator[Finding]:
        """Yields, as `RECORD`, in what a whole environment is not as another program says that keeps a book of it."""
        ...


class Seen(NamedTuple):
    """What was found of one file, and what its digest is, where it was read."""

    kind: str
    reason: str = ""
    digest: bytes = b""


_PRESENT = Seen(PRESENT)


def compared(system: Files, path: str, algorithm: str, digest: bytes, size: int | None = None) -> Seen:
    """Returns whether the file at `path` has a digest. Any file takes the same memory.

    Args:
        system: The machine.
        path: The file; links on the way are followed, one in its place is wrong.
        algorithm: The name of the digest, as `hashlib` has it.
        digest: What it must be.
        size: How long the file must be, if that is known.
    """
    try:
        if system.readlink(path) is not None:
            return Seen(CHANGED, IS_LINK)
        found = _digest(system, path, algorithm, size)
    except GONE:
        return Seen(MISSING, GONE_FILE)
    except OSError as error:
        if error.errno in _SENSELESS:
            return Seen(CHANGED, NO_FILE)
        return Seen(UNSEEN, f"the file cannot be read: {error.strerror or error}")
    return Seen(COMPARED, "", digest) if found == digest else Seen(CHANGED, CONTENT, found)


def _digest(system: Files, path: str, algorithm: str, size: int | None) -> bytes:
    """Returns the digest of a regular file; empty where it has another length. Raises OSError and ValueError."""
    with os.fdopen(system.open_file(path), "rb", buffering=0) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, NO_FILE, path)
        if size is not None and about.st_size != size:
            return b""
        found = hashlib.new(algorithm, usedforsecurity=False)
        while piece := file.read(_PIECE):
            found.update(piece)
            system.pause()
        return found.digest()


def there(system: Files, path: str) -> Seen:
    """Returns whether anything is at `path`: a link counts wherever it leads."""
    try:
        if system.readlink(path) is not None or system.exists(path):
            return _PRESENT
    except OSError as error:
        # Somebody else could change what is there: so something is.
        if error.filename == path and getattr(error, "holder", None) is not None:
            return _PRESENT
        return Seen(UNSEEN, f"it cannot be looked at: {error.strerror or error}")
    return Seen(MISSING, GONE_FILE)


class Listings:
    """What is there of many files in few directories: each directory is read once.

    A name that a directory had when it was read is there. Every other file is asked for by itself, also one in a
    directory that cannot be read.
    """

    def __init__(self, system: Files) -> None:
        """Takes the machine."""
        self._system = system
        self._names: dict[str, frozenset[str]] = {}

    def there(self, path: str) -> Seen:
        """Returns whether anything is at `path`, as the function of this name does."""
        folder, _, name = path.rpartition("/")
        names = self._names.get(folder)
        if names is None:
            names = self._names[folder] = self._read(folder)
        return _PRESENT if name in names else there(self._system, path)

    def _read(self, folder: str) -> frozenset[str]:
        try:
            return frozenset(entry.name for entry in self._system.entries(folder or "/"))
        except OSError:
            return frozenset()


class Tally:
    """The files of one package of which nothing but a number is told."""

    def __init__(self, row: int) -> None:
        """Takes the number of the package."""
        self._row = row
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, kind: str, reason: str = "", count: int = 1) -> None:
        """Counts files."""
        self._counts[kind, reason] = self._counts.get((kind, reason), 0) + count

    def findings(self) -> Iterator[Finding]:
        """Yields one finding for each kind and reason."""
        for (kind, reason), count in self._counts.items():
            if count:
                yield Finding(kind, self._row, "", reason, count)
