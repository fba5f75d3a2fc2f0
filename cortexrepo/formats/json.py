"""Results as JSON documents, written field by field, so that a change of a value's type never changes them by accident.

docs/json.md describes each. Fields are only ever added; anything else takes a new number in `schema`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.aspects import aspects, traits
from cortexrepo.formats.times import iso
from cortexrepo.model.imported import RECONSTRUCTED
from cortexrepo.model.package import flag_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cortexrepo.errors import CortexError
    from cortexrepo.model.diff import Change, Diff, Unknown
    from cortexrepo.model.garbage import Garbage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.imported import Import, Imported
    from cortexrepo.model.inventory import Inventory, Reading
    from cortexrepo.model.legacy import LegacyImport
    from cortexrepo.model.package import Package
    from cortexrepo.model.problem import Problem, Report
    from cortexrepo.model.retention import Decision
    from cortexrepo.model.snapshot import Cause, Slot, Snapshot

    Value = str | int | bool | None | list["Value"] | dict[str, "Value"]
    Document = dict[str, Value]


def encode(document: Document) -> str:
    """Returns the document on one line, in ASCII, so that it survives every pipe and every locale."""
    from json import dumps

    return dumps(document, separators=(", ", ": "))


def created(snapshot: Snapshot, tags: Sequence[str]) -> Document:
    """Returns the document of `create`."""
    return _document("create", {**_snapshot(snapshot, tags), "slots": [_slot(slot) for slot in snapshot.slots]})


def listed(
    snapshots: Iterable[Snapshot],
    tags: Mapping[SnapshotId, Sequence[str]],
    damaged: Iterable[tuple[str, str]],
) -> Document:
    """Returns the document of `list`; `damaged` are pairs (key, reason)."""
    rows: list[Value] = [
        {
            **_snapshot(snapshot, tags.get(snapshot.id, ())),
            "machine": snapshot.machine,
            "packages": dict(snapshot.counts()),
            "reconstructed": bool(snapshot.fact(RECONSTRUCTED)),
        }
        for snapshot in snapshots
    ]
    return _document(
        "list", {"snapshots": rows, "damaged": [{"key": key, "reason": reason} for key, reason in damaged]}
    )


def shown(snapshot: Snapshot, tags: Sequence[str], readings: Iterable[Reading] | None) -> Document:
    """Returns the document of `show`; with `packages` if `readings` are given."""
    document: Document = {
        **_snapshot(snapshot, tags),
        "repository": snapshot.repository,
        "machine": snapshot.machine,
        "facts": dict(snapshot.facts),
        "sequence": snapshot.sequence,
        "previous": snapshot.previous.id if snapshot.previous is not None else None,
        "cause": _cause(snapshot.cause),
        "slots": [_slot(slot) for slot in snapshot.slots],
        "reconstructed": bool(snapshot.fact(RECONSTRUCTED)),
    }
    return _document("show", _with_packages(document, readings))


def live(inventory: Inventory, slots: Iterable[Slot], now_ms: int, *, packages: bool) -> Document:
    """Returns the document of `show live`: what was never recorded is null."""
    document: Document = {
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
        "reconstructed": False,
    }
    return _document("show", _with_packages(document, inventory.readings if packages else None))


def compared(command: str, diff: Diff, before: Snapshot | None, after: Snapshot | None) -> Document:
    """Returns the document of `diff` or `status`; None is the live machine."""
    return _document(
        command,
        {
            "from": _side(before),
            "to": _side(after),
            "changes": [changed(change) for change in diff.changes],
            "unknown": [_unknown(unknown) for unknown in diff.unknown],
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


def ids(command: str, key: str, found: Iterable[SnapshotId]) -> Document:
    """Returns the document of `delete` and of `undelete`: the ids under `key`."""
    return _document(command, {key: list(found)})


def tagged(found: Mapping[str, SnapshotId], deleted: Iterable[str] = ()) -> Document:
    """Returns the document of `tag`."""
    rows: list[Value] = [{"name": name, "id": found[name]} for name in sorted(found)]
    return _document("tag", {"tags": rows, "deleted": list(deleted)})


def pruned(
    decisions: Iterable[Decision],
    deleted: Iterable[SnapshotId],
    damaged: Iterable[tuple[str, str]],
    *,
    dry_run: bool,
) -> Document:
    """Returns the document of `prune`; `damaged` are pairs (key, reason)."""
    return _document(
        "prune",
        {
            "dry_run": dry_run,
            "snapshots": [_decision(decision) for decision in decisions],
            "deleted": list(deleted),
            "damaged": [{"key": key, "reason": reason} for key, reason in damaged],
        },
    )


def garbage(found: Garbage, *, dry_run: bool) -> Document:
    """Returns the document of `gc`."""
    return _document(
        "gc",
        {
            "dry_run": dry_run,
            "snapshots": list(found.snapshots),
            "objects": found.objects,
            "bytes": found.size,
            "leftovers": found.leftovers,
            "packed_snapshots": found.rolled,
            "packed_objects": found.packed,
            "artifacts": found.artifacts,
            "artifacts_over": found.artifacts_over,
            "artifacts_unknown": found.artifacts_unknown,
        },
    )


def imported(found: Import, *, dry_run: bool) -> Document:
    """Returns the document of `import-logs`."""
    return _document(
        "import-logs",
        {
            "dry_run": dry_run,
            "snapshots": [_imported(one) for one in found.snapshots],
            "known": found.known,
            "gap": None if found.gap is None else {"moment": iso(found.gap.moment), "reason": found.gap.reason},
            "unread": [{"path": path, "reason": reason} for path, reason in found.unread],
            "untimed": found.untimed,
        },
    )


def _imported(one: Imported) -> Document:
    return {
        "id": one.id,
        "created_at": iso(one.created_at),
        "message": one.message,
        "cause": _cause(one.cause),
        "packages": one.packages,
        "changes": one.changes,
    }


def verified(found: Report) -> Document:
    """Returns the document of `verify`."""
    return _document(
        "verify",
        {
            "problems": [_problem(problem) for problem in found.problems],
            "repaired": [_problem(problem) for problem in found.repaired],
            "snapshots": found.snapshots,
            "objects": found.objects,
            "bytes": found.size,
            "leftovers": found.leftovers,
            "artifacts": found.artifacts,
        },
    )


def _problem(problem: Problem) -> Document:
    from cortexrepo.model.problem import ADVICE  # only one command names problems

    return {
        "kind": problem.kind,
        "key": problem.key,
        "reason": problem.reason,
        "snapshots": list(problem.snapshots),
        "advice": ADVICE[problem.kind],
    }


def legacy(found: LegacyImport, *, dry_run: bool) -> Document:
    """Returns the document of `import-legacy`."""
    rows: list[Value] = [
        {"legacy_id": one.name, "id": one.id, "created_at": iso(one.created_at), "message": one.message}
        for one in found.imported
    ]
    return _document(
        "import-legacy",
        {
            "dry_run": dry_run,
            "imported": rows,
            "present": list(found.present),
            "skipped": [{"name": one.name, "reason": one.reason} for one in found.skipped],
            "notes": [{"name": one.name, "reason": one.reason} for one in found.notes],
        },
    )


def initialised(location: str, repository: str) -> Document:
    """Returns the document of `init`."""
    return _document("init", {"location": location, "repository": repository})


def failed(error: CortexError) -> Document:
    """Returns the document of an error, which takes the place of the command's own."""
    return problem(error.kind, str(error), error.hint)


