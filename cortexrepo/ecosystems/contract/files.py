"""How an ecosystem comes by the files of its packages: what it is asked, and what it answers."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cortexrepo.disk.filesystem import open_regular
from cortexrepo.errors import CollectError
from cortexrepo.model.artifact import SEVERAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.machine.live_files import LiveSystem
    from cortexrepo.machine.programs import Finished
    from cortexrepo.machine.rooted_files import RootedSystem
    from cortexrepo.machine.walked_files import WalkedSystem
    from cortexrepo.model.package import Package

    Files = LiveSystem | RootedSystem | WalkedSystem
    """A machine's files, each of which can be opened and read in pieces."""


_PIECE = 1 << 20


class Wanted(NamedTuple):
    """A package whose file is looked for, and the environment that it is installed in; fields as in `Reading`."""

    environment: str
    facts: tuple[tuple[str, str], ...]
    package: Package

    def fact(self, key: str) -> str:
        """Returns the value of a fact, or an empty string."""
        return next((value for name, value in self.facts if name == key), "")


class File(NamedTuple):
    """A package's file. Nobody else can change it.

    Attributes:
        name: Its own name.
        origin: One of `ORIGINS`.
        pieces: Begins to read it.
        made_of: Paths of the files on the machine that it was made of; none for one from a source.
    """

    name: str
    origin: str
    pieces: Callable[[], Iterator[bytes]]
    made_of: tuple[str, ...] = ()


Answer = tuple[Wanted, File | str]
"""A package with its file, or with why it is not available. The file can be read until the next answer is taken."""


class Target(Protocol):
    """Where a file is written: a new file, or a pipe to the process that writes it. It is empty, and can be sought."""

    def write(self, data: bytes, /) -> int:
        """Writes all of this, and returns how much that is; raises OSError."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Goes to a place, and returns it."""
        ...

    def tell(self) -> int:
        """Returns the place."""
        ...

    def flush(self) -> None:
        """Passes everything on."""
        ...


class Made(NamedTuple):
    """What was written.

    Attributes:
        name: The file's own name.
        origin: `CACHE` or `INSTALLED`.
        made_of: Paths of the files that it was made of.
    """

    name: str
    origin: str
    made_of: tuple[str, ...]


class Whose(Protocol):
    """Says whose things on a machine are: a holder as in `Artifact`, never empty."""

    def environment(self, ecosystem: str, path: str) -> str:
        """Returns who can change an environment of an ecosystem, or the programs that are run for it."""
        ...

    def paths(self, paths: Iterable[str]) -> str:
        """Returns who can change any of these."""
        ...


class Nobodys:
    """Says of everything that several people can change it: so it is for an image, which somebody else has made."""

    def environment(self, ecosystem: str, path: str) -> str:  # noqa: ARG002 -- the same for all
        """See `Whose.environment`."""
        return SEVERAL

    def paths(self, paths: Iterable[str]) -> str:  # noqa: ARG002 -- the same for all
        """See `Whose.paths`."""
        return SEVERAL


class Place(NamedTuple):
    """Where files are looked for: the machine's files, what programs are started with, and whose everything is."""

    system: Files
    room: Room
    whose: Whose = Nobodys()


class Provider(Protocol):
    """How one ecosystem comes by files: the module `files` of its folder. One with several environments is a `Maker`.

    What a file installs is looked up in the file itself: a package of another name or version is none.
    """

    def local(self, wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
        """Yields an answer for each, from what is on the machine. Starts no program."""
        ...

    def source(self, wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
        """Yields an answer for each, from the sources that the package manager is configured with."""
        ...


class Maker(Protocol):
    """How files are made from the environments of an ecosystem that may have several on a machine: of the same module.

    The environment may be another user's: then `make` is called in a process that has become this user for good, which
    loads no module and writes no file; and `fault` in one that is nobody.
    """

    def make(self, one: Wanted, place: Place, target: Target) -> Made:
        """Writes the file of a package to `target`, from what is on the machine; raises CollectError saying why not.

        Starts no program, and uses no more of the place than its system, and whose everything is. After an error, what
        was written means nothing.
        """
        ...

    def fault(self, one: Wanted, name: str, path: str) -> str:
        """Returns why the file at `path`, of that name, is not the package's; an empty string where it is."""
        ...


def made_here(maker: Maker, wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """Yields an answer for each, as `Provider.local` does: made by this process, in the staging directory."""
    path = f"{place.room.staging}/made"
    for one in wanted:
        try:
            with open(path, "xb") as target:
                made = maker.make(one, place, target)
        except CollectError as error:
            yield one, str(error)
        else:
            yield from finished(one, made, path, maker.fault(one, made.name, path))
        finally:
            if os.path.lexists(path):
                os.unlink(path)


def finished(one: Wanted, made: Made, path: str, wrong: str) -> Iterator[Answer]:
    """Yields the file at `path`, or why it is not the package's."""
    if wrong:
        yield one, f"{made.name}: {wrong}"
        return
    descriptor = opened(path)
    try:
        yield one, File(made.name, made.origin, partial(pieces_of, descriptor, path), made.made_of)
    finally:
        os.close(descriptor)


def opened(path: str) -> int:
    """Opens a regular file that a program has left, no link followed; raises OSError."""
    return open_regular(path)[0]


def complaint(ended: Finished, said: Sequence[str]) -> str:
    """Returns the first thing that a program said where it failed, else its exit code; an empty string: it did not."""
    return (said[0] if said else f"exit code {ended.code}")[:200] if ended.code else ""


def pieces_of(descriptor: int, path: str) -> Iterator[bytes]:
    """Yields what an open file holds; raises CollectError naming `path`."""
    offset = 0
    while True:
        try:
            piece = os.pread(descriptor, _PIECE, offset)
        except OSError as error:
            raise CollectError(f"{path}: {error.strerror}") from error
        if not piece:
            return
        yield piece
        offset += len(piece)
