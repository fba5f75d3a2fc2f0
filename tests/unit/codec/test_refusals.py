"""What cannot be written or read: each is refused with a reason that names what is wrong; what just fits is not."""

from __future__ import annotations

import tracemalloc
import zlib
from typing import TYPE_CHECKING

import msgpack
import pytest
from support.repositories import golden

from cortexrepo.codec import canonical, objects, records
from cortexrepo.codec.hashing import DIGEST, checksum, machine_id, object_id
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.ids import ObjectId, SnapshotId
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import ABSENT, OK, Cause, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

NEWER = "use the version of cortex that wrote the file, or a newer one"
ROW = ("bash", "amd64", "1", 0, ())
RAW = canonical.pack(("apt", (ROW,)))
NOTHING = ObjectId("0" * 64)
ONE = "01" * 16
SLOT = ("apt", "", OK, bytes(32), 1, "", ())
REF: tuple[object, ...] = (
    bytes(16),
    bytes(16),
    bytes(16),
    0,
    0,
    None,
    ("", "", ""),
    "",
    (SLOT,),
    (("a", "1"), ("b", "2")),
    (),
    (("a", b"1"), ("b", b"2")),
)


def frame(raw: bytes, *, header: tuple[int, int, int] = (1, 1, 0), length: int | None = None) -> bytes:
    size = len(raw) if length is None else length
    return objects.MAGIC + bytes(header) + size.to_bytes(4, "big") + raw


def record(kind: int, body: bytes, *, version: int = records.VERSION, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    data = records.MAGIC + bytes((version, kind)) + size.to_bytes(4, "big") + body
    return data + checksum(data)


def ref(**changes: object) -> bytes:
    at = {"own": 0, "repository": 1, "machine": 2, "created": 3, "sequence": 4, "previous": 5, "cause": 6}
    at |= {"message": 7, "slots": 8, "facts": 9, "required": 10, "optional": 11}
    fields = list(REF)
    for name, value in changes.items():
        fields[at[name]] = value
    return records.seal(records.REF, tuple(fields))


def slot(index: int, value: object) -> bytes:
    return ref(slots=((*SLOT[:index], value, *SLOT[index + 1 :]),))


# -- values


@pytest.mark.parametrize("value", [1 << 64, -(1 << 63) - 1])
def test_an_integer_of_more_than_64_bits_is_a_value_error_that_says_so(value: int) -> None:
    with pytest.raises(ValueError, match=r"[Ii]nteger"):
        canonical.pack(value)


def test_bytes_and_text_are_told_apart() -> None:
    assert canonical.pack(b"a") == b"\xc4\x01a"
    assert canonical.pack("a") == b"\xa1a"


def test_a_value_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert canonical.unpack(b"\xa1a", 2) == "a"
    with pytest.raises(CorruptError, match=r"the file is damaged: its body has 2 bytes, and 1 are allowed$"):
        canonical.unpack(b"\xa1a", 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xcc\x00", "^the file is damaged: its body is not in the canonical form$"),
        (b"\xc1", r"^the file is damaged: its body is not canonical msgpack \(FormatError\)$"),
        (b"\x81\xa1a\xa1b", r"^the file is damaged: its body is not canonical msgpack \(ValueError\)$"),
        (b"\xd4\x01\x00", r"^the file is damaged: its body is not canonical msgpack \(ValueError\)$"),
        (b"\xa1\xff", r"^the file is damaged: its body is not canonical msgpack \(UnicodeDecodeError\)$"),
    ],
)
def test_what_is_not_canonical_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(CorruptError, match=reason):
        canonical.unpack(data, 99)


# -- digests


def test_digests_are_of_version_1_for_ever() -> None:
    assert machine_id(b"secret") == "ff7e9de440102774bb991353a53135b5"
    assert object_id("manifest", b"raw") == "6ee280c3746b77075c03f2de7ead4c865cb8693cd26830718625b2a61a34eb4f"
    assert checksum(b"data").hex() == "44697ff3f649c6a9be89f07e17171309a94e682e4ab30fb4ef64c5a124a7806b"


# -- objects


