"""Writes the golden files of format version 1: `python tests/support/repositories/golden.py`.

They are data that a released version wrote: never written anew for version 1, whatever the code becomes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cortexrepo.codec import artifacts, identity, objects, records, refs, removed, slots
from cortexrepo.codec.objects import Content
from cortexrepo.codec.packed import packs, segments, writer
from cortexrepo.model import refname
from cortexrepo.model.artifact import Artifact
from cortexrepo.model.elsewhere import Elsewhere
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.package import AUTO, BROKEN, HOLD, LINK, OWNED, REQUESTED, Manifest, Package
from cortexrepo.model.removed import Removed, Vouched
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL, TABLE, Cause, Later, Previous, Slot, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = Path(__file__).parents[2] / "data" / "formats" / "v1"
CREATED = 1767225600123
OBJECT = ObjectId("b20a28d8e4b7b9a1a0a6b7a2f3a1fbf7b5ad6b3d3a1c0f4b3c8f5d2e1a0b9c8d")

MANIFEST = Manifest(
    "apt",
    (
        Package("bash", "amd64", "5.2.15-2+b7", AUTO, (("section", "shells"),)),
        Package("libc6", "amd64", "1:2.36-9+deb12u9~bpo1", AUTO | HOLD),
        Package("libc6", "i386", "1:2.36-9+deb12u9~bpo1", 1 << 40, (("a", ""), ("state", "half-installed"))),
        Package("naïve", "", "", BROKEN | OWNED | LINK | REQUESTED, (("url", "https://example.org/é?x=1"),)),
    ),
)
"""Every width of integer and string that matters, text beyond ASCII, and bits that are not named yet."""
EMPTY = Manifest("npm", ())
CONFIGS = {"config-link": records.Config("00112233445566778899aabbccddeeff", "link"),
           "config-rename": records.Config(
               "ffeeddccbbaa99887766554433221100", "rename", (), ("later-write",), ("later-gc",), (("later", b"x"),)
           )}  # fmt: skip
ORIGIN, MACHINE = "00112233445566778899aabbccddeeff", "fedcba9876543210fedcba9876543210"
FIRST = Snapshot(
    identity.make(ORIGIN, MACHINE, 1, CREATED),
    ORIGIN,
    MACHINE,
    CREATED,
    1,
    None,
    Cause(),
    "",
    (),
)
SECOND = FIRST._replace(
    id=identity.make(ORIGIN, MACHINE, 70_000, CREATED + 60_000),
    created_at=CREATED + 60_000,
    sequence=70_000,
    previous=Previous(FIRST.id, bytes(range(32))),
    cause=Cause("cortex snapshot create", "ada", "manual"),
    message="before the upgrade\nünïcode ✓ " + "long " * 20,
    slots=(
        Slot("apt", "", PARTIAL, OBJECT, 3, "/var/lib/dpkg/status: cut short"),
        Slot("npm", "", ABSENT),
        Slot("pip", "/opt/venv", OK, OBJECT, 300, "", (("owner", "0"), ("python", "3.11"))),
        Slot("pip", "/srv/other", FAILED, None, 0, "Permission denied", (), (("later", b"\x02"),)),
        Slot(
            "pip",
            "/srv/third",
            FAILED,
            None,
            0,
            "a newer version of cortex recorded it with the status 'asleep': wakes at night",
            (),
            (),
            Later("asleep", OBJECT, 7, "wakes at night"),
        ),
    ),
    roots=(("looked", OBJECT),),
    facts=(("hostname", "testing"), ("kernel", "6.1.0-13-amd64")),
    extensions=(("later", b"\x00\x01"),),
)
THIRD = FIRST._replace(
    id=identity.make(ORIGIN, MACHINE, 2, CREATED + 1),
    created_at=CREATED + 1,
    sequence=2,
    previous=Previous(FIRST.id, refs.checksum_of(refs.encode(FIRST))),
)
FOURTH = SECOND._replace(
    id=identity.make(ORIGIN, MACHINE, 70_001, CREATED + 120_000),
    sequence=70_001,
    created_at=CREATED + 120_000,
    previous=None,
)
RECORDED = FIRST._replace(id=identity.make(ORIGIN, MACHINE, 0, CREATED), sequence=refname.IMPORTED)
OTHER = THIRD._replace(id=identity.make(ORIGIN, "0" * 32, 2, CREATED + 1), machine="0" * 32, previous=None)
FOREIGN = THIRD._replace(id=identity.make("f" * 32, MACHINE, 2, CREATED + 1), origin="f" * 32, previous=None)
ROLLED = (FIRST, SECOND, THIRD, FOURTH, RECORDED, OTHER, FOREIGN)
"""Links that are reckoned, that lead elsewhere, that are not there; of two machines, and made in two repositories."""
MANY = slots.encode(slots.rows_of(SECOND.slots))
"""A table of the slots of the second one."""
TABLED = FOURTH._replace(
    id=identity.make(ORIGIN, MACHINE, 70_002, CREATED + 180_000),
    sequence=70_002,
    created_at=CREATED + 180_000,
    slots=Elsewhere(MANY.id),
    roots=(("looked", OBJECT), (TABLE, MANY.id)),
)
"""One whose slots are in that table."""
REFS = {"ref-first": FIRST, "ref-second": SECOND, "ref-table": TABLED}
TABLES = (
    SECOND.slots,
    (Slot("apt", "", OK, OBJECT, 4), *SECOND.slots[1:]),
    (Slot("apt", "", OK, OBJECT, 4), Slot("npm", "/opt/n", ABSENT), SECOND.slots[3]),
    (Slot("rpm", "", OK, OBJECT, 1),),
    (SECOND.slots[0], Slot("rpm", "", OK, OBJECT, 1)),
)
"""Each kind of change of a table: a row in another's place, rows that come, rows that go, no row that stays."""


