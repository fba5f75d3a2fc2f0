"""What somebody may put in the place of a file or a directory, and what then shows that it was followed."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Plant = Callable[[Path, Path], None]
    """Takes where to put it, and a directory outside that has what was there before as `kept`."""


class BlockedError(BaseException):
    """A command did not come back. No handler for errors may hide that."""


@contextlib.contextmanager
def deadline(seconds: int) -> Iterator[None]:
    """Interrupts what blocks for longer, with BlockedError."""

    def stop(_signal: int, _frame: object) -> None:
        raise BlockedError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def prepare(outside: Path) -> None:
    """Makes a directory with files that nobody may touch."""
    outside.mkdir()
    (outside / "foreign").write_text("not yours")
    (outside / ("b" * 64)).write_text("named like an object")


def look(directory: Path) -> dict[Path, tuple[object, ...]]:
    """Returns all that is in a directory, so that no change of it escapes: only the count of links may be another."""
    found: dict[Path, tuple[object, ...]] = {}
    for path in (directory, *directory.rglob("*")):
        info = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        found[path] = (info.st_ino, info.st_mode, info.st_size, info.st_mtime_ns, data)
    return found


def _link(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "kept")


def _dangling_link(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "none")


def _link_to_directory(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def _hard_link(path: Path, outside: Path) -> None:
    path.hardlink_to(outside / "foreign")


def _file(path: Path, _outside: Path) -> None:
    path.touch(0o600)


def _fifo(path: Path, _outside: Path) -> None:
    os.mkfifo(path, 0o600)


def _directory(path: Path, _outside: Path) -> None:
    path.mkdir(mode=0o700)


def _device(path: Path, _outside: Path) -> None:
    os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))


HARD_LINK = "hard link to a foreign file"
INSTEAD_OF_FILES: dict[str, Plant] = {
    "link to the very thing": _link,
    "link to nothing": _dangling_link,
    "link to a directory": _link_to_directory,
    HARD_LINK: _hard_link,
    "fifo": _fifo,
    "directory": _directory,
    "device without end": _device,
}
INSTEAD_OF_DIRECTORIES: dict[str, Plant] = {
    "link to the very thing": _link,
    "link to nothing": _dangling_link,
    "fifo": _fifo,
    "file": _file,
}
