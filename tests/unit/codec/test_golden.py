"""Format version 1, as it was written once: read to the same values and written to the same bytes for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories import golden

from cortexrepo.codec import artifacts, objects, records, refs, removed, slots
from cortexrepo.codec.packed import blocks, packs, segments
from cortexrepo.model.ids import ObjectId

if TYPE_CHECKING:
    from cortexrepo.model.artifact import Artifact


def _stored(name: str) -> bytes:
    return (golden.PLACE / name).read_bytes()


@pytest.mark.parametrize("name", golden.CONFIGS)
def test_a_configuration_of_version_1_is_read(name: str) -> None:
    assert records.decode_config(_stored(name)) == golden.CONFIGS[name]


@pytest.mark.parametrize("name", golden.REFS)
def test_a_ref_of_version_1_is_read(name: str) -> None:
    assert refs.decode(_stored(name)) == golden.REFS[name]


@pytest.mark.parametrize("name", golden.MARKS)
def test_a_mark_of_version_1_is_read(name: str) -> None:
    kind, mark = golden.MARKS[name]
    assert records.decode_mark(kind, _stored(name)) == mark


@pytest.mark.parametrize("name", golden.MANIFESTS)
def test_an_object_of_version_1_is_read_under_its_id(name: str) -> None:
    identity = ObjectId(_stored(f"{name}.id").decode())
    assert objects.decode(_stored(name), identity) == golden.MANIFESTS[name]


def test_a_note_about_removed_snapshots_of_version_1_is_read() -> None:
    assert removed.decode(_stored("removed")) == golden.REMOVED


@pytest.mark.parametrize("name", [*golden.CONFIGS, *golden.REFS, *golden.MARKS, "removed"])
def test_a_record_of_today_has_the_bytes_of_version_1(name: str) -> None:
    assert golden.encoded()[name] == _stored(name)


@pytest.mark.parametrize("name", golden.MANIFESTS)
def test_an_object_of_today_has_the_id_and_content_of_version_1(name: str) -> None:
    today, stored = golden.encoded(), _stored(name)
    assert today[f"{name}.id"] == _stored(f"{name}.id")
    # Another zlib may compress to other bytes: the content is the format, not how small it became.
    assert objects.content(today[name]) == objects.content(stored)
    assert today[name][:6] == stored[:6]


def test_a_pack_of_version_1_is_read() -> None:
    found = packs.decode(_stored("pack"), _stored("pack.name").decode())
    *manifests, other = found.contents()
    assert [objects.manifest(content.raw) for content in manifests] == list(golden.CHANGED)
    assert other == golden.LATER
    for identity, content in [*((packs.identify(one), one) for one in manifests), (golden.LATER_ID, other)]:
        ((number, place),) = found.find(identity)
        assert found.open(number).read(place) == content


def test_a_table_of_slots_of_version_1_is_read_under_its_id_and_written_to_the_same_content() -> None:
    identity = ObjectId(_stored("table.id").decode())
    assert slots.decode_frame(_stored("table"), identity) == golden.SECOND.slots
    assert golden.MANY.id == identity
    assert objects.content(golden.MANY.frame) == objects.content(_stored("table"))


def test_a_pack_with_tables_of_slots_of_version_1_is_read() -> None:
    found = packs.decode(_stored("pack-tables"), _stored("pack-tables.name").decode())
    *tables, manifest, other = sorted(found.contents(), key=lambda one: (one.type != objects.SLOTS, one.type))
    assert [slots.decode(content.raw, {}) for content in tables] == list(golden.TABLES)
    assert objects.manifest_in(manifest) == golden.MANIFEST
    assert other == golden.LATER
    assert sorted(block.kind for block in found.blocks) == [blocks.WHOLE, blocks.CHANGES, blocks.TABLES]
    today = golden.pack_of_tables()
    assert list(packs.decode(today.data, today.name).contents()) == list(found.contents())


def test_a_segment_with_a_ref_whose_slots_are_in_a_table_of_version_1_is_read() -> None:
    found = segments.decode(_stored("segment-tables"), _stored("segment-tables.name").decode())
    rows = [(group, row) for group in found.head.groups for row in range(group.start, group.start + group.rows)]
    made = [found.snapshot(*row) for row in rows]
    assert set(made) == {*golden.ROLLED, golden.TABLED}
    assert [refs.encode(one) for one in made if one.table()] == [_stored("ref-table")]


def test_a_pack_of_today_has_the_content_of_version_1() -> None:
    stored = packs.decode(_stored("pack"), _stored("pack.name").decode())
    today = packs.decode(golden.pack().data, golden.pack().name)
    # Another zstd may compress to other bytes, and so give the pack another name.
    for one, other in zip(today.blocks, stored.blocks, strict=True):
        assert one._replace(frames=()) == other._replace(frames=())
        assert sum(frame.length for frame in one.frames) == sum(frame.length for frame in other.frames)
    assert today.beginnings == stored.beginnings


def test_a_segment_of_version_1_is_read() -> None:
    found = segments.decode(_stored("segment"), _stored("segment.name").decode())
    rows = [(group, row) for group in found.head.groups for row in range(group.start, group.start + group.rows)]
    assert {found.snapshot(*row) for row in rows} == set(golden.ROLLED)
    assert len(rows) == len(golden.ROLLED)


@pytest.mark.parametrize(("stem", "plain"), [("artifact", golden.ARTIFACT), ("artifact-built", golden.BUILT)])
def test_an_artifact_of_version_1_is_read_under_its_name_and_written_to_the_same_bytes(
    stem: str, plain: Artifact
) -> None:
    data, (key, content, *holder) = _stored(stem), _stored(f"{stem}.name").decode().split("-")
    found = artifacts.decode_trailer(data, len(data))
    assert found == plain._replace(content=content)
    assert [found.holder] == (holder or [""])
    assert data[: found.size] == golden.CONTENT
    assert artifacts.key_of(found.ecosystem, found.name, found.arch, found.version) == key
    assert golden.artifact()[stem] == data
    assert golden.artifact()[f"{stem}.name"] == _stored(f"{stem}.name")


def test_every_golden_file_is_tested() -> None:
    assert {path.name for path in golden.PLACE.iterdir()} == set(golden.encoded())