def _examples() -> tuple[Snapshot, Snapshot, Snapshot]:
    """Returns the three snapshots that docs/format.md shows byte by byte."""
    apt = Slot("apt", "", OK, ObjectId("ab" * 32), 3)
    found: list[Snapshot] = []
    for number, (after, message, held) in enumerate((
        (0, "one", (apt,)), (60_000, "two", (apt,)), (120_007, "two", (apt, Slot("pip", "/opt/v", ABSENT))),
    ), 1):  # fmt: skip
        moment = CREATED + after
        previous = Previous(found[-1].id, refs.checksum_of(refs.encode(found[-1]))) if found else None
        found.append(Snapshot(
            identity.make(ORIGIN, MACHINE, number, moment), ORIGIN, MACHINE, moment, number, previous,
            Cause("create", "ada", "manual"), message, held, (("hostname", "web1"),),
        ))  # fmt: skip
    return found[0], found[1], found[2]


EXAMPLES = _examples()
MARKS = {
    "tag": (records.TAG, records.Mark("golden", FIRST.id, CREATED)),
    "mark": (records.MARK, records.Mark(SECOND.id, SECOND.id, CREATED + 1, (("later", b""),))),
}
CONTENT = bytes(range(256)) * 3
ARTIFACT = Artifact(
    "apt", "naïve", "amd64", "1:5.2~rc1-2+b7", "naive_1%3a5.2~rc1-2+b7_amd64.deb", "", len(CONTENT), "cache"
)
BUILT = Artifact(
    "pip", "demo", "", "1.0", "demo-1.0-py3-none-any.whl", "", len(CONTENT), "installed", "1000", "/home/ada/naïve"
)
REMOVED = Removed(MACHINE, ORIGIN, 1, ((3, 9), (70_002, 70_002)), (Vouched(2, CREATED + 1, bytes(16)),))
MANIFESTS = {"object": MANIFEST, "object-empty": EMPTY}
CHANGED = (
    MANIFEST,
    Manifest("apt", (
        Package("bash", "amd64", "5.2.15-10", AUTO, (("section", "shells"),)),
        Package("bash-completion", "all", "1:2.11-6"),
        Package("libc6", "amd64", "1:2.36-10+deb12u9~bpo1", AUTO),
        Package("libc6", "i386", "1:2.36-9+deb12u9~bpo1", 1 << 40, (("state", "half-configured"),)),
    )),
    Manifest("apt", (
        Package("bash", "arm64", "5.2.15-10", AUTO, (("section", "shells"),)),
        Package("libc6", "amd64", "1:2.36-10+deb13u1", AUTO),
        Package("libc6", "i386", "1:2.36-9+deb12u9~bpo1", 1 << 40),
        Package("zlib1g", "amd64", "1:1.2.13.dfsg-1", 1 << 40),
    )),
    EMPTY,
    Manifest("npm", (Package("@x/y", "", "09.1.0"), Package("@x/y", "", "9.1.0"))),
    Manifest("npm", (Package("@x/y", "", "10.1.0"), Package("@x/y", "", "9.1.0"))),
)  # fmt: skip
"""Each kind of change: rows that go and come, versions with a raised number, a dropped text and another one, another
architecture, flags, attributes; names that share a beginning, two rows of one name; no rows; another ecosystem."""
LATER = Content(77, b"\x93an object of a type that only a later version knows")
"""It is as it is in a pack: its id follows from a context that is not known."""
LATER_ID = ObjectId("c0ffee" + "00" * 29)


