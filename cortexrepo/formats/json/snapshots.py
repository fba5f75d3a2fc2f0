"""Results as JSON documents: docs/json.md describes each.

Fields are only ever added; anything else takes a new number in `schema`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.formats.aspects import aspects, traits
from cortexrepo.formats.json.document import Many, cause, damages, document, package
from cortexrepo.formats.times import iso
from cortexrepo.model.damage import MISSING
from cortexrepo.model.snapshot import RECONSTRUCTED

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from cortexrepo.errors import CortexError
    from cortexrepo.formats.json.document import Damaged, Document, Value
    from cortexrepo.model.diff import Change, Diff, Unknown
    from cortexrepo.model.facts import Fact
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.inventory import Inventory, Reading
    from cortexrepo.model.looked import Looked
    from cortexrepo.model.package import Package
    from cortexrepo.model.snapshot import Slot, Snapshot


def created(snapshot: Snapshot, tags: Sequence[str], damaged: Damaged) -> Document:
    """Returns the document of `create`."""
    slots: list[Value] = [_slot(slot) for slot in snapshot.slots]
    return document("create", {**_snapshot(snapshot, tags), "slots": slots, "damaged": damages(damaged)})


def listed(
    snapshots: Iterable[Snapshot],
    tags: Mapping[SnapshotId, Sequence[str]],
    damaged: Damaged,
) -> Document:
    """Returns the document of `list`."""
    rows: list[Value] = [
        {
            **_snapshot(snapshot, tags.get(snapshot.id, ())),
            "machine": snapshot.machine,
            "packages": dict(snapshot.counts()) if snapshot.unknown() is None else None,
            "reconstructed": bool(snapshot.fact(RECONSTRUCTED)),
        }
        for snapshot in snapshots
    ]
    return document("list", {"snapshots": rows, "damaged": damages(damaged)})


def shown(
    snapshot: Snapshot,
    tags: Sequence[str],
    readings: Iterable[Reading] | None,
    damaged: Damaged = (),
    looked: Iterable[Looked] = (),
) -> Document:
    """Returns the document of `show`; with `packages` if `readings` are given."""
    fields: Document = {
        **_snapshot(snapshot, tags),
        "repository": snapshot.origin,
        "machine": snapshot.machine,
        "facts": dict(snapshot.facts),
        "sequence": snapshot.sequence,
        "previous": snapshot.previous.id if snapshot.previous is not None else None,
        "cause": cause(snapshot.cause),
        "slots": [_slot(slot) for slot in snapshot.slots],
        "looked": [_looked(one) for one in looked],
        "reconstructed": bool(snapshot.fact(RECONSTRUCTED)),
        "damaged": damages(damaged),
    }
    return document("show", _with_packages(fields, readings))


def live(inventory: Inventory, slots: Iterable[Slot], now_ms: int, *, packages: bool) -> Document:
    """Returns the document of `show live`: what was never recorded is null."""
    fields: Document = {
        "id": None,
        "created_at": iso(now_ms),
        "message": "",
        "tags": [],
        "repository": None,
        "machine": inventory.machine,
        "facts": dict(inventory.facts),
        "sequence": None,
        "previous": None,
        "cause": None,
        "slots": [_slot(slot) for slot in slots],
        "looked": [_looked(one) for one in inventory.looked],
        "reconstructed": False,
        "damaged": [],
    }
    return document("show", _with_packages(fields, inventory.readings if packages else None))


def compared(
    command: str, diff: Diff, before: Snapshot | None, after: Snapshot | None, damaged: Damaged = ()
) -> Document:
    """Returns the document of `diff` or `status`; None is the live machine."""
    return document(
        command,
        {
            "from": _side(before),
            "to": _side(after),
            "changes": [changed(change) for change in diff.changes],
            "facts": [_fact(fact) for fact in diff.facts],
            "unknown": [_unknown(unknown, before, after) for unknown in diff.unknown],
            "damaged": damages(damaged),
        },
    )


def changed(change: Change) -> Document:
    """Returns one change, a part of several documents."""
    old, new = change.before, change.after
    details: list[Value]
    if old is not None and new is not None:
        details = [{"name": one.name, "from": one.before, "to": one.after} for one in aspects(old, new)]
    else:
        sides = ("to", "from") if old is None else ("from", "to")
        details = [{"name": name, sides[0]: value, sides[1]: None} for name, value in traits(change.package)]
    return {
        "ecosystem": change.ecosystem,
        "environment": change.environment,
        "name": change.package.name,
        "arch": change.package.arch,
        "inside": change.package.attribute("inside"),
        "kind": change.kind,
        "from": change.versions[0],
        "to": change.versions[1],
        "details": details,
    }


def ids(command: str, key: str, found: Iterable[SnapshotId], damaged: Damaged) -> Document:
    """Returns the document of `delete` and of `undelete`: the ids under `key`."""
    return document(command, {key: list(found), "damaged": damages(damaged)})


def tagged(
    found: Mapping[str, SnapshotId],
    deleted: Iterable[str] = (),
    damaged: Damaged = (),
    unknown: Container[str] = (),
) -> Document:
    """Returns the document of `tag`; of the tags in `unknown` it is not known whether the snapshot is there."""
    missing = {one.key.rpartition("/")[2] for one in damaged if one.kind == MISSING}
    rows: list[Value] = [
        {"name": name, "id": found[name], "missing": None if name in unknown else name in missing}
        for name in sorted(found)
    ]
    return document("tag", {"tags": rows, "deleted": list(deleted), "damaged": damages(damaged)})


def initialised(location: str, repository: str) -> Document:
    """Returns the document of `init`."""
    return document("init", {"location": location, "repository": repository})


def failed(error: CortexError) -> Document:
    """Returns the document of an error, which takes the place of the command's own."""
    return problem(error.kind, str(error), error.hint)


