"""Ranges: a number, a text or a list beyond what docs/format.md allows is damage, in a ref as in a segment."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, cast

import msgpack
import pytest
from support.repositories import golden
from support.repositories.bodies import ref

from cortexrepo.codec import records, refs
from cortexrepo.codec.canonical import pack
from cortexrepo.codec.hashing import segment_name
from cortexrepo.codec.packed import segments
from cortexrepo.errors import CorruptError
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.refname import END, HIGHEST

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot

ONE = "01" * 16


def test_numbers_beyond_their_range_and_a_message_that_is_too_long_are_damage() -> None:
    for changes in ({"created": END}, {"sequence": HIGHEST + 1}, {"message": "x" * (refs.MESSAGE_LIMIT + 1)}):
        with pytest.raises(CorruptError, match="damaged"):
            refs.decode(ref(**changes))
    kept = refs.decode(ref(created=END - 1, sequence=HIGHEST, message="x" * refs.MESSAGE_LIMIT))
    assert (kept.created_at, kept.sequence, len(kept.message)) == (END - 1, HIGHEST, refs.MESSAGE_LIMIT)
    mark = records.Mark("golden", SnapshotId(ONE), END - 1)
    assert records.decode_mark(records.TAG, records.encode_mark(records.TAG, mark)) == mark
    with pytest.raises(CorruptError, match="damaged"):
        records.decode_mark(records.TAG, records.encode_mark(records.TAG, mark._replace(made_at=END)))


@pytest.mark.parametrize("required", [(1,), ("b", "a"), ("a", "a"), (("a",),)], ids=str)
def test_what_is_no_list_of_features_is_damage_and_not_a_newer_version(required: tuple[object, ...]) -> None:
    with pytest.raises(CorruptError, match="damaged"):
        refs.decode(ref(required=required))


def test_a_message_and_a_latest_time_in_a_segment_are_checked_as_in_a_ref() -> None:
    data = segments.encode([segments.Ref(one, refs.checksum_of(refs.encode(one))) for one in golden.EXAMPLES]).data
    end = segments.HEADER + int.from_bytes(data[6:10], "big")
    head, body = (cast("tuple[Any, ...]", msgpack.unpackb(part, use_list=False)) for part in (
        data[segments.HEADER : end], zlib.decompress(data[end:]))
    )  # fmt: skip
    later = (*head[0][:-1], head[0][-1] + 1)
    long = (*body[:7], (body[7][0], ("x" * (refs.MESSAGE_LIMIT + 1), "two"), *body[7][2:]))
    for changed in (_segment((later,), body), _segment(head, long)):
        with pytest.raises(CorruptError, match=r"latest time|message"):
            _read(changed)
    assert len(_read(_segment(head, body))) == len(golden.EXAMPLES)


def _segment(head: object, body: object) -> bytes:
    parts = pack(head), pack(body)
    sizes = b"".join(len(part).to_bytes(4, "big") for part in parts)
    return segments.MAGIC + bytes((1, 1)) + sizes + parts[0] + zlib.compress(parts[1])


def _read(data: bytes) -> list[Snapshot]:
    found = segments.decode(data, segment_name(data))
    return [found.snapshot(group, row) for group in found.head.groups for row in range(group.rows)]
