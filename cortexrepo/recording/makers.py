"""Files of packages for root: made from a user's environments by a process that has become this user for good.

One process for each user, for all files that are wanted of this user's environments. It sends them; they are written
into root's private directory, looked into by a process that is nobody, and only then kept, as this user's. What is
root's alone is read by root's own process, which refuses everything else.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.files import Made, Nobodys, Place, finished
from cortexrepo.errors import CollectError, CorruptError
from cortexrepo.machine import children
from cortexrepo.machine.holders import ANYBODY, ForeignError
from cortexrepo.machine.stream import StoppedError, Stream
from cortexrepo.machine.whose.domains import Domains
from cortexrepo.model.artifact import ROOT, SEVERAL
from cortexrepo.recording.collecting import machine_at, view_of
from cortexrepo.recording.ground import person_of
from cortexrepo.recording.making import AGAIN, SECONDS, Ours, Word, Work, Write, heard
from cortexrepo.recording.realms import Realms
from cortexrepo.rights.person import Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.contract.files import Answer, Wanted
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.inventory import Reading
    from cortexrepo.recording.making import Row

WAIT = 300.0
"""So long one user's process is waited for, and its files are looked into, in seconds: storing them does not count."""
MOST = 8 << 30
"""So many bytes one user's files have in one command."""
_AT_ONCE = 16
_TOGETHER = 256 << 20
"""So many files, or bytes of files, are looked into by one process."""
_LOOK = 60
_OVER = 10
"""So many seconds of processor time more end a process that does not end by itself."""
_NOBODY = Person(ANYBODY, ANYBODY)


@contextmanager
def opened(root: str, room: Room) -> Iterator[tuple[Place, Makers | None]]:
    """Yields where files are looked for, and for root who makes those of other users; RequestError is `collect`'s.

    Args:
        root: The root directory of the machine.
        room: What programs are started with, and a private directory.
    """
    view = view_of(root)
    try:
        whose = Domains(registry.reached) if view.plain.live else Nobodys()
        if isinstance(view, Realms):
            yield Place(view.guarded, room, whose), Makers(view)
        else:
            yield Place(machine_at(root), room, whose), None
    finally:
        view.close()


class Makers:
    """See `keeping.Makers`."""

    def __init__(self, realms: Realms) -> None:
        """Takes the machine."""
        self._realms = realms

    def user(self, reading: Reading, holder: str) -> int | None:
        """See `keeping.Makers.user`."""
        if registry.programs(reading.ecosystem) is None:
            raise CollectError(f"root reads nothing of the environment: {registry.unknown(reading.ecosystem)}")
        if self._realms.live:
            found = {ROOT: None, SEVERAL: ANYBODY}[holder] if holder in {ROOT, SEVERAL} else int(holder)
        else:
            found = self._in_image(reading)
        if found == ANYBODY:
            raise CollectError("several people can change the environment, and root reads nothing of it")
        return found

    def _in_image(self, reading: Reading) -> int | None:
        """Returns the number of the user, as the image has it, who could change an environment of it."""
        place, programs = reading.environment, registry.programs(reading.ecosystem)
        assert programs is not None
        try:
            for path in (place, *programs.packages(place, dict(reading.facts))):
                self._realms.system.is_directory(path)
        except ForeignError as error:
            return error.holder
        except OSError as error:
            raise CollectError(f"{place}: {error.strerror}") from error
        return None

    def made(self, user: int, holder: str, rows: Sequence[Row], place: Place) -> Iterator[tuple[int, Answer]]:
        """See `keeping.Makers.made`."""
        machine = self._realms.ground((user,))
        whose = Ours(holder, Domains(registry.reached, user) if machine.live else Nobodys())
        work = Work(machine.root, machine.live, user, self._realms.homes_of(user), whose, place.room, rows)
        who = person_of(machine, user, rows[0].wanted[0].environment)
        _load()
        job = children.Job(who, work.do, (machine.root,), children.Limits(processor=SECONDS + _OVER))
        stream = Stream(job, seconds=WAIT, most=MOST)
        return _Received(rows, place.room.staging).answers(stream, user)


def _load() -> None:
    """Loads what a maker may need later: the files of Python may be closed to the user that it becomes."""
    import configparser
    import grp
    import json
    import pwd  # noqa: F401

    from cortexrepo.model import enumeration  # noqa: F401

    assert configparser is not None
    assert grp is not None
    assert json is not None


class _File(NamedTuple):
    """A file that has come, and was not looked into yet."""

    row: int
    one: Wanted
    made: Made
    path: str
    size: int


