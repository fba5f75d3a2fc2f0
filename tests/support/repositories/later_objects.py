"""Objects, segments, packs and artifacts of a version 2 that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import artifacts, hashing, objects, refs, slots
from cortexrepo.codec.canonical import pack
from cortexrepo.codec.objects import Content
from cortexrepo.codec.packed import packs, segments, writer
from cortexrepo.codec.packed.blocks import WHOLE
from cortexrepo.model import refname
from cortexrepo.model.artifact import Artifact
from cortexrepo.model.snapshot import TABLE
from cortexrepo.repository import layout
from support.repositories.beside import (
    HIDDEN,
    NEEDED,
    NEWER,
    OPAQUE,
    PLAIN,
    UNKNOWN_KIND,
    framed,
    id_of,
    objects_of,
    of_kind,
    plain,
    raw_of,
    ref,
    slot_of,
)  # fmt: skip
from support.repositories.golden import LATER, LATER_ID

if TYPE_CHECKING:
    from cortexrepo.model.ids import ObjectId
    from support.repositories.beside import Files

ARTIFACT = Artifact("apt", "bash", "amd64", "5.2-1", "bash_5.2-1_amd64.deb", "", len(OPAQUE), "cache")


def of_objects() -> dict[str, Files]:
    """Returns the cases of objects in files of their own; a snapshot names each."""
    raw = raw_of(HIDDEN)
    return {
        name: {**plain(), **ref(NEWER), layout.object_key(id_of(HIDDEN)): data}
        for name, data in {
            "object-version": framed(raw, version=2),
            "object-type": framed(raw, kind=LATER.type),
            "object-codec": framed(raw, codec=9),
        }.items()
    }


def of_tables() -> dict[str, Files]:
    """Returns the case of a table of slots that only version 2 can read: what its snapshot holds is not known."""
    table = slots.encode(slots.rows_of(NEWER.slots))
    named = {layout.ref_key(refname.of(NEWER)): refs.encode(NEWER._replace(slots=(), roots=((TABLE, table.id),)))}
    newer = framed(objects.content(table.frame), version=2, kind=objects.SLOTS)
    return {"table-version": {**plain(), **named, **objects_of(HIDDEN), layout.object_key(table.id): newer}}


def of_segments() -> dict[str, Files]:
    """Returns the cases of segments."""
    found: dict[str, Files] = {}
    for name, header in (("segment-version", b"\x02\x01"), ("segment-codec", b"\x01\x09")):
        data = segments.MAGIC + header + OPAQUE
        found[name] = {**plain(), layout.segment_key(hashing.segment_name(data)): data}
    return found


def of_packs() -> dict[str, Files]:
    """Returns the cases of packs. Two snapshots need what is in them; only version 2 can read the second's object."""
    both = {**ref(PLAIN), **ref(NEWER)}
    found: dict[str, Files] = {}
    for name, header in (("pack-version", b"\x02\x01"), ("pack-codec", b"\x01\x09")):
        data = packs.MAGIC + header + OPAQUE
        found[name] = {**both, **objects_of(NEEDED), layout.pack_key(hashing.pack_name(data)): data}
    odd = NEWER._replace(slots=(slot_of(HIDDEN)._replace(object=LATER_ID),))
    return {
        **found,
        "pack-block": {**both, **_packed(Content(objects.MANIFEST, OPAQUE), id_of(HIDDEN), 200)},
        "pack-object-type": {**ref(PLAIN), **ref(odd), **_packed(LATER, LATER_ID, WHOLE)},
    }


def _packed(content: Content, own: ObjectId, kind: int) -> Files:
    """Returns a pack of the needed object, and of another one in a block of this kind behind it."""
    draft = writer.Writer()
    draft.add(id_of(NEEDED), Content(objects.MANIFEST, raw_of(NEEDED)))
    draft.add(own, content)
    made = draft.finish()
    found = packs.decode(made.data, made.name)
    *rows, last = [
        (one.kind, one.objects, tuple(size for frame in one.frames for size in frame)) for one in found.blocks
    ]
    head = pack(((*rows, (kind, *last[1:])), found.beginnings))
    blocks = b"".join(map(found.bytes_of, range(len(found.blocks))))
    data = packs.MAGIC + bytes((packs.VERSION, packs.ZSTD)) + len(head).to_bytes(4, "big") + head + blocks
    return {layout.pack_key(hashing.pack_name(data)): data}


def of_artifacts() -> dict[str, Files]:
    """Returns the cases of artifacts: files of a package that a snapshot has."""
    hasher = artifacts.hasher()
    hasher.update(OPAQUE)
    kept = ARTIFACT._replace(content=hasher.hexdigest())
    name = f"{artifacts.key_of(*kept[:4])}-{kept.content}"
    record = artifacts.encode_trailer(kept)[:-4]
    found: dict[str, Files] = {}
    for case, changed in (
        ("artifact-version", record[:4] + b"\x02" + record[5:]),
        ("artifact-kind", of_kind(record, UNKNOWN_KIND)),
    ):
        data = OPAQUE + changed + len(changed).to_bytes(4, "big")
        found[case] = {**plain(), f"artifacts/{name[:2]}/{name}": data}
    return found