def problem(kind: str, message: str, hint: str = "") -> Document:
    """Returns the document of an error that is not a `CortexError`."""
    return _document("error", {"error": {"kind": kind, "message": message, "hint": hint}})


def _document(name: str, fields: Document) -> Document:
    return {"schema": f"cortex.snapshot.{name}/1", **fields}


def _snapshot(snapshot: Snapshot, tags: Sequence[str]) -> Document:
    return {
        "id": snapshot.id,
        "created_at": iso(snapshot.created_at),
        "message": snapshot.message,
        "tags": list(tags),
    }


def _decision(decision: Decision) -> Document:
    return {
        "id": decision.name.id,
        "created_at": iso(decision.name.created_at),
        "machine": decision.name.machine,
        "tags": list(decision.tags),
        "kept": decision.stays,
        "reasons": [{"rule": reason.rule, "value": reason.value} for reason in decision.reasons],
    }


def _cause(cause: Cause) -> Document:
    return {"command": cause.command, "user": cause.user, "reason": cause.reason}


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


def _with_packages(document: Document, readings: Iterable[Reading] | None) -> Document:
    if readings is None:
        return document
    rows: list[Value] = [
        _package(reading, package)
        for reading in readings
        if reading.manifest is not None
        for package in reading.manifest.packages
    ]
    return {**document, "packages": rows}


def _package(reading: Reading, package: Package) -> Document:
    return {
        "ecosystem": reading.ecosystem,
        "environment": reading.environment,
        "name": package.name,
        "arch": package.arch,
        "version": package.version,
        "flags": list(flag_names(package.flags)),
        "attributes": dict(package.attributes),
    }


def _side(snapshot: Snapshot | None) -> Document:
    if snapshot is None:
        return {"live": True, "id": None, "created_at": None, "message": ""}
    return {
        "live": False,
        "id": snapshot.id,
        "created_at": iso(snapshot.created_at),
        "message": snapshot.message,
    }


def _unknown(unknown: Unknown) -> Document:
    return {"ecosystem": unknown.ecosystem, "environment": unknown.environment, "reason": unknown.reason}
