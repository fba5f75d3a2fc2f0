"""Lines that were drawn before, kept in the user's cache directory: a mere cache, which may be lost at any time.

It is used where nobody else could have written it, and nowhere else: the directory and the file belong to this user and
cannot be written by others; for root, the same is true of every directory on the way. Nothing but such files is ever
removed. Nothing waits for it, and nothing that goes wrong with it is an error.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec.hashing import DIGEST, checksum
from cortexrepo.disk import places
from cortexrepo.disk.filesystem import open_regular
from cortexrepo.formats.text.overview import VERSION, Widths

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAGIC = b"\x89CXL\x01"
_WIDTHS = 6 * 4
_HEAD = len(_MAGIC) + 2 * DIGEST + _WIDTHS
LARGEST = 1 << 25
"""More bytes are not kept."""
_FILES = 4
"""So many files are kept, of as many repositories: those that were written last."""
_DIRECTORY = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_NAME = re.compile(r"\.[0-9a-f]{16}|[0-9a-f]{32}")
"""The names of files that are begun, and of those that are kept: a directory may hold other files."""
_FOREIGN = stat.S_IWGRP | stat.S_IWOTH


class Drawn(NamedTuple):
    """Lines, the widths that they need themselves, and those that they were drawn with."""

    needed: Widths
    widths: Widths
    text: bytes | memoryview


def place(environment: Mapping[str, str], user: int) -> str | None:
    """Returns the directory for what is drawn, or None where there is to be none.

    That is `$CORTEX_CACHE`, none where it is empty, else the user's own for what may be lost.
    """
    told = environment.get("CORTEX_CACHE")
    if told is not None:
        return told if os.path.isabs(told) else None
    found = places.directory(places.CACHE, environment, user, environment.get("HOME", ""))
    return found if os.path.isabs(found) else None


def key(description: bytes, zone: bytes, *, unicode: bool) -> bytes:
    """Returns a digest over all that lines follow from: the snapshots, the time zone, and how they are drawn."""
    import sys

    from cortexrepo.version import __version__

    how = f"{VERSION} {__version__} {sys.hexversion} {unicode}".encode()
    return checksum(b"".join((len(part).to_bytes(8, "big") + part) for part in (description, zone, how)))


def recall(directory: str, name: str, wanted: bytes) -> Drawn | None:
    """Returns what was kept under a name, if it is what is wanted and whole; else None."""
    try:
        data = _read(directory, name) if _is_safe(directory) else b""
    except OSError:
        return None
    start, end = len(_MAGIC), len(_MAGIC) + DIGEST
    if data[:start] != _MAGIC or data[start:end] != wanted or len(data) < _HEAD:
        return None
    # Views: the lines are some megabytes, and each copy would cost more than to check them.
    rest = memoryview(data)[end + DIGEST :]
    if checksum(rest) != data[end : end + DIGEST]:
        return None
    numbers = [int.from_bytes(rest[at : at + 4], "big", signed=True) for at in range(0, _WIDTHS, 4)]
    return Drawn(Widths(*numbers[:3]), Widths(*numbers[3:]), rest[_WIDTHS:])


def keep(directory: str, name: str, wanted: bytes, drawn: Drawn) -> None:
    """Keeps lines in place of those of that name, at one instant, and removes the oldest beyond `_FILES`; never raises.

    Nothing is synced: what a power cut leaves of it is whole, or recognised.
    """
    if len(drawn.text) > LARGEST or not _is_safe(directory):
        return
    rest = b"".join(number.to_bytes(4, "big", signed=True) for number in (*drawn.needed, *drawn.widths))
    rest += drawn.text
    try:
        os.makedirs(os.path.dirname(directory), 0o700, exist_ok=True)
        try:
            os.mkdir(directory, 0o700)
        except FileExistsError:
            pass
        _write(directory, name, b"".join((_MAGIC, wanted, checksum(rest), rest)))
    except OSError:
        return


def _is_safe(directory: str) -> bool:
    """Returns whether root may use a directory: no other user could replace it, or a directory above it."""
    if os.geteuid() != 0:
        return True
    from cortexrepo.rights.ways import others

    return not others(directory)


def _opened(directory: str) -> int:
    """Opens the directory; OSError where it is a link, or another user can write in it."""
    found = os.open(directory, _DIRECTORY)
    if _is_own(os.fstat(found)):
        return found
    os.close(found)
    raise PermissionError


def _is_own(info: os.stat_result) -> bool:
    return info.st_uid == os.geteuid() and not info.st_mode & _FOREIGN


def _read(directory: str, name: str) -> bytes:
    there = _opened(directory)
    try:
        found, info = open_regular(name, place=there)
    finally:
        os.close(there)
    with open(found, "rb", buffering=0) as file:
        if not _is_own(info) or info.st_size > LARGEST + _HEAD:
            raise PermissionError
        return file.read()


def _write(directory: str, name: str, data: bytes) -> None:
    there = _opened(directory)
    temporary = f".{os.urandom(8).hex()}"
    try:
        with open(os.open(temporary, _NEW, 0o600, dir_fd=there), "wb", buffering=0) as file:
            done = file.write(data) == len(data)
        if done:
            os.rename(temporary, name, src_dir_fd=there, dst_dir_fd=there)  # noqa: TID251 -- replaces a cache
        # What could not be written whole, too.
        _clean(there, name)
    finally:
        os.close(there)


def _clean(there: int, name: str) -> None:
    """Removes what is too much, and what writers that died have left."""
    ours = filter(_NAME.fullmatch, os.listdir(there))
    ages = {other: os.stat(other, dir_fd=there, follow_symlinks=False).st_mtime_ns for other in ours}
    ages.pop(name, None)
    newest = sorted((other for other in ages if not other.startswith(".")), key=ages.__getitem__, reverse=True)
    for other in ages.keys() - set(newest[: _FILES - 1]):
        os.unlink(other, dir_fd=there)
