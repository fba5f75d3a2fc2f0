"""The table of headers in rpm's database, read by sqlite from a copy in memory.

A database is bytes that somebody else may have made. So nothing in it is carried out: the table must be a plain one,
without columns that are computed, and what is read from it can never be more than there is.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

MOST = 1 << 17
"""So many packages can be read."""

_COLUMNS = {"Packages": [("hnum", 0), ("blob", 0)], "Name": [("key", 0), ("hnum", 0), ("idx", 0)]}
_STEPS = 1 << 26
"""sqlite's own steps, of which it takes some ten for each row."""
_SIZE = 64 << 20


def rows(image: bytearray, path: str) -> Iterator[tuple[int, bytes]]:
    """Returns the number and the header of each package, one by one.

    Args:
        image: The database, which needs no log.
        path: Its name in errors.

    Raises:
        ValueError: It is damaged, or not a database of rpm's; the text names the file.
    """
    try:
        import sqlite3  # dear, and not part of every Python
    except ImportError as error:
        raise ValueError(f"{path}: the file cannot be read, because this Python has no module sqlite3") from error
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            _open(connection, image)
            yield from _checked(connection, path, len(image))
    except sqlite3.Error as error:
        raise ValueError(f"{path}: the file is damaged: {error}") from error


def _open(connection: Connection, image: bytearray) -> None:
    from sqlite3 import SQLITE_LIMIT_LENGTH

    connection.setlimit(SQLITE_LIMIT_LENGTH, _SIZE)
    connection.deserialize(image)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    # Whatever is not done after so many steps goes round in circles.
    connection.set_progress_handler(lambda: 1, _STEPS)


def _checked(connection: Connection, path: str, size: int) -> Iterator[tuple[int, bytes]]:
    if not _is_plain(connection, "Packages"):
        raise ValueError(f"{path}: the table Packages is missing, or differs from the table that rpm makes")
    listed = _listed(connection, path)
    last, total = -1, 0
    for count, (number, blob) in enumerate(connection.execute("SELECT rowid, blob FROM Packages NOT INDEXED"), 1):
        if not isinstance(blob, bytes) or number <= last:
            raise ValueError(f"{path}: the file is damaged: the row {number} of Packages is damaged")
        last, total = number, total + len(blob)
        listed.discard(number)
        if total > size or count > MOST:
            raise ValueError(f"{path}: the file is damaged: its rows are larger than the file")
        yield number, blob
    if listed:
        raise ValueError(
            f"{path}: the file is damaged: the header {min(listed)} is in the index of names, but not in Packages"
        )


def _is_plain(connection: Connection, table: str) -> bool:
    """Returns whether this is a table with a row for each number, in whose columns is what was put there."""
    found = connection.execute("SELECT type, rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchall()
    if len(found) != 1 or found[0][0] != "table" or not found[0][1]:
        return False
    columns = connection.execute(f"PRAGMA table_xinfo('{table}')").fetchall()
    return [(column[1], column[6]) for column in columns] == _COLUMNS[table]


def _listed(connection: Connection, path: str) -> set[int]:
    """Returns the numbers of all headers that the index of names knows: none of them may be missing."""
    if not _is_plain(connection, "Name"):
        return set()
    found = connection.execute("SELECT hnum FROM Name NOT INDEXED LIMIT ?", (MOST + 1,)).fetchall()
    if len(found) > MOST or not all(isinstance(number, int) for (number,) in found):
        raise ValueError(f"{path}: the file is damaged: its index of names cannot be read")
    return {cast("int", number) for (number,) in found}
