"""How an ecosystem comes by the files of its packages: what it is asked, and what it answers."""

from __future__ import annotations

import os
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
    from cortexrepo.model.package import Package

    Files = LiveSystem | RootedSystem
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


class Whose(Protocol):
    """Says whose things on a machine are: a holder as in `Artifact`, never empty."""

    def environment(self, path: str) -> str:
        """Returns who can change an environment, or the programs that are run for it."""
        ...

    def paths(self, paths: Iterable[str]) -> str:
        """Returns who can change any of these."""
        ...


class Nobodys:
    """Says of everything that several people can change it: so it is for an image, which somebody else has made."""

    def environment(self, path: str) -> str:  # noqa: ARG002 -- the same for all
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
    """How one ecosystem comes by files: the module `files` of its folder.

    What a file installs is looked up in the file itself: a package of another name or version is none.
    """

    def local(self, wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
        """Yields an answer for each, from what is on the machine. Starts no program."""
        ...

    def source(self, wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
        """Yields an answer for each, from the sources that the package manager is configured with."""
        ...


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
