"""The codec: what is written is read back, and any other bytes give only declared errors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.codec import canonical, identity, objects, records, refs, removed
from cortexrepo.codec.hashing import object_id
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.ids import ObjectId, SnapshotId
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL, Cause, Previous, Slot, Snapshot

DECLARED = (CorruptError, FormatVersionError)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
pairs = st.dictionaries(text, text, max_size=3).map(lambda found: tuple(sorted(found.items())))
packages = st.builds(Package, text.filter(bool), text, text, st.integers(0, (1 << 64) - 1), pairs)
manifests = st.builds(Manifest.of, st.sampled_from(["apt", "pip", "npm"]), st.lists(packages, max_size=8))
digests = st.binary(min_size=32, max_size=32)
ids = st.binary(min_size=16, max_size=16).map(bytes.hex)
extensions = st.dictionaries(text, st.binary(max_size=9), max_size=3).map(lambda found: tuple(sorted(found.items())))
with_object = st.builds(
    Slot,
    text,
    text,
    st.sampled_from([OK, PARTIAL]),
    digests.map(lambda found: ObjectId(found.hex())),
    st.integers(0, 1 << 40),
    text,
    pairs,
    extensions,
)
without = st.builds(
    Slot, text, text, st.sampled_from([ABSENT, FAILED, PARTIAL]), st.none(), st.just(0), text, pairs, extensions
)
of_later = st.tuples(
    text, text, text.map(lambda word: f"later {word}"), st.none() | digests, st.integers(0, 9), text, pairs, extensions
).map(refs.read_slot)
slots = st.lists(with_object | without | of_later, max_size=4, unique_by=lambda slot: slot[:2]).map(
    lambda found: tuple(sorted(found, key=lambda slot: slot[:2]))
)


def _made(origin: str, machine: str, created: int, sequence: int, *rest: Any) -> Snapshot:
    own = identity.make(origin, machine, sequence, created)
    return Snapshot(own, origin, machine, created, sequence, *rest)


snapshots = st.builds(
    _made,
    ids,
    ids,
    st.integers(0, 1 << 43),
    st.integers(0, (1 << 32) - 1),
    st.none() | st.builds(Previous, ids.map(SnapshotId), digests),
    st.builds(Cause, text, text, text),
    text,
    slots,
    pairs,
    st.dictionaries(text, digests.map(lambda found: ObjectId(found.hex())), max_size=3).map(
        lambda found: tuple(sorted(found.items()))
    ),
    extensions,
)
features = st.lists(text, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
configs = st.builds(
    records.Config, ids, st.sampled_from(["link", "rename"]), st.just(()), features, features, extensions
)
marks = st.builds(records.Mark, text, ids.map(SnapshotId), st.integers(0, 1 << 43), extensions)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.binary(max_size=9) | text,
    lambda inner: st.lists(inner, max_size=5).map(tuple),
)


@given(values)
def test_a_value_is_read_back(value: object) -> None:
    assert canonical.unpack(canonical.pack(value), 1 << 20) == value


@given(manifests)
def test_a_manifest_is_read_back(manifest: Manifest) -> None:
    identity, frame = objects.encode(manifest)
    assert objects.decode(frame, identity) == manifest
    assert objects.intact(frame, identity)


@given(manifests, manifests)
def test_manifests_are_equal_exactly_when_their_ids_are(left: Manifest, right: Manifest) -> None:
    assert (left == right) == (objects.encode(left).id == objects.encode(right).id)


@given(snapshots)
def test_a_ref_is_read_back(snapshot: Snapshot) -> None:
    data = refs.encode(snapshot)
    assert refs.decode(data) == snapshot
    assert refs.encode(refs.decode(data)) == data


@given(snapshots)
def test_a_ref_needs_each_object_that_it_names_also_in_slots_of_later_versions(snapshot: Snapshot) -> None:
    rows = [refs.slot_row(slot) for slot in snapshot.slots]
    held = {row[3].hex() for row in rows if isinstance(row[3], bytes)} | {own for _, own in snapshot.roots}
    assert snapshot.objects() == held


@given(configs)
def test_a_configuration_is_read_back(config: records.Config) -> None:
    assert records.decode_config(records.encode_config(config)) == config


@given(marks, st.sampled_from([records.TAG, records.MARK]))
def test_a_mark_is_read_back(mark: records.Mark, kind: int) -> None:
    assert records.decode_mark(kind, records.encode_mark(kind, mark)) == mark


@given(manifests, st.integers(0, 40))
def test_a_body_that_is_read_row_by_row_is_the_same_or_refused(manifest: Manifest, most: int) -> None:
    raw = canonical.pack((manifest.ecosystem, manifest.packages))
    whole = canonical.unpack(raw, 1 << 20)
    longest = max((len(canonical.pack(value)) for value in (manifest.ecosystem, *manifest.packages)), default=0)
    table = objects.TABLE._replace(row=most)
    if longest <= most or len(raw) <= most:
        assert canonical.unpack_table(raw, table) == whole
    else:
        with pytest.raises(CorruptError):
            canonical.unpack_table(raw, table)


@given(st.binary(max_size=60) | values.map(canonical.pack) | st.tuples(text, values).map(canonical.pack))
def test_any_bytes_that_are_read_row_by_row_are_refused_or_have_the_same_meaning(data: bytes) -> None:
    try:
        value = canonical.unpack_table(data, objects.TABLE._replace(row=8))
    except CorruptError:
        return
    assert value == canonical.unpack(data, 1 << 20)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_have_one_meaning(data: bytes) -> None:
    try:
        value = canonical.unpack(data, 200)
    except CorruptError:
        return
    assert canonical.pack(value) == data


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: objects.MAGIC + b"\x01\x01" + rest))
def test_any_bytes_as_an_object_give_a_declared_error(data: bytes) -> None:
    with pytest.raises(DECLARED):
        objects.decode(data, ObjectId("0" * 64))


@given(values)
def test_any_value_as_an_object_is_refused_or_is_what_would_be_written(value: object) -> None:
    raw = canonical.pack(value)
    frame = objects.MAGIC + bytes((1, 1, 0)) + len(raw).to_bytes(4, "big") + raw
    identity = object_id("manifest", raw)
    try:
        manifest = objects.decode(frame, identity)
    except DECLARED:
        return
    assert objects.encode(manifest).id == identity


@given(values, st.sampled_from([records.REF, records.CONFIG, records.TAG, records.MARK, records.REMOVED]))
def test_any_value_as_a_record_gives_a_declared_error(value: object, kind: int) -> None:
    data = records.seal(kind, value)
    with pytest.raises(DECLARED):
        _decode(kind, data)


def _decode(kind: int, data: bytes) -> object:
    if kind == records.REF:
        return refs.decode(data)
    if kind == records.REMOVED:
        return removed.decode(data)
    return records.decode_config(data) if kind == records.CONFIG else records.decode_mark(kind, data)


@given(snapshots, st.data())
def test_a_changed_ref_gives_a_declared_error(snapshot: Snapshot, data: st.DataObject) -> None:
    good = refs.encode(snapshot)
    at = data.draw(st.integers(0, len(good) - 1))
    end = data.draw(st.integers(at, len(good)))
    bad = good[:at] + data.draw(st.binary(max_size=4)) + good[end:]
    if bad == good:
        return
    with pytest.raises(DECLARED):
        refs.decode(bad)