def problem(kind: str, message: str, hint: str = "") -> Document:
    """Returns the document of an error that is not a `CortexError`."""
    return document("error", {"error": {"kind": kind, "message": message, "hint": hint}})


def _snapshot(snapshot: Snapshot, tags: Sequence[str]) -> Document:
    return {
        "id": snapshot.id,
        "created_at": iso(snapshot.created_at),
        "message": snapshot.message,
        "tags": list(tags),
    }


def _looked(one: Looked) -> Document:
    places: list[Value] = [{"place": place.path, "kinds": list(place.kinds)} for place in one.places]
    return {"ecosystem": one.ecosystem, "homes": list(one.homes), "places": places}


def _slot(slot: Slot) -> Document:
    return {
        "ecosystem": slot.ecosystem,
        "environment": slot.environment,
        "status": slot.status,
        "object": slot.object,
        "packages": slot.packages,
        "error": slot.error,
        "facts": dict(slot.facts),
    }


def _with_packages(fields: Document, readings: Iterable[Reading] | None) -> Document:
    if readings is None:
        return fields
    return {**fields, "packages": Many(partial(_packages, tuple(readings)))}


def _packages(readings: Iterable[Reading]) -> Iterator[Value]:
    for reading in readings:
        if reading.manifest is not None:
            yield from (_package(reading, package) for package in reading.manifest.packages)


def _package(reading: Reading, row: Package) -> Document:
    return {"ecosystem": reading.ecosystem, "environment": reading.environment, **package(row)}


def _side(snapshot: Snapshot | None) -> Document:
    if snapshot is None:
        return {"live": True, "id": None, "created_at": None, "message": ""}
    return {
        "live": False,
        "id": snapshot.id,
        "created_at": iso(snapshot.created_at),
        "message": snapshot.message,
    }


def _fact(fact: Fact) -> Document:
    return {
        "ecosystem": fact.ecosystem,
        "environment": fact.environment,
        "name": fact.name,
        "from": fact.before,
        "to": fact.after,
    }


def _unknown(unknown: Unknown, before: Snapshot | None, after: Snapshot | None) -> Document:
    side = after if unknown.reason.startswith("after: ") else before
    moment: Value = None if side is None else {"id": side.id, "created_at": iso(side.created_at)}
    other = before or after
    return {
        "ecosystem": unknown.ecosystem,
        "environment": unknown.environment,
        "reason": unknown.reason,
        "kind": unknown.kind,
        "machine": side.machine if side is not None else other.machine if other is not None else None,
        "from": moment,
        "to": moment,
    }
