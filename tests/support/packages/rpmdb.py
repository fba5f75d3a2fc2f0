"""Databases of rpm made by hand: headers as bytes, in a file of sqlite or in its write-ahead log."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME, VERSION, RELEASE, EPOCH, VENDOR, ARCH, LABEL = 1000, 1001, 1002, 1003, 1011, 1022, 5096
INT32, STRING = 4, 6

Value = str | bytes | int


def header(name: str, version: str = "1", release: str = "1", arch: str = "x86_64", **more: Value) -> bytes:
    """Returns a header; `more` may hold `epoch`, `vendor` and `label`."""
    tags: dict[int, Value] = {NAME: name, VERSION: version, RELEASE: release, ARCH: arch}
    tags |= {{"epoch": EPOCH, "vendor": VENDOR, "label": LABEL}[key]: value for key, value in more.items()}
    return blob({tag: value for tag, value in tags.items() if value != ""})


def blob(tags: dict[int, Value]) -> bytes:
    """Returns the bytes of a header with these tags: an int is a number, anything else a text."""
    entries, data = b"", b""
    for tag, value in sorted(tags.items()):
        if isinstance(value, int):
            data += bytes(-len(data) % 4)
        kind = INT32 if isinstance(value, int) else STRING
        entries += struct.pack(">4I", tag, kind, len(data), 1)
        if isinstance(value, int):
            data += struct.pack(">I", value)
        else:
            data += (value.encode() if isinstance(value, str) else value) + b"\0"
    return struct.pack(">II", len(tags), len(data)) + entries + data


def connect(path: Path) -> sqlite3.Connection:
    """Opens a database as rpm does, and makes its tables where there are none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"
    )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS 'Name' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL,"
        " FOREIGN KEY (hnum) REFERENCES 'Packages'(hnum))"
    )
    return connection


def insert(connection: sqlite3.Connection, blobs: Iterable[bytes]) -> None:
    for found in blobs:
        number = connection.execute("INSERT INTO Packages (blob) VALUES (?)", (found,)).lastrowid
        connection.execute("INSERT INTO Name VALUES ('?', ?, 0)", (number,))


def make(path: Path, blobs: Iterable[bytes]) -> None:
    """Makes a database with these headers, and no log."""
    connection = connect(path)
    insert(connection, blobs)
    connection.close()


def make_logged(path: Path, stored: Iterable[bytes], logged: Iterable[bytes]) -> None:
    """Makes a database whose later headers are only in its log, as a killed rpm leaves it."""
    busy = path.with_name("busy.sqlite")
    connection = connect(busy)
    insert(connection, stored)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    insert(connection, logged)
    for ending in ("", "-wal"):
        shutil.copyfile(f"{busy}{ending}", f"{path}{ending}")
    connection.close()
    busy.unlink()
