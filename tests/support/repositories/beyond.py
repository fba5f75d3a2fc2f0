"""A repository in which later versions wrote: each row of part 3 of docs/format.md, except those about `config`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import hashing, identity, objects, records, refs
from cortexrepo.model import refname
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import FAILED, OK, Later, Slot
from support.repositories.variety import fill, opened, packed

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.snapshot import Snapshot


def later(place: Path) -> dict[str, str]:
    """Makes the repository, and returns the paths of the files that only a later version can read."""
    packed(place)
    repository = opened(place)
    base = repository.get(fill(repository, 2, start=40)[0])
    brew = objects.encode(Manifest.of("brew", (Package("jq", "", "1.7", 1 << 40, (("tap", "core"),)),)))
    _put(place, f"objects/{brew.id[:2]}/{brew.id[2:]}", brew.frame)
    asleep = Slot("npm", "/opt", FAILED, None, 0, "", (), (("b", b"2"),), Later("asleep", brew.id, 1, "at night"))
    known = base._replace(
        slots=(Slot("apt", "", "absent"), Slot("brew", "", OK, brew.id, 1), asleep),
        roots=(("looked", brew.id), ("other", ObjectId("cd" * 32))),
        extensions=(("colour", b"red"),),
    )
    _put_ref(place, known, 70)
    ref = refs.encode(base)
    new = [
        _put(place, f"refs/{_name(base, 71)}", _resealed(ref, {4: 2})),
        _put(place, f"refs/{_name(base, 72)}", _resealed(ref, {5: 10})),
        _put(place, "refs/2.later", _resealed(ref, {4: 2})),
        _put(place, "tags/needs", _needing(records.TAG, "needs", base)),
        _put(place, f"deleted/{base.id}", _needing(records.MARK, base.id, base)),
        _put(place, f"removed/{base.machine}-{'ab' * 16}", _resealed(ref, {4: 3})),
        _put(place, f"objects/ab/{'cd' * 31}", brew.frame[:5] + b"\x63" + brew.frame[6:]),
        _put(place, f"objects/ac/{'cd' * 31}", brew.frame[:6] + b"\7" + brew.frame[7:]),
    ]
    for directory, ending, name_of in (
        ("segments", ".refs", hashing.segment_name), ("packs", ".pack", hashing.pack_name),
    ):  # fmt: skip
        [path] = (place / directory).iterdir()
        for number, byte in ((4, 2), (5, 9)):
            data = bytearray(path.read_bytes())
            data[number] = byte
            new.append(_put(place, f"{directory}/{name_of(bytes(data))}{ending}", bytes(data)))
    return dict.fromkeys(new, "newer")


def _put(place: Path, key: str, data: bytes) -> str:
    path = place / key
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)
    return key


def _put_ref(place: Path, snapshot: Snapshot, sequence: int) -> None:
    own = identity.make(snapshot.origin, snapshot.machine, sequence, snapshot.created_at)
    made = snapshot._replace(id=own, sequence=sequence)
    _put(place, f"refs/{refname.of(made)}", refs.encode(made))


def _name(snapshot: Snapshot, sequence: int) -> str:
    own = identity.make(snapshot.origin, snapshot.machine, sequence, snapshot.created_at)
    return refname.make(sequence, snapshot.created_at, snapshot.machine, own)


def _resealed(data: bytes, changes: dict[int, int]) -> bytes:
    made = bytearray(data[:-32])
    for place, byte in changes.items():
        made[place] = byte
    return bytes(made) + hashing.checksum(bytes(made))


def _needing(kind: int, name: str, snapshot: Snapshot) -> bytes:
    return records.seal(kind, (name, bytes.fromhex(snapshot.id), 5, ("new-marks",), ()))