def _text_of(size: int) -> str:
    """Returns a text with which a manifest of one package takes so many bytes."""
    spare = len(canonical.pack(("apt", (("a", "", "x" * 70_000, 0, ()),)))) - 70_000
    return "x" * (size - spare)


def test_a_manifest_may_be_as_large_as_the_limit_and_no_larger() -> None:
    whole = Manifest("apt", (Package("a", "", _text_of(objects.RAW_LIMIT)),))
    identity, data = objects.encode(whole)
    assert objects.decode(data, identity) == whole
    beyond = Manifest("apt", (Package("a", "", _text_of(objects.RAW_LIMIT + 1)),))
    with pytest.raises(ValueError, match=f"^1 packages take {(1 << 20) + 1} bytes, and {1 << 20} are allowed$"):
        objects.encode(beyond)


@pytest.mark.parametrize(
    "packages",
    [
        (Package("b", "", "1"), Package("a", "", "1")),
        (Package("a", "", "1"), Package("a", "", "1")),
        (Package("", "", "1"),),
        (Package("a", "", "1", -1),),
        (Package("a", "", "1", 0, (("b", ""), ("a", ""))),),
        (Package("a", "", "1", 0, (("a", ""), ("a", ""))),),
        (Package("a", "", "1", 0, (("a", ""), ("b", ""), ("a", ""))),),
    ],
)
def test_rows_that_could_not_be_read_back_are_not_written(packages: tuple[Package, ...]) -> None:
    with pytest.raises(ValueError, match=r"^a package has no name, or packages or attributes are out of order$"):
        objects.encode(Manifest("apt", packages))


def test_what_does_not_become_smaller_is_stored_as_it_is() -> None:
    small = objects.encode(Manifest("apt", ())).frame
    assert small == objects.MAGIC + b"\x01\x01\x00" + (6).to_bytes(4, "big") + canonical.pack(("apt", ()))
    large = objects.encode(Manifest("apt", (Package("a", "", "x" * 1000),))).frame
    assert large[:7] == objects.MAGIC + b"\x01\x01\x01"
    assert len(large) < 100


