"""The second reader reads the golden files of version 1, and the files that docs/format.md shows byte by byte."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from support.repositories import golden

from cortexrepo.codec import refs as product
from cortexrepo.codec.refs import slot_row
from cortexrepo.model import refname
from reader import artifacts, objects, packs, records, refs, segments
from reader.values import digest

GOLDEN = golden.PLACE
PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text()


def data(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def text(name: str) -> str:
    return data(name).decode()


def shown(section: str, behind: str = "") -> bytes:
    """Returns the bytes that a section of the page shows, behind a text."""
    part = PAGE.partition(f"## {section}")[2].partition(behind)[2] if behind else PAGE.partition(f"### {section} ")[2]
    block = part.partition("```\n")[2].partition("```")[0]
    return bytes.fromhex("".join(re.findall(r"^((?:[0-9a-f]{2} ?)+)(?: |$)", block, re.MULTILINE)))


def test_the_records_of_version_1_are_read() -> None:
    for name, config in golden.CONFIGS.items():
        found = records.configuration(data(name))
        assert (found.repository.hex(), *found[1:]) == tuple(config)
    for name, (_, mark) in golden.MARKS.items():
        read = (records.tag if name == "tag" else records.mark)(data(name), mark.name)
        assert (read.name, read.snapshot.hex(), read.time, read.extensions) == tuple(mark)
    note = records.removed(data("removed"), f"{golden.MACHINE}-{golden.ORIGIN}")
    assert (note.machine.hex(), note.origin.hex(), *note[2:]) == tuple(golden.REMOVED)
    for name, snapshot in golden.REFS.items():
        assert refs.ref(data(name), refname.of(snapshot)).id.hex() == snapshot.id


def test_the_objects_and_the_artifact_of_version_1_are_read() -> None:
    for name, manifest in golden.MANIFESTS.items():
        found = objects.manifest(objects.raw_bytes(data(name), bytes.fromhex(text(f"{name}.id"))).raw)
        assert (found.ecosystem, *map(tuple, found.rows)) == (manifest.ecosystem, *map(tuple, manifest.packages))
    for stem, wanted in (("artifact", golden.ARTIFACT), ("artifact-built", golden.BUILT)):
        kept = artifacts.artifact(data(stem), text(f"{stem}.name"))
        assert (*kept[:5], kept.size, kept.origin) == (*wanted[:5], wanted.size, wanted.origin)
        assert kept.marks == ((wanted.holder, wanted.environment) if wanted.holder else ())


def test_the_segment_and_the_pack_of_version_1_are_read() -> None:
    rows = segments.segment(data("segment"), text("segment.name"))
    assert {row.ref.name: row.file for row in rows} == {refname.of(one): product.encode(one) for one in golden.ROLLED}
    pack = packs.pack(data("pack"), text("pack.name"))
    found = [objects.manifest(thing.raw) for thing in pack.objects.values()]
    wanted = [(one.ecosystem, list(map(tuple, one.packages))) for one in golden.CHANGED]
    assert [(one.ecosystem, list(map(tuple, one.rows))) for one in found] == wanted
    assert pack.wrong == "newer"  # an object of a type that only a later version knows


def test_the_tables_of_slots_of_version_1_are_read() -> None:
    table = objects.table(objects.raw_bytes(data("table"), bytes.fromhex(text("table.id"))).raw)
    assert table == refs.ref(data("ref-second"), refname.of(golden.SECOND)).slots
    tabled = refs.ref(data("ref-table"), refname.of(golden.TABLED))
    assert (tabled.slots, (tabled.table or b"").hex()) == (None, text("table.id"))
    rows = segments.segment(data("segment-tables"), text("segment-tables.name"))
    assert [row.file for row in rows if row.ref.name == refname.of(golden.TABLED)] == [data("ref-table")]
    pack = packs.pack(data("pack-tables"), text("pack-tables.name"))
    found = [objects.table(thing.raw) for thing in pack.objects.values() if thing.type == objects.SLOTS]
    assert [list(map(tuple, one)) for one in found] == [list(map(slot_row, slots)) for slots in golden.TABLES]


def test_the_files_that_the_page_shows_are_read() -> None:
    one, whole = shown("4.6"), shown("6.1")
    assert refs.ref(one, refname.of(golden.EXAMPLES[0])).message == "one"
    end = 14 + int.from_bytes(whole[6:10], "big")
    segment = whole[:end] + zlib.compress(whole[end:])
    rows = segments.segment(segment, digest("segment", segment).hex())
    assert [row.ref.message for row in rows] == ["one", "two", "two"]
    assert rows[0].file == one
    table = shown("5", "**Table of slots**")
    assert [tuple(slot) for slot in objects.table(table)] == [slot_row(slot) for slot in golden.EXAMPLES[2].slots]
    assert objects.object_id(objects.Raw(objects.SLOTS, table)).hex() in PAGE