class _Received:
    """What one user's process sends, written to files, and believed only after a look."""

    def __init__(self, rows: Sequence[Row], directory: str) -> None:
        self._rows = rows
        self._directory = directory
        self._files: list[_File] = []
        self._next = (0, 0)

    def answers(self, stream: Stream, user: int) -> Iterator[tuple[int, Answer]]:
        """Yields an answer for each word, and for each row of which there was none."""
        reason = ""
        try:
            with stream:
                for word, path, size in self._words(stream):
                    yield from self._said(word, path, size)
                    if len(self._files) >= _AT_ONCE or sum(one.size for one in self._files) > _TOGETHER:
                        yield from self._looked_into(stream)
        except (StoppedError, CorruptError) as error:
            reason = f"the files of the user {user} were not read to the end: {error}; {AGAIN}"
        yield from self._looked_into(stream)
        for row in range(self._next[0], len(self._rows)):
            yield row, (self._rows[row].wanted[0], reason or "the user's process does not speak of the package")

    def _words(self, stream: Stream) -> Iterator[tuple[Word, str, int]]:
        """Yields each word, with the path and the size of the file that was written before; raises what ends it."""
        pieces = stream.pieces()
        for number in range(1 << 30):
            path = f"{self._directory}/received-{number}"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                word = _written(pieces, descriptor)
                size = os.fstat(descriptor).st_size
                os.fchmod(descriptor, 0o444)  # nobody looks into it; the directory is closed to everybody
            except BaseException:
                os.unlink(path)
                raise
            finally:
                os.close(descriptor)
            if word is None:
                os.unlink(path)
                return
            yield word, path, size

    def _said(self, word: Word, path: str, size: int) -> Iterator[tuple[int, Answer]]:
        """Notes a file, or yields why there is none; raises CorruptError for a word on what was not asked for next."""
        row, environment = self._next
        if (word.row, word.environment) != (row, environment) or row >= len(self._rows):
            os.unlink(path)
            raise CorruptError("the answer is damaged: it speaks of another file")
        wanted = self._rows[row].wanted
        is_last = not word.reason or environment + 1 == len(wanted)
        self._next = (row + 1, 0) if is_last else (row, environment + 1)
        if word.reason:
            os.unlink(path)
            yield row, (wanted[environment], word.reason)
        else:
            made = Made(word.name, word.origin, ())
            self._files.append(_File(row, wanted[environment], made, path, size))

    def _looked_into(self, stream: Stream) -> Iterator[tuple[int, Answer]]:
        """Yields the files that have come, each if it is of the package."""
        before = time.monotonic()
        faults = _faults([(self._rows[one.row].ecosystem, one) for one in self._files])
        stream.spend(time.monotonic() - before)
        try:
            for one, fault in zip(self._files, faults, strict=True):
                for answer in finished(one.one, one.made, one.path, fault):
                    yield one.row, answer
        finally:
            for one in self._files:
                os.unlink(one.path)
            self._files.clear()


def _written(pieces: Iterator[bytes], descriptor: int) -> Word | None:
    """Writes a file, and returns the word on it; None where there are no more. Raises CorruptError."""
    sent = 0
    for piece in pieces:
        found = heard(piece)
        if isinstance(found, Word):
            if os.fstat(descriptor).st_size > sent:
                raise CorruptError("the answer is damaged: the file has holes")
            return found
        assert isinstance(found, Write)
        os.pwrite(descriptor, found.data, found.offset)
        sent += len(found.data)
    return None


def _faults(files: Sequence[tuple[str, _File]]) -> list[str]:
    """Returns for each file why it is not the package's, as one process found that is nobody and has limits."""
    if not files:
        return []
    descriptors = [os.open(one.path, os.O_RDONLY | os.O_CLOEXEC) for _, one in files]

    def look(say: children.Say) -> None:
        for (ecosystem, one), descriptor in zip(files, descriptors, strict=True):
            say(b"=" + _fault(ecosystem, one, f"/proc/self/fd/{descriptor}").encode("utf-8", "backslashreplace"))

    try:
        limits = children.Limits(clock=_LOOK, processor=_LOOK)
        [answer] = children.ask([children.Job(_NOBODY, look, tuple(descriptors), limits)])
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    found = [piece[1:].decode("utf-8", "replace") for piece in answer.pieces]
    return [*found, *[f"the file could not be looked into: {answer.failure}"] * (len(files) - len(found))]


def _fault(ecosystem: str, one: _File, path: str) -> str:
    maker = registry.maker(ecosystem)
    assert maker is not None
    try:
        return maker.fault(one.one, one.made.name, path)
    except Exception as error:  # noqa: BLE001 -- whatever its bytes do to a decoder, it is not the package's file
        return f"the file cannot be read: {type(error).__name__}"