OBJECTS = {
    "an object of another content": (frame(RAW), "^the object is damaged: its content does not match its id$"),
    "no object": (b"", "^the object is damaged: it is cut short, or it is not an object$"),
    "a header that is cut": (frame(b"")[:-1], "^the object is damaged: it is cut short, or it is not an object$"),
    "another magic": (b"\x89CXP" + frame(RAW)[4:], "^the object is damaged: it is cut short, or it is not an object$"),
    "a length beyond the limit": (
        frame(RAW, length=(1 << 20) + 1),
        f"^the object is damaged: its header says {(1 << 20) + 1} bytes, and {1 << 20} are allowed$",
    ),
    "a length whose first byte is not nothing": (
        frame(RAW, length=(1 << 24) + len(RAW)),
        f"^the object is damaged: its header says {(1 << 24) + len(RAW)} bytes, and {1 << 20} are allowed$",
    ),
    "less than its header says": (
        frame(RAW, length=len(RAW) + 1),
        f"^the object is damaged: it has {len(RAW)} bytes, and its header says {len(RAW) + 1}$",
    ),
    "what is not zlib": (
        frame(RAW, header=(1, 1, 1)),
        r"^the file is damaged: it cannot be decompressed \(Error .*\)$",
    ),
    "a stream that is cut": (
        frame(zlib.compress(RAW)[:-1], header=(1, 1, 1), length=len(RAW)),
        "^the file is damaged: it is cut short, or has bytes after its end$",
    ),
    "bytes behind the stream": (
        frame(zlib.compress(RAW) + b"\x00", header=(1, 1, 1), length=len(RAW)),
        "^the file is damaged: it is cut short, or has bytes after its end$",
    ),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_that_is_damaged_is_refused_with_the_reason(name: str) -> None:
    data, reason = OBJECTS[name]
    with pytest.raises(CorruptError, match=reason):
        objects.decode(data, NOTHING)
    assert not objects.intact(data, NOTHING)


@pytest.mark.parametrize("header", [(2, 1, 0), (1, 2, 0), (1, 1, 2)])
def test_an_object_of_a_newer_format_is_told_apart_from_damage(header: tuple[int, int, int]) -> None:
    version, kind, compression = header
    data = frame(RAW, header=header)
    said = f"the object has format {version}, type {kind}, compression {compression}"
    reason = f"^{said}; this version of cortex cannot read them$"
    with pytest.raises(FormatVersionError, match=reason) as caught:
        objects.decode(data, object_id("manifest", RAW))
    assert caught.value.hint == NEWER
    assert not objects.intact(data, object_id("manifest", RAW))


def test_an_object_is_intact_under_its_own_id_only() -> None:
    assert objects.intact(frame(RAW), object_id("manifest", RAW))
    assert not objects.intact(frame(RAW), object_id("another kind", RAW))


def test_a_header_alone_holds_nothing() -> None:
    assert objects.content(frame(b"")) == b""


def test_an_object_may_claim_as_much_as_the_limit() -> None:
    raw = bytes(objects.RAW_LIMIT)
    assert objects.content(frame(raw)) == raw
    assert objects.content(frame(zlib.compress(raw), header=(1, 1, 1), length=len(raw))) == raw


def test_no_more_is_decompressed_than_the_header_says() -> None:
    data = frame(zlib.compress(bytes(64 << 20)), header=(1, 1, 1), length=1000)
    tracemalloc.start()
    try:
        with pytest.raises(CorruptError, match=r"^the file is damaged: it is cut short, or has bytes after its end$"):
            objects.content(data)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


MANIFESTS: dict[str, tuple[object, str]] = {
    "no manifest": (None, "^the object is damaged: it is not a list of packages$"),
    "no ecosystem": ((1, ()), "^the object is damaged: it is not a list of packages$"),
    "rows out of order": (
        ("apt", (("b", "", "", 0, ()), ("a", "", "", 0, ()))),
        "^the object is damaged: its rows are out of order$",
    ),
    "no name": (("apt", (("", "", "", 0, ()),)), "^the object is damaged: one of its rows is not a package$"),
    "a negative number": (
        ("apt", (("a", "", "", -1, ()),)),
        "^the object is damaged: one of its rows is not a package$",
    ),
    "a truth value": (("apt", (("a", "", "", True, ()),)), "^the object is damaged: one of its rows is not a package$"),
    "another truth value": (
        ("apt", (("a", "", "", False, ()),)),
        "^the object is damaged: one of its rows is not a package$",
    ),
    "attributes out of order": (
        ("apt", (("a", "", "", 0, (("b", ""), ("a", ""))),)),
        "^the object is damaged: one of its rows is not a package$",
    ),
    "an attribute that is no pair": (
        ("apt", (("a", "", "", 0, ("b",)),)),
        "^the object is damaged: one of its rows is not a package$",
    ),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_an_object_that_is_no_manifest_is_refused_with_the_reason(name: str) -> None:
    value, reason = MANIFESTS[name]
    raw = canonical.pack(value)
    with pytest.raises(CorruptError, match=reason):
        objects.decode(frame(raw), object_id("manifest", raw))


# -- records


def test_a_record_may_be_as_long_as_the_limit_and_no_longer() -> None:
    room = records.LIMIT - DIGEST - records.HEADER - 5
    whole = records.seal(records.TAG, "x" * room)
    assert len(whole) == records.LIMIT
    assert records.unseal(records.TAG, whole) == "x" * room
    with pytest.raises(ValueError, match=f"^its file has {records.LIMIT + 1} bytes, and {records.LIMIT} are allowed$"):
        records.seal(records.TAG, "x" * (room + 1))
    body = canonical.pack("x" * (room + 1))
    with pytest.raises(CorruptError, match=r"^the file is damaged: it is cut short, or it is not a record$"):
        records.unseal(records.TAG, record(records.TAG, body))


def test_the_shortest_record_holds_nothing() -> None:
    with pytest.raises(CorruptError, match=r"^the file is damaged: its body is not canonical msgpack"):
        records.unseal(records.TAG, record(records.TAG, b""))
    with pytest.raises(CorruptError, match=r"^the file is damaged: it is cut short, or it is not a record$"):
        records.unseal(records.TAG, record(records.TAG, b"")[:-1])


def test_a_record_of_another_magic_is_no_record() -> None:
    data = b"\x89CXS" + record(records.TAG, b"\xc0")[4:-DIGEST]
    with pytest.raises(CorruptError, match=r"^the file is damaged: it is cut short, or it is not a record$"):
        records.unseal(records.TAG, data + checksum(data))


def test_a_record_of_a_newer_format_is_told_apart_from_damage() -> None:
    with pytest.raises(
        FormatVersionError, match=r"^the file has format 2; this version of cortex reads format 1$"
    ) as caught:
        records.unseal(records.TAG, record(records.TAG, b"\xc0", version=2))
    assert caught.value.hint == NEWER


def test_a_record_whose_checksum_does_not_match_is_refused() -> None:
    data = bytearray(record(records.TAG, b"\xc0"))
    data[-1] ^= 1
    with pytest.raises(CorruptError, match=r"^the file is damaged: its checksum does not match$"):
        records.unseal(records.TAG, bytes(data))


@pytest.mark.parametrize(
    "data",
    [
        record(records.MARK, b"\xc0"),
        record(records.TAG, b"\xc0", length=2),
        record(records.TAG, b"\xc0", length=(1 << 24) + 1),
    ],
)
def test_a_record_of_another_kind_or_length_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptError, match=r"^the file is damaged: its header says another kind or another length$"):
        records.unseal(records.TAG, data)


def test_a_ref_with_everything_at_its_least_is_read() -> None:
    found = records.decode_ref(ref())
    assert (found.created_at, found.sequence, found.previous) == (0, 0, None)
    assert found.slots == (Slot("apt", "", OK, ObjectId("00" * 32), 1),)
    assert found.extensions == (("a", b"1"), ("b", b"2"))
    assert records.decode_ref(slot(4, 0)).slots[0].packages == 0


REFS: dict[str, tuple[Callable[[], bytes], str]] = {
    "no ref": (lambda: records.seal(records.REF, None), "^the file is damaged: it is not the ref of a snapshot$"),
    "made before time began": (lambda: ref(created=-1), "^the file is damaged: it is not the ref of a snapshot$"),
    "made at no time": (lambda: ref(created=True), "^the file is damaged: it is not the ref of a snapshot$"),
    "a negative sequence": (lambda: ref(sequence=-1), "^the file is damaged: it is not the ref of a snapshot$"),
    "a sequence that is no number": (
        lambda: ref(sequence=False),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "facts out of order": (
        lambda: ref(facts=(("b", ""), ("a", ""))),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "a fact twice": (
        lambda: ref(facts=(("a", "1"), ("a", "2"))),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "extensions out of order": (
        lambda: ref(optional=(("b", b""), ("a", b""))),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension twice": (
        lambda: ref(optional=(("a", b""), ("a", b""))),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension that is text": (
        lambda: ref(optional=(("a", ""),)),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension without a name": (
        lambda: ref(optional=((1, b""),)),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension of three": (
        lambda: ref(optional=(("a", b"", b""),)),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an extension that is no pair": (
        lambda: ref(optional=("ab",)),
        "^the file is damaged: it is not the ref of a snapshot$",
    ),
    "an id too short": (lambda: ref(own=bytes(15)), "^the file is damaged: an id has 15 bytes instead of 16$"),
    "a repository too long": (
        lambda: ref(repository=bytes(17)),
        "^the file is damaged: an id has 17 bytes instead of 16$",
    ),
    "a machine too short": (lambda: ref(machine=b""), "^the file is damaged: an id has 0 bytes instead of 16$"),
    "a link that is none": (
        lambda: ref(previous=()),
        "^the file is damaged: its link to the snapshot before cannot be read$",
    ),
    "a link with half a checksum": (
        lambda: ref(previous=(bytes(16), bytes(31))),
        "^the file is damaged: its link to the snapshot before cannot be read$",
    ),
    "a link to half an id": (
        lambda: ref(previous=(bytes(8), bytes(32))),
        "^the file is damaged: an id has 8 bytes instead of 16$",
    ),
    "a cause of two": (
        lambda: ref(cause=("", "")),
        "^the file is damaged: its field 'cause' \\(command, user, reason\\) cannot be read$",
    ),
    "a slot that is none": (lambda: ref(slots=(None,)), "^the file is damaged: a slot cannot be read$"),
    "a slot of an unknown status": (lambda: slot(2, "fine"), "^the file is damaged: a slot cannot be read$"),
    "a slot that was read without its object": (lambda: slot(3, None), "^the file is damaged: a slot cannot be read$"),
    "a slot that is absent with an object": (lambda: slot(2, ABSENT), "^the file is damaged: a slot cannot be read$"),
    "a slot with half an id": (lambda: slot(3, bytes(16)), "^the file is damaged: an id has 16 bytes instead of 32$"),
    "a slot with less than no packages": (lambda: slot(4, -1), "^the file is damaged: a slot cannot be read$"),
    "a slot with no number of packages": (lambda: slot(4, True), "^the file is damaged: a slot cannot be read$"),
    "a slot with facts out of order": (
        lambda: slot(6, (("b", ""), ("a", ""))),
        "^the file is damaged: a slot cannot be read$",
    ),
    "a slot twice": (lambda: ref(slots=(SLOT, SLOT)), "^the file is damaged: its entries are not sorted$"),
    "environments out of order": (
        lambda: ref(slots=(("pip", "/b", *SLOT[2:]), ("pip", "/a", *SLOT[2:]))),
        "^the file is damaged: its entries are not sorted$",
    ),
}


@pytest.mark.parametrize("name", REFS)
def test_a_ref_that_makes_no_sense_is_refused_with_the_reason(name: str) -> None:
    made, reason = REFS[name]
    with pytest.raises(CorruptError, match=reason):
        records.decode_ref(made())


def test_a_ref_that_needs_a_feature_of_a_newer_version_names_it() -> None:
    with pytest.raises(
        FormatVersionError, match=r"^the snapshot needs \('signature',\), which this version does not know$"
    ) as caught:
        records.decode_ref(ref(required=("signature",)))
    assert caught.value.hint == NEWER


def test_what_a_ref_needs_is_named_in_80_characters_at_most() -> None:
    with pytest.raises(FormatVersionError, match=r"^the snapshot needs ") as caught:
        records.decode_ref(ref(required=("x" * 1000,)))
    assert str(caught.value).count("x") == 78


def test_a_configuration_that_needs_a_feature_of_a_newer_version_names_it() -> None:
    data = records.seal(records.CONFIG, (bytes(16), "link", ("signature",)))
    reason = r"^the repository needs \('signature',\), which this version does not know$"
    with pytest.raises(FormatVersionError, match=reason) as caught:
        records.decode_config(data)
    assert caught.value.hint == NEWER


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ((bytes(16), "copy", ()), "^the file is damaged: it is not the configuration of a repository$"),
        ((bytes(15), "link", ()), "^the file is damaged: an id has 15 bytes instead of 16$"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(value: object, reason: str) -> None:
    with pytest.raises(CorruptError, match=reason):
        records.decode_config(records.seal(records.CONFIG, value))


@pytest.mark.parametrize("kind", [records.TAG, records.MARK])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (("a", bytes(16), -1), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(16), False), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(16)), "^the file is damaged: it is not a tag or a deletion mark$"),
        (("a", bytes(8), 0), "^the file is damaged: an id has 8 bytes instead of 16$"),
    ],
)
def test_a_mark_that_makes_no_sense_is_refused(kind: int, value: object, reason: str) -> None:
    with pytest.raises(CorruptError, match=reason):
        records.decode_mark(kind, records.seal(kind, value))


def test_a_mark_may_be_made_when_time_began() -> None:
    mark = records.Mark("a", SnapshotId(ONE), 0)
    assert records.decode_mark(records.TAG, records.encode_mark(records.TAG, mark)) == mark


def test_the_checksum_of_a_ref_is_its_last_32_bytes() -> None:
    data = records.encode_ref(golden.FIRST)
    assert records.ref_checksum(data) == checksum(data[:-32])
    assert len(records.ref_checksum(data)) == DIGEST


def test_the_cause_of_a_snapshot_is_read_back() -> None:
    cause = Cause("command", "user", "reason")
    assert records.decode_ref(records.encode_ref(golden.FIRST._replace(cause=cause))).cause == cause
    assert msgpack.unpackb(records.encode_ref(golden.FIRST)[records.HEADER : -DIGEST], use_list=False)[10] == ()
