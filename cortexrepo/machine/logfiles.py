"""Log files as logrotate and its like leave them, read from the oldest on, in bounded memory.

`NAME`, `NAME.1`, `NAME.2.gz`, `NAME-20261001.zst`, `NAME-2026-10`, and with the number or the date before the ending:
`dpkg.1.log`, `dpkg-20261001.log.gz` (logrotate.conf(5): dateext, dateformat, extension, compressext).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cortexrepo.machine import lognames, unpacking
from cortexrepo.machine.files import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from cortexrepo.machine.files import System

    class Machine(System, Protocol):
        """A machine whose files can be read in parts."""

        def open_file(self, path: str) -> int:
            """See `FileSystemReader.open_file`."""
            ...


LINE_LIMIT = 1 << 20
"""No line may be longer, in bytes."""
_STEP = 1 << 16
_HEAD = 1 << 12
"""The first line's date is looked for in so many bytes."""


class Rotated(NamedTuple):
    """One file of a log: where it is, and whether it is the one that is written now."""

    path: str
    is_current: bool = False


class Lost(NamedTuple):
    """A place in a log where lines are missing, and why; `path` is empty where a whole file is not there."""

    path: str
    reason: str


class Log(NamedTuple):
    """The files of a log.

    Attributes:
        files: From the oldest to the one that is written now, with a `Lost` where one of them must have been.
        passed: Files beside it that may belong to it: their names do not say where. They are not read.
    """

    files: tuple[Rotated | Lost, ...]
    passed: tuple[Lost, ...] = ()


Piece = bytes | Lost


def rotated(system: Machine, path: str) -> Log:
    """Returns the files of the log at `path`.

    Those with a number are in its order, those with a date in the order of their first lines. Of a file that is there
    twice, because it was being compressed, the one that is not compressed counts. Raises OSError where the directory
    cannot be read.
    """
    directory, _, name = path.rpartition("/")
    names = [entry.name for entry in system.entries(directory) if entry.kind != "directory"]
    known, strange = lognames.sorted_out(names, name)
    begins = {one.name: _begin(system, f"{directory}/{one.name}") for one in known}
    files: list[Rotated | Lost] = []
    for one in lognames.in_order(known, begins):
        if isinstance(one, int):
            files.append(Lost("", f"{lognames.numbered(path, known, one)} is missing"))
        else:
            files.append(Rotated(f"{directory}/{one.name}", is_current=one.name == name))
    if files and files[-1] != Rotated(path, is_current=True):
        files.append(Lost("", f"{path} is missing"))
    reason = "the file's name does not say which part of the log it is"
    return Log(tuple(files), tuple(Lost(f"{directory}/{one}", reason) for one in strange))


def lines(system: Machine, file: Rotated, limit: int = LIMIT) -> Iterator[Piece]:
    """Yields every line of a file without its end, and a `Lost` wherever some are missing; never raises.

    Of a file beyond `limit` bytes the last ones are read, if it is not compressed. A last line without an end is lost;
    in the file that is written now it is passed over, for it may be being written.
    """
    try:
        yield from _split(_blocks(system, file, limit), file)
    except Exception as error:  # noqa: BLE001 -- each kind of compression has an error of its own
        yield Lost(file.path, unpacking.reason(error))


def _begin(system: Machine, path: str) -> str:
    """Returns the first date and time in a file as it is written there; empty where none can be read."""
    try:
        with os.fdopen(system.open_file(path), "rb") as raw:
            return lognames.moment(unpacking.opened(raw, packed=lognames.is_packed(path)).read(_HEAD))
    except Exception:  # noqa: BLE001 -- who reads the file says why it cannot be read
        return ""


def _blocks(system: Machine, file: Rotated, limit: int) -> Iterator[bytes | Lost]:
    """Yields the content of a file in blocks, of at most `limit` bytes altogether; raises what reading raises."""
    with os.fdopen(system.open_file(file.path), "rb") as raw:
        content = unpacking.opened(raw, packed=lognames.is_packed(file.path))
        is_packed = content is not raw
        size = os.fstat(raw.fileno()).st_size
        if not is_packed and size > limit:
            raw.seek(size - limit)
            raw.readline(LINE_LIMIT)
            yield Lost(file.path, f"the file is larger than {limit} bytes: only its end was read")
        left = limit
        while block := content.read(_STEP):
            left -= len(block)
            if left < 0 and is_packed:
                yield Lost(file.path, f"the file is larger than {limit} bytes")
                return
            yield block


def _split(blocks: Iterator[Piece], file: Rotated) -> Iterator[Piece]:
    rest = b""
    for block in blocks:
        if isinstance(block, Lost):
            rest = b""
            yield block
            continue
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
        if len(rest) > LINE_LIMIT:
            yield Lost(file.path, "the file has a line without an end")
            rest = b""
    if rest and not file.is_current:
        yield Lost(file.path, "the file is cut off in its last line")
