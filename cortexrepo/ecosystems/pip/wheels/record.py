"""RECORD: the list of files that an installed distribution has, with their digests."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIMIT = 1 << 28
ALGORITHMS = frozenset({"sha256", "sha384", "sha512", "sha224", "blake2b", "blake2s"})
"""Those whose digests a line may have."""
_COLUMNS = 3
_IN_WHEEL = re.compile(r"[^/]+-[^/-]+\.data/(?P<folder>[^/]+)/(?P<rest>.+)\Z", re.DOTALL)
_SITE = frozenset({"purelib", "platlib"})
_DATA = "data"


class Entry(NamedTuple):
    """One line: a path, as it is written; a digest such as `sha256=...`, and a size, both empty for what has none."""

    path: str
    digest: str = ""
    size: str = ""


def read(path: str) -> list[Entry]:
    """Returns the lines of a RECORD; OSError: it cannot be read; RestoreError: it makes no sense."""
    with open(path, "rb") as file:
        data = file.read(_LIMIT + 1)
    try:
        return decode(data)
    except ValueError as error:
        raise RestoreError(f"{path} is damaged: {error}") from error


def decode(data: bytes) -> list[Entry]:
    """Returns the lines of a RECORD; ValueError: it makes no sense.

    `installer.records` would read a backslash in a path as a slash, which is another file, take a quote that nothing
    closes, and refuse a line that has only a path.
    """
    if len(data) > _LIMIT:
        raise ValueError("RECORD is too large")
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    try:
        rows = [row for row in csv.reader(text.splitlines(), strict=True) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if not all(row[0] for row in rows):
        raise ValueError("RECORD contains an empty path")
    if any("\0" in row[0] for row in rows):
        raise ValueError("RECORD contains a path with a zero byte")
    return [Entry(*[*row, "", ""][:_COLUMNS]) for row in rows]


def encode(entries: Iterable[Entry], *, line_end: str) -> bytes:
    """Returns a RECORD with these lines, sorted as pip sorts them, each path once."""
    unique = {entry.path: entry for entry in entries}
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows(sorted(unique.values()))
    return text.getvalue().encode("utf-8", "surrogateescape")


def entry_of(path: str, content: bytes) -> Entry:
    """Returns the line for a file with this content."""
    return Entry(path, "sha256=" + encoded(hashlib.sha256(content).digest()), str(len(content)))


def unpacked(path: str, prefix: str) -> str:
    """Returns the path that a line of an installed distribution means, as it is written or below the prefix.

    pip has written lines as the wheel has them (`NAME-1.0.data/purelib/...`), and put the files where the folder says.
    Empty where another line has the file, which was rewritten when it was put there.
    """
    found = _IN_WHEEL.match(path)
    if found is None or found["folder"] in _SITE:
        return path if found is None else found["rest"]
    return f"{prefix}/{found['rest']}" if found["folder"] == _DATA else ""


def place(entry: Entry, site: str) -> str:
    """Returns the absolute path that a line means, the directory's links resolved."""
    path = posixpath.normpath(posixpath.join(site, entry.path))
    parent, name = posixpath.split(path)
    return posixpath.join(os.path.realpath(parent), name)


def encoded(digest: bytes) -> str:
    """Returns a digest as a line has it, behind the name of its algorithm."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
