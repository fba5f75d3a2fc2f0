"""What cannot be written or read: each is refused with a reason that names what is wrong; what just fits is not."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from cortexrepo.codec import canonical, objects, records
from cortexrepo.codec.hashing import DIGEST, checksum, machine_id, object_id
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.package import Manifest, Package

NEWER = "use the version of cortex that wrote the file, or a newer one"
ROW = ("bash", "amd64", "1", 0, ())
RAW = canonical.pack(("apt", (ROW,)))
NOTHING = ObjectId("0" * 64)


def frame(raw: bytes, *, header: tuple[int, int, int] = (1, 1, 0), length: int | None = None) -> bytes:
    size = len(raw) if length is None else length
    return objects.MAGIC + bytes(header) + size.to_bytes(4, "big") + raw


def record(kind: int, body: bytes, *, version: int = records.VERSION, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    data = records.MAGIC + bytes((version, kind)) + size.to_bytes(4, "big") + body
    return data + checksum(data)


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


def _rows(count: int, size: int) -> tuple[Package, ...]:
    """Returns so many packages whose manifest takes so many bytes, each about as many as the others."""
    version = "x" * (size // count - 30)
    rows = [Package(f"{number:06}", "", version) for number in range(count)]
    spare = size - len(canonical.pack(("apt", tuple(rows))))
    return (*rows[:-1], rows[-1]._replace(version=version + "x" * spare))


def _is_read_back(manifest: Manifest) -> bool:
    identity, data = objects.encode(manifest)
    return objects.decode(data, identity) == manifest


def test_a_manifest_may_be_as_large_as_the_limit_and_no_larger() -> None:
    assert _is_read_back(Manifest("apt", _rows(200, objects.RAW_LIMIT)))
    beyond = Manifest("apt", _rows(200, objects.RAW_LIMIT + 1))
    with pytest.raises(ValueError, match=f"^200 packages take {(1 << 24) + 1} bytes, and {1 << 24} are allowed$"):
        objects.encode(beyond)


def test_a_package_may_take_as_much_as_the_limit_and_no_more() -> None:
    spare = len(canonical.pack(Package("a", "", "x" * 70_000))) - 70_000
    most = Package("a", "", "x" * (objects.TABLE.row - spare))
    assert _is_read_back(Manifest("apt", (most, Package("b", "", "1"))))
    with pytest.raises(ValueError, match=f"^a row has {(1 << 17) + 1} bytes, and {1 << 17} are allowed$"):
        objects.encode(Manifest("apt", (most._replace(version=most.version + "x"), Package("b", "", "1"))))


def test_a_manifest_may_have_as_many_packages_as_the_limit_and_no_more() -> None:
    rows = tuple(Package(f"{number:06}", "", "") for number in range(objects.TABLE.rows + 1))
    assert _is_read_back(Manifest("apt", rows[1:]))
    with pytest.raises(ValueError, match=f"^there are {(1 << 17) + 1} packages, and {1 << 17} are allowed$"):
        objects.encode(Manifest("apt", rows))
    raw = canonical.pack(("apt", rows))
    with pytest.raises(CorruptError, match=f"^the file is damaged: it has {(1 << 17) + 1} rows, and {1 << 17} are all"):
        objects.manifest(raw)


def test_a_manifest_may_have_as_many_attributes_as_the_limit_and_no_more() -> None:
    eight = tuple((f"{number}", "") for number in range(8))
    rows = [Package(f"{number:06}", "", "", 0, eight) for number in range(objects.TABLE.pairs // 8)]
    assert _is_read_back(Manifest("apt", tuple(rows)))
    rows[-1] = rows[-1]._replace(attributes=(*eight, ("9", "")))
    with pytest.raises(ValueError, match=f"^its rows have more than {1 << 19} pairs together$"):
        objects.encode(Manifest("apt", tuple(rows)))


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
        frame(RAW, length=(1 << 24) + 1),
        f"^the object is damaged: its header says {(1 << 24) + 1} bytes, and {1 << 24} are allowed$",
    ),
    "a length whose first byte is not nothing": (
        frame(RAW, length=(1 << 30) + len(RAW)),
        f"^the object is damaged: its header says {(1 << 30) + len(RAW)} bytes, and {1 << 24} are allowed$",
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


@pytest.mark.parametrize("header", [(2, 1, 0), (1, 3, 0), (1, 1, 2)])
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
    said = f"^the file is damaged: it has {records.LIMIT + 1} bytes, and {records.LIMIT} are allowed$"
    with pytest.raises(CorruptError, match=said):
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
    said = "^the file has format 2; this version of cortex reads format 1$"
    with pytest.raises(FormatVersionError, match=said) as caught:
        # Nothing else of it counts: a newer version may close its files otherwise.
        records.unseal(records.TAG, record(records.TAG, b"\xc0", version=2)[:-1] + b"?")
    assert caught.value.hint == NEWER


@pytest.mark.parametrize("kind", [10, 255])
def test_a_record_of_a_newer_kind_is_told_apart_from_damage(kind: int) -> None:
    said = f"^the file is of kind {kind}; this version of cortex reads the kinds 1 to 9$"
    with pytest.raises(FormatVersionError, match=said) as caught:
        records.unseal(records.TAG, record(kind, b"\xc0"))
    assert caught.value.hint == NEWER
    with pytest.raises(CorruptError, match="checksum"):
        # It is of this version: its checksum is where it should be.
        records.unseal(records.TAG, record(kind, b"\xc0")[:-1] + b"?")


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
        record(records.TAG, b"\xc0", version=0),
        record(records.SIGNATURE, b"\xc0"),
    ],
)
def test_a_record_of_another_kind_or_length_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptError, match=r"^the file is damaged: its header says another version, kind or length$"):
        records.unseal(records.TAG, data)


def test_a_short_record_of_a_higher_version_is_newer_and_one_that_is_cut_before_the_version_is_damaged() -> None:
    with pytest.raises(FormatVersionError, match=r"^the file has format 2; this version of cortex reads format 1$"):
        records.unseal(records.TAG, records.MAGIC + b"\x02")
    for data in (records.MAGIC, records.MAGIC + b"\x01", records.MAGIC + b"\x00", b"\x89CXO\x02"):
        with pytest.raises(CorruptError, match="cut short, or it is not a record"):
            records.unseal(records.TAG, data)
