"""Records of a version 2 that does not exist: configuration, refs, tags, marks, notes about removed snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import records, refs, removed
from cortexrepo.model import refname
from cortexrepo.model.removed import Removed, Vouched
from cortexrepo.model.snapshot import FAILED, Later
from cortexrepo.repository import layout
from support.repositories.beside import (
    EXTENSIONS,
    FLAGGED,
    FLATPAKS,
    HIDDEN,
    LOOKED,
    NEWER,
    OPAQUE,
    ORIGIN,
    PLAIN,
    REQUIRED,
    UNKNOWN_KIND,
    framed,
    id_of,
    objects_of,
    of_kind,
    plain,
    ref,
    slot_of,
    snapshot,
)  # fmt: skip
from support.repositories.golden import LATER, LATER_ID
from support.repositories.inventories import MACHINE

if TYPE_CHECKING:
    from support.repositories.beside import Files

RECORD = records.MAGIC + b"\x02\x01" + 2 * OPAQUE


def newer_ref(data: bytes) -> Files:
    """Returns a ref of version 2 in its place, and the object that it names."""
    return {layout.ref_key(refname.of(NEWER)): data, **objects_of(HIDDEN), **plain()}


def needing(kind: int, *fields: object) -> bytes:
    """Returns a record that needs a feature: its last field but one; there are no extensions."""
    return records.seal(kind, (*fields, REQUIRED, ()))


def configurations() -> dict[str, Files]:
    """Returns the cases of the configuration."""
    plain_one = records.Config(ORIGIN, "link")
    return {
        name: {layout.CONFIG: data}
        for name, data in {
            "config-to-read": records.encode_config(plain_one._replace(to_read=REQUIRED)),
            "config-to-write": records.encode_config(plain_one._replace(to_write=REQUIRED)),
            "config-to-collect": records.encode_config(plain_one._replace(to_collect=REQUIRED)),
            "config-publish": records.encode_config(plain_one._replace(publish="beam")),
            "config-version": RECORD,
            "config-extensions": records.encode_config(plain_one._replace(extensions=EXTENSIONS)),
        }.items()
    }


def of_refs() -> dict[str, Files]:
    """Returns the cases of refs, slots and what they name."""
    data = refs.encode(NEWER)
    own = bytes.fromhex(ORIGIN), bytes.fromhex(MACHINE), NEWER.created_at, NEWER.sequence
    # Of what the feature is about this version knows nothing, except how many fields there are, and their types.
    odd_fields = (None, (OPAQUE,), "", (2,), (3,), (4,))
    slot = slot_of(HIDDEN)._replace(extensions=EXTENSIONS)
    asleep = slot._replace(status=FAILED, object=None, later=Later("asleep", id_of(HIDDEN), 1, "wakes at night"))
    lost = asleep._replace(later=Later("lost", None, 0, ""))
    flatpaks = [snapshot(1001 + number, slot_of(one)) for number, one in enumerate(FLATPAKS)]
    flagged = [snapshot(1001 + number, slot_of(one)) for number, one in enumerate(FLAGGED)]
    rooted = NEWER._replace(roots=(("aura", id_of(LOOKED)),))
    odd = NEWER._replace(roots=(("aura", LATER_ID),))
    odd_object = {layout.object_key(LATER_ID): framed(LATER.raw, kind=LATER.type)}
    return {
        "ref-version": newer_ref(RECORD),
        "ref-name": {**plain(), f"{layout.REFS}/2.later.7816d5cc": RECORD},
        "ref-kind": newer_ref(of_kind(data, UNKNOWN_KIND)),
        "ref-required": newer_ref(needing(records.REF, *own, *odd_fields)),
        "ref-extensions": newer_ref(refs.encode(NEWER._replace(slots=(slot,), extensions=EXTENSIONS))),
        "status-with-object": newer_ref(refs.encode(NEWER._replace(slots=(asleep,)))),
        "status-without-object": {**plain(), **ref(NEWER._replace(slots=(lost,)))},
        "ecosystem": {**plain(), **ref(flatpaks[0]), **ref(flatpaks[1]), **objects_of(*FLATPAKS)},
        "flags-and-attributes": {**plain(), **ref(flagged[0]), **ref(flagged[1]), **objects_of(*FLAGGED)},
        "root-role": {**newer_ref(refs.encode(rooted)), **objects_of(LOOKED)},
        "root-of-an-unknown-type": {**newer_ref(refs.encode(odd)), **odd_object},
    }


def of_marks() -> dict[str, Files]:
    """Returns the cases of tags, deletion marks and notes about removed snapshots."""
    own, moment = bytes.fromhex(PLAIN.id), PLAIN.created_at
    note = Removed(MACHINE, ORIGIN, 1, ((3, 9),), (Vouched(PLAIN.sequence, moment, refs.encode(PLAIN)[-32:-16]),))
    fields = bytes.fromhex(MACHINE), bytes.fromhex(ORIGIN), note.since, note.spans, note.vouched
    found: dict[str, Files] = {}
    for name, key, kind, data, needs, kept in (
        ("tag", layout.tag_key("later"), records.TAG, *_marks(records.TAG, "later", own, moment)),
        ("mark", layout.mark_key(PLAIN.id), records.MARK, *_marks(records.MARK, PLAIN.id, own, moment)),
        (
            "removed", layout.removed_key(f"{MACHINE}-{ORIGIN}"), records.REMOVED, removed.encode(note),
            needing(records.REMOVED, *fields), removed.encode(note._replace(extensions=EXTENSIONS)),
        ),
    ):  # fmt: skip
        found |= {
            f"{name}-version": {**plain(), key: records.MAGIC + bytes((2, kind)) + 2 * OPAQUE},
            f"{name}-kind": {**plain(), key: of_kind(data, UNKNOWN_KIND)},
            f"{name}-required": {**plain(), key: needs},
            f"{name}-extensions": {**plain(), key: kept},
        }
    return found


def _marks(kind: int, name: str, own: bytes, moment: int) -> tuple[bytes, bytes, bytes]:
    """Returns a mark, one that needs a feature, and one with extensions."""
    mark = records.Mark(name, PLAIN.id, moment)
    return (
        records.encode_mark(kind, mark),
        needing(kind, name, own, moment),
        records.encode_mark(kind, mark._replace(extensions=EXTENSIONS)),
    )
