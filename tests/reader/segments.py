"""Part 6 of docs/format.md: segments, and the files of refs that come out of them."""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from reader.columns import counted, numbers, steps
from reader.objects import inflated
from reader.records import REF, record
from reader.refs import Ref, from_value
from reader.values import (
    KIB,
    MIB,
    NewerError,
    array,
    ascending,
    digest,
    moment,
    need,
    number,
    octets,
    unpacked,
)

ROWS = 16_384
MINUTE = 60_000


class Group(NamedTuple):
    machine: bytes
    origin: bytes
    rows: int
    first: tuple[int, int]
    last: tuple[int, int]
    latest: int


class Tables(NamedTuple):
    """The values that rows point to: for each of the 6 positions, the field of a ref."""

    columns: tuple[list[object], ...]

    def fields(self, positions: list[int]) -> list[object]:
        for position, column in zip(positions, self.columns, strict=True):
            need(position < len(column), "a position behind its table")
        return [column[position] for position, column in zip(positions, self.columns, strict=True)]


class Row(NamedTuple):
    """A snapshot of a segment: its ref, and its file."""

    ref: Ref
    file: bytes


def segment(data: bytes, name: str) -> list[Row]:
    """The snapshots in a segment of that name, which is without `.refs`."""
    need(14 <= len(data) <= 8 * MIB + 64 * KIB and data[:4] == b"\x89CXS", "no segment")
    need(digest("segment", data).hex() == name, "another name")
    if data[4] != 1 or data[5] != 1:
        raise NewerError("another version, or an unknown codec")
    head, length = int.from_bytes(data[6:10]), int.from_bytes(data[10:14])
    need(length <= 8 * MIB, "too long")
    groups = groups_of(unpacked(data[14 : 14 + head]))
    body = array(unpacked(inflated(data[14 + head :], length)), 8)
    rows = list(rebuilt(groups, body))
    for group, members in parts(groups, rows):
        alike(group, [row.ref for row in members])
    return rows


def groups_of(value: object) -> list[Group]:
    groups = [group(each) for each in array(value)]
    ascending([(each.machine, each.origin) for each in groups])
    need(sum(each.rows for each in groups) <= ROWS, "too many rows")
    return groups


def group(value: object) -> Group:
    machine, origin, rows, sequence, time, last_sequence, last_time, latest = array(value, 8)
    need(rows != 0, "a group without rows")
    return Group(
        octets(machine, 16),
        octets(origin, 16),
        number(rows, ROWS),
        (number(sequence), moment(time)),
        (number(last_sequence), moment(last_time)),
        moment(latest),
    )


def parts(groups: list[Group], rows: list[Row]) -> Iterator[tuple[Group, list[Row]]]:
    start = 0
    for each in groups:
        yield each, rows[start : start + each.rows]
        start += each.rows


def alike(group: Group, refs: list[Ref]) -> None:
    """Refuses a head that says something else than the rows."""
    ascending([(ref.sequence, ref.time, ref.id) for ref in refs])
    need(group.first == (refs[0].sequence, refs[0].time), "another first row")
    need(group.last == (refs[-1].sequence, refs[-1].time), "another last row")
    need(group.latest == max(ref.time for ref in refs), "another latest time")


def rebuilt(groups: list[Group], body: list[object]) -> Iterator[Row]:
    """Every row, in order; each from those before it."""
    count = sum(each.rows for each in groups)
    sequences, minutes = (steps(octets(column), count) for column in body[:2])
    rest, links = (numbers(octets(column), count) for column in body[2:4])
    need(all(each < MINUTE for each in rest), "more milliseconds than a minute has")
    elsewhere = at_rows(body[4], (16, 32), count)
    checksums = at_rows(body[5], (32,), count)
    positions = [steps(octets(column), count) for column in array(body[6], 6)]
    tables = tables_of(body[7])
    made: list[Row] = []
    for each in groups:
        start = len(made)
        for row in range(start, start + each.rows):
            need(links[row] != 1 or row in elsewhere, "no link to elsewhere")
            previous: object = elsewhere[row] if links[row] == 1 else None
            if links[row] > 1:
                need(row - (links[row] - 1) >= start, "a link out of the group")
                before = made[row - (links[row] - 1)]
                previous = [before.ref.id, *checksums.get(row, [before.file[-32:]])]
            cause, message, facts, roots, more, slots = tables.fields([column[row] for column in positions])
            when = minutes[row] * MINUTE + rest[row]
            whole = [each.origin, each.machine, when, sequences[row], previous, cause, message, slots, facts, roots]
            value = [*whole, [], more]
            made.append(Row(from_value(value), record(REF, value)))
            need(len(made[-1].file) <= 512 * KIB, "a ref is too long")
    yield from made


def at_rows(value: object, lengths: tuple[int, ...], count: int) -> dict[int, list[bytes]]:
    """For some rows, byte strings of those lengths."""
    found: dict[int, list[bytes]] = {}
    for each in array(value):
        row, *more = array(each, 1 + len(lengths))
        need(number(row) < count, "no such row")
        found[number(row)] = [octets(one, length) for one, length in zip(more, lengths, strict=True)]
    return found


def tables_of(value: object) -> Tables:
    *tables, slots, sizes, members, sets = array(value, 9)
    counts = numbers(octets(sizes), number(sets, ROWS))
    at = numbers(octets(members), counted(octets(members)))
    need(sum(counts) == len(at), "other members than sizes")
    need(all(each < len(array(slots)) for each in at), "a position behind its table")
    ends = list(accumulate(counts))
    found: list[object] = [
        [array(slots)[each] for each in at[end - size : end]] for size, end in zip(counts, ends, strict=True)
    ]
    return Tables((*(array(table) for table in tables), found))