def encoded() -> Mapping[str, bytes]:
    """Returns every golden file as the code of today writes it, by name."""
    files = {name: records.encode_config(config) for name, config in CONFIGS.items()}
    files |= {name: refs.encode(snapshot) for name, snapshot in REFS.items()}
    files |= {name: records.encode_mark(kind, mark) for name, (kind, mark) in MARKS.items()}
    files["removed"] = removed.encode(REMOVED)
    for name, manifest in MANIFESTS.items():
        own, frame = objects.encode(manifest)
        files |= {name: frame, f"{name}.id": own.encode()}
    files |= {"table": MANY.frame, "table.id": MANY.id.encode()}
    return files | packed() | artifact()


def artifact() -> dict[str, bytes]:
    """Returns the files of an artifact and of one that was built from installed files, and their names."""
    hasher = artifacts.hasher()
    hasher.update(CONTENT)
    found: dict[str, bytes] = {}
    for stem, plain in (("artifact", ARTIFACT), ("artifact-built", BUILT)):
        kept = plain._replace(content=hasher.hexdigest())
        name = "-".join(filter(None, (artifacts.key_of(*kept[:4]), kept.content, kept.holder)))
        found |= {stem: CONTENT + artifacts.encode_trailer(kept), f"{stem}.name": name.encode()}
    return found


def pack() -> writer.Packed:
    """Returns a pack with a block of each kind."""
    made = writer.Writer()
    for manifest in CHANGED:
        content = Content(objects.MANIFEST, objects.content(objects.encode(manifest).frame))
        made.add(packs.identify(content), content)
    made.add(LATER_ID, LATER)
    return made.finish()


def pack_of_tables() -> writer.Packed:
    """Returns a pack with a block of tables, one of a manifest, and one of what only a later version knows."""
    made = writer.Writer()
    for rows in map(slots.rows_of, TABLES):
        content = objects.opened(slots.encode(rows).frame)
        made.add(packs.identify(content), content)
    content = objects.opened(objects.encode(MANIFEST).frame)
    made.add(packs.identify(content), content)
    made.add(LATER_ID, LATER)
    return made.finish()


def packed() -> dict[str, bytes]:
    """Returns packs, and segments of refs, each with its name."""
    made, tables = pack(), pack_of_tables()
    segment, tabled = (
        segments.encode(segments.Ref(snapshot, refs.checksum_of(refs.encode(snapshot))) for snapshot in rolled)
        for rolled in (ROLLED, (*ROLLED, TABLED))
    )
    return {
        "pack": made.data,
        "pack.name": made.name.encode(),
        "segment": segment.data,
        "segment.name": segment.name.encode(),
        "pack-tables": tables.data,
        "pack-tables.name": tables.name.encode(),
        "segment-tables": tabled.data,
        "segment-tables.name": tabled.name.encode(),
    }


def main() -> None:
    """Writes the files that are not there yet."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name, data in encoded().items():
        if not (PLACE / name).exists():
            (PLACE / name).write_bytes(data)


if __name__ == "__main__":
    main()
