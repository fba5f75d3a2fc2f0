"""docs/format.md shows files byte by byte: they are what the program reads and writes."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from support.repositories import golden

from cortexrepo.codec import hashing, records, refs
from cortexrepo.codec.packed import segments
from cortexrepo.model import refname
from cortexrepo.model.package import FLAG_NAMES

TEXT = (Path(__file__).parents[2] / "docs" / "format.md").read_text()


def blocks(section: str) -> list[bytes]:
    """Returns the bytes in the block of a section, part by part; a part ends at an empty line."""
    block = TEXT.partition(f"### {section} ")[2].partition("```\n")[2].partition("```")[0]
    parts = block.strip().split("\n\n")
    hexed = re.compile(r"^((?:[0-9a-f]{2} ?)+)(?: |$)")
    found = []
    for part in parts:
        rows = [hexed.match(line) for line in part.splitlines()]
        assert all(rows), part
        found.append(bytes.fromhex("".join(row[1] for row in rows if row)))
    return found


def test_the_ref_in_the_document_is_what_is_written() -> None:
    [data] = blocks("4.6")
    assert data == refs.encode(golden.EXAMPLES[0])
    assert f"`{refname.of(golden.EXAMPLES[0])}`" in TEXT


def test_the_segment_in_the_document_is_read_as_its_three_snapshots() -> None:
    head, body = blocks("6.1")
    data = head + zlib.compress(body)
    found = segments.decode(data, hashing.segment_name(data))
    [group] = found.head.groups
    assert [found.snapshot(group, row) for row in range(3)] == list(golden.EXAMPLES)
    written = segments.encode([segments.Ref(one, refs.checksum_of(refs.encode(one))) for one in golden.EXAMPLES])
    assert written.data[: len(head)] == head
    assert zlib.decompress(written.data[len(head) :]) == body


def test_the_document_names_every_flag_and_kind_of_record() -> None:
    rows = dict(re.findall(r"\| (\d+) \| (\w+) \| ", TEXT.partition("### 9.2 ")[2].partition("###")[0]))
    assert rows == {str(bit.bit_length() - 1): name for bit, name in FLAG_NAMES}
    kinds = {name: value for name, value in vars(records).items() if name.isupper() and isinstance(value, int)}
    assert {kinds[name] for name in ("REF", "CONFIG", "TAG", "MARK", "MEMORY", "INDEX", "ARTIFACT", "REMOVED")} < set(
        map(int, re.findall(r"\| (\d) \| ", TEXT.partition("## 4. ")[2].partition("### 4.1")[0]))
    )
