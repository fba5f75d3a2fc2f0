"""The snapshots beside which the files of a version 2 lie, and the bytes that are in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import hashing, identity, objects, refs
from cortexrepo.model import refname
from cortexrepo.model.package import AUTO, NESTED, Manifest, Package
from cortexrepo.model.snapshot import OK, Cause, Slot, Snapshot
from cortexrepo.repository import layout
from support.repositories.inventories import MACHINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.model.ids import ObjectId

    Files = Mapping[str, bytes]
    """The files of a case, by their places in a repository."""

CREATED = 1767225600123
ORIGIN = "00112233445566778899aabbccddeeff"
UNKNOWN_KIND = 200
OPAQUE = b"only version 2 can read this"
"""What no version 1 can make sense of: nothing behind a version byte that is not known counts."""
EXTENSIONS = (("colour", b"\x00\xff"), ("later", b""))
REQUIRED = ("veils",)


def manifest(ecosystem: str, *rows: tuple[str, str, str, int]) -> Manifest:
    """Returns a manifest of packages, each a name, an architecture, a version and flags."""
    return Manifest(ecosystem, tuple(Package(*row) for row in rows))


NEEDED = manifest("apt", ("bash", "amd64", "5.2-1", 0), ("zlib1g", "amd64", "1:1.3", AUTO))
"""What the snapshot of version 1 holds that is in most cases."""
HIDDEN = manifest("apt", ("bash", "amd64", "5.2-2", 0))
"""What only a newer file holds."""
LOOKED = manifest("system", ("looked", "", "", 0))
FLAGGED = (
    manifest("apt", ("bash", "amd64", "5.2-1", AUTO)),
    Manifest("apt", (Package("bash", "amd64", "5.2-1", AUTO | 1 << 40, (("aura", "green"),)),)),
)
FLATPAKS = (
    manifest("flatpak", ("org.gimp", "x86_64", "1.0", 0)),
    manifest("flatpak", ("org.gimp", "x86_64", "2.0", 0), ("org.gimp.Help", "x86_64", "2.0", NESTED)),
)


def framed(raw: bytes, version: int = objects.VERSION, kind: int = objects.MANIFEST, codec: int = 0) -> bytes:
    """Returns an object's file; its bytes depend on no compression."""
    return objects.MAGIC + bytes((version, kind, codec)) + len(raw).to_bytes(4, "big") + raw


def raw_of(found: Manifest) -> bytes:
    """Returns the canonical bytes of a manifest."""
    return objects.content(objects.encode(found).frame)


def id_of(found: Manifest) -> ObjectId:
    """Returns the id of a manifest."""
    return objects.encode(found).id


def slot_of(found: Manifest) -> Slot:
    """Returns the slot of a manifest that was read completely."""
    return Slot(found.ecosystem, "", OK, id_of(found), found.installed)


def snapshot(sequence: int, *slots: Slot) -> Snapshot:
    """Returns a snapshot of this number."""
    moment = CREATED + sequence
    own = identity.make(ORIGIN, MACHINE, sequence, moment)
    return Snapshot(own, ORIGIN, MACHINE, moment, sequence, None, Cause("create", "ada", "manual"), "", slots)


PLAIN = snapshot(1000, slot_of(NEEDED))
"""A snapshot of version 1."""
NEWER = snapshot(1001, slot_of(HIDDEN))
"""The one after it, of version 2 where a case is about refs."""


def ref(found: Snapshot) -> Files:
    """Returns a ref in its place."""
    return {layout.ref_key(refname.of(found)): refs.encode(found)}


def objects_of(*found: Manifest) -> Files:
    """Returns manifests in their places."""
    return {layout.object_key(id_of(one)): framed(raw_of(one)) for one in found}


def plain() -> Files:
    """Returns the snapshot of version 1, and its object."""
    return {**ref(PLAIN), **objects_of(NEEDED)}


def of_kind(data: bytes, kind: int) -> bytes:
    """Returns a record with another kind, and the right checksum."""
    changed = data[:5] + bytes((kind,)) + data[6 : -hashing.DIGEST]
    return changed + hashing.checksum(changed)
