"""Part 4 of docs/format.md: the envelope of records, and every record except the ref."""

from itertools import pairwise
from typing import NamedTuple

from reader.values import (
    KIB,
    MIB,
    Extensions,
    NewerError,
    array,
    ascending,
    digest,
    extensions,
    moment,
    names,
    need,
    number,
    octets,
    packed,
    required,
    text,
    unpacked,
)

REF, CONFIGURATION, TAG, MARK, MEMORY, ARTIFACT, SIGNATURE, REMOVED = 1, 2, 3, 4, 5, 7, 8, 9
MAGIC = b"\x89CXR"
AROUND = 10 + 32


class Configuration(NamedTuple):
    repository: bytes
    publish: str
    to_read: tuple[str, ...]
    to_write: tuple[str, ...]
    to_collect: tuple[str, ...]
    extensions: Extensions


class Tag(NamedTuple):
    """A tag, or a deletion mark."""

    name: str
    snapshot: bytes
    time: int
    extensions: Extensions


class Removed(NamedTuple):
    machine: bytes
    origin: bytes
    since: int
    spans: tuple[tuple[int, int], ...]
    vouched: tuple[tuple[int, int, bytes], ...]
    extensions: Extensions


def body(data: bytes, kind: int) -> object:
    """The value in a record of a kind."""
    need(len(data) >= AROUND and data[:4] == MAGIC, "no record")
    if data[4] > 1:
        raise NewerError("a higher version byte")
    need(len(data) <= (4 * MIB if kind == REF else 512 * KIB), "too long")
    need(digest("record", data[:-32]) == data[-32:], "another checksum")
    if data[5] > REMOVED:
        raise NewerError("an unknown kind")
    need(data[4] == 1 and data[5] == kind, "version 0, or another kind")
    need(int.from_bytes(data[6:10]) == len(data) - AROUND, "another length")
    return unpacked(data[10:-32])


def record(kind: int, value: object) -> bytes:
    """The file of a record, as a writer makes it."""
    inside = packed(value)
    before = MAGIC + bytes((1, kind)) + len(inside).to_bytes(4) + inside
    return before + digest("record", before)


def configuration(data: bytes) -> Configuration:
    """What `config` says; NewerError where a reader must refuse the repository."""
    value = array(body(data, CONFIGURATION))
    if len(value) == 3:
        raise NewerError("a repository of a version before the first release")
    repository, publish, to_read, to_write, to_collect, more = array(value, 6)
    required(to_read)
    if text(publish) not in ("link", "rename"):
        raise NewerError("an unknown way of publishing")
    return Configuration(
        octets(repository, 16), text(publish), (), names(to_write), names(to_collect), extensions(more)
    )


def tag(data: bytes, name: str) -> Tag:
    """The tag in a file of that name."""
    found = named(data, TAG)
    need(found.name == name, "another name")
    return found


def mark(data: bytes, name: str) -> Tag:
    """The deletion mark in a file of that name."""
    found = named(data, MARK)
    need(found.name == found.snapshot.hex() == name.removesuffix(".claimed"), "another id")
    return found


def named(data: bytes, kind: int) -> Tag:
    name, snapshot, time, features, more = array(body(data, kind), 5)
    required(features)
    return Tag(text(name), octets(snapshot, 16), moment(time), extensions(more))


def removed(data: bytes, name: str) -> Removed:
    """What collectors removed, from a file of that name."""
    machine, origin, since, spans, vouched, features, more = array(body(data, REMOVED), 7)
    required(features)
    found = Removed(
        octets(machine, 16),
        octets(origin, 16),
        number(since, 1 << 32),
        tuple(span(each) for each in array(spans)),
        tuple(stayed(each) for each in array(vouched)),
        extensions(more),
    )
    need(f"{found.machine.hex()}-{found.origin.hex()}" == name, "another name")
    for before, after in pairwise(found.spans):
        need(before[1] + 1 < after[0], "spans that touch")
    need(all(low >= found.since for low, _ in found.spans), "a span of numbers of which nothing is said")
    ascending(list(found.vouched))
    return found


def span(value: object) -> tuple[int, int]:
    low, high = (number(each, (1 << 32) - 1) for each in array(value, 2))
    need(low <= high, "a span that ends before it begins")
    return low, high


def stayed(value: object) -> tuple[int, int, bytes]:
    sequence, time, checksum = array(value, 3)
    return number(sequence, (1 << 32) - 1), moment(time), octets(checksum, 16)
