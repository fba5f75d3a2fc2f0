"""Parts 2.1 and 4.1 of docs/format.md: refs, their ids and names."""

from typing import NamedTuple

from reader.records import REF, body
from reader.values import (
    KIB,
    Extensions,
    Pairs,
    array,
    ascending,
    digest,
    extensions,
    moment,
    need,
    number,
    octets,
    packed,
    pairs,
    required,
    text,
    texts,
)

FACTOR = 0x9E3779B97F4A7C15F39CC0605CEDC835
ALL = 1 << 128
SLOTS = 7
TYPES: tuple[tuple[type, ...], ...] = (
    (bytes,), (bytes,), (int,), (int,), (type(None), list), (list,), (str,), *[(list,)] * 5,
)  # fmt: skip


class Slot(NamedTuple):
    ecosystem: str
    environment: str
    status: str
    object: bytes | None
    packages: int
    reason: str
    facts: Pairs
    extensions: Extensions

    @property
    def taken(self) -> str:
        """The status as a reader takes it: one that is unknown is `failed`."""
        return self.status if self.status in ("ok", "partial", "failed", "absent") else "failed"


class Ref(NamedTuple):
    origin: bytes
    machine: bytes
    time: int
    sequence: int
    previous: tuple[bytes, bytes] | None
    cause: tuple[str, str, str]
    message: str
    slots: tuple[Slot, ...] | None
    """None where they are in a table that was not read, or cannot be: unknown."""
    facts: Pairs
    roots: tuple[tuple[str, bytes], ...]
    extensions: Extensions

    @property
    def table(self) -> bytes | None:
        """The id of the table in which the slots are."""
        return dict(self.roots).get("slots")

    @property
    def id(self) -> bytes:
        return snapshot_id(self.origin, self.machine, self.time, self.sequence)

    @property
    def name(self) -> str:
        return f"{self.machine.hex()}-{self.sequence:08x}-{self.time:011x}-{self.id.hex()}"


def start(origin: bytes, machine: bytes) -> int:
    """K of part 2.1."""
    return int.from_bytes(digest("snapshot", origin + machine, 16))


def snapshot_id(origin: bytes, machine: bytes, time: int, sequence: int) -> bytes:
    return ((start(origin, machine) + ((time << 32) + sequence) * FACTOR) % ALL).to_bytes(16)


def moment_and_sequence(snapshot: bytes, origin: bytes, machine: bytes) -> tuple[int, int] | None:
    """Time and sequence number that follow from an id; None where it is not of this origin and machine."""
    x = (int.from_bytes(snapshot) - start(origin, machine)) * pow(FACTOR, -1, ALL) % ALL
    return (x >> 32, x & 0xFFFFFFFF) if x >> 32 < 1 << 44 else None


def ref(data: bytes, name: str) -> Ref:
    """The ref in a file of that name."""
    found = from_value(body(data, REF))
    need(found.name == name, "another name")
    return found


def from_value(value: object) -> Ref:
    fields = array(value, 12)
    for place, field in enumerate(fields):
        need(type(field) in TYPES[place], "a field of another type")
        need(place == SLOTS or len(packed(field)) <= 128 * KIB, "a field is too long")
    required(fields[10])
    origin, machine, time, sequence, previous, cause, message, slots, facts, roots, _, more = fields
    command, user, reason = (text(each) for each in array(cause, 3))
    need(len(text(message).encode()) <= 64 * KIB, "the message is too long")
    further = pairs(roots, lambda each: octets(each, 32))
    is_elsewhere = "slots" in dict(further)
    need(not is_elsewhere or slots == [], "slots, and a table of them")
    return Ref(
        octets(origin, 16),
        octets(machine, 16),
        moment(time),
        number(sequence, (1 << 32) - 1),
        link(previous),
        (command, user, reason),
        text(message),
        None if is_elsewhere else slots_of(slots),
        texts(facts),
        further,
        extensions(more),
    )


def link(value: object) -> tuple[bytes, bytes] | None:
    if value is None:
        return None
    snapshot, checksum = array(value, 2)
    return octets(snapshot, 16), octets(checksum, 32)


def slots_of(value: object, most: int = 32_768) -> tuple[Slot, ...]:
    need(len(array(value)) <= most, "too many slots")
    found = tuple(slot(each) for each in array(value))
    ascending([(each.ecosystem.encode(), each.environment.encode()) for each in found])
    need(sum(len(each.facts) + len(each.extensions) for each in found) <= 1 << 18, "too many facts")
    return found


def slot(value: object) -> Slot:
    ecosystem, environment, status, thing, packages, reason, facts, more = array(value, 8)
    need(len(packed(value)) <= 128 * KIB, "a slot is too long")
    found = Slot(
        text(ecosystem),
        text(environment),
        text(status),
        None if thing is None else octets(thing, 32),
        number(packages),
        text(reason),
        texts(facts),
        extensions(more),
    )
    need(found.status != "ok" or found.object is not None, "ok without an object")
    need(found.status not in ("failed", "absent") or found.object is None, "an object of nothing")
    need(found.status != "", "no status")
    return found
