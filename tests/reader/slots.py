"""Part 7 of docs/format.md: tables of slots that are written as changes, in columns."""

from collections.abc import Iterator

from reader.changes import MOST, split
from reader.columns import numbers
from reader.values import array_head, encodings, need

COLUMNS = 6
ROWS = 65_536


def slot_tables(content: bytes, count: int) -> Iterator[bytes]:
    """The raw bytes of the tables in a block of changes."""
    columns = list(split(content, COLUMNS))
    starts, counts = numbers(columns[0], count), numbers(columns[1], count)
    need(starts[0] == 0 and max(starts) <= 1, "another start")
    need(sum(counts) <= MOST, "too many changes")
    gaps, goes, comes = (numbers(column, sum(counts)) for column in columns[2:5])
    need(sum(counts) + sum(comes) <= MOST, "too many changes and rows")
    coming = encodings(columns[5])
    need(len(coming) == sum(comes), "other rows than come")
    changes, came = zip(gaps, goes, comes, strict=True), iter(coming)
    rows: list[bytes] = []
    for start, many in zip(starts, counts, strict=True):
        rows = rebuilt(rows if start else [], [next(changes) for _ in range(many)], came)
        yield array_head(1) + array_head(len(rows)) + b"".join(rows)


def rebuilt(before: list[bytes], changes: list[tuple[int, int, int]], came: Iterator[bytes]) -> list[bytes]:
    """The rows of a table, from those that it starts from."""
    made: list[bytes] = []
    at = 0
    for gap, goes, comes in changes:
        need(at + gap + goes <= len(before), "a row stays or goes that is not there")
        made += before[at : at + gap]
        made += [next(came) for _ in range(comes)]
        at += gap + goes
    made += before[at:]
    need(len(made) <= ROWS, "too many rows")
    return made
