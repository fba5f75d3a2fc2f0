"""Looking for known bytes in everything that was written: files, archives, and what a repository keeps compressed."""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cortexrepo.codec.packed import compression
from cortexrepo.errors import CorruptError
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STREAM = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
"""How streams begin (RFC 1950)."""
_FRAME = b"\x28\xb5\x2f\xfd"
"""How frames begin (RFC 8878)."""
_PIECE = 1 << 12


def hits(places: Sequence[str], words: Sequence[str], but: Sequence[str], since: int) -> list[str]:
    """Returns what below these directories has one of the words in it, as `PATH: WORD`.

    Args:
        places: The directories.
        words: What to look for.
        but: Files that have them rightly; so may every other name of these files.
        since: What was changed before, in nanoseconds since 1970, is not looked at.
    """
    rightly = {(about.st_dev, about.st_ino) for about in map(os.stat, but)}
    wanted = [word.encode() for word in words]
    found = []
    for path in _files(places, rightly, since):
        for name, content in _contents(path):
            found += [f"{name}: {word.decode()}" for word in wanted if word in content]
    return found


def recorded(repository: str, words: Sequence[str]) -> list[str]:
    """Returns the words that are in what a repository has of any snapshot or kept file."""
    kept = Repository.open(repository)
    texts = [repr(one) + repr(kept.inventory(one)) for one in kept.snapshots()]
    texts += map(repr, kept.artifacts.every())
    return [word for word in words if any(word in text for text in texts)]


def _files(places: Sequence[str], rightly: set[tuple[int, int]], since: int) -> Iterator[Path]:
    for place in places:
        for directory, _, names in os.walk(place):
            for name in names:
                path = Path(directory, name)
                about = path.lstat()
                if about.st_ctime_ns < since:
                    continue
                if stat.S_ISREG(about.st_mode) and (about.st_dev, about.st_ino) not in rightly:
                    yield path


def _inflated(data: bytes) -> Iterator[bytes]:
    """Yields what every stream that may begin somewhere in it has: in a record, a stream has no certain place."""
    for begins in _STREAM.finditer(data):
        stream, content = zlib.decompressobj(), b""
        # In small pieces: of a stream that is torn, or is none, there is what came before.
        with suppress(zlib.error):
            for place in range(begins.start(), len(data), _PIECE):
                content += stream.decompress(data[place : place + _PIECE])
                if stream.eof:
                    break
        if content:
            yield content


def _frames(data: bytes) -> Iterator[bytes]:
    """Yields what every frame in it has, as packs and segments have them."""
    for begins in re.finditer(re.escape(_FRAME), data):
        with suppress(CorruptError):
            size, length = compression.measure(data[begins.start() :])
            yield compression.decompress(data[begins.start() : begins.start() + size], length)


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yields the content of a file, of what is packed in it, and what its name is."""
    data = path.read_bytes()
    yield str(path), data + os.fsencode(path)
    yield from ((f"{path}, inflated", content) for content in _inflated(data))
    yield from ((f"{path}, a frame", content) for content in _frames(data))
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from ((f"{path}: {name}", archive.read(name)) for name in archive.namelist())
    if data[:2] == b"\x1f\x8b":
        try:
            yield f"{path}, unpacked", gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return
