"""Artifacts as JSON: docs/json.md describes each field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.json.document import damages, document
from cortexrepo.formats.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.errors import CortexError
    from cortexrepo.formats.json.document import Damaged, Document, Value
    from cortexrepo.model.artifact import Artifact, Availability, Lack, Shelved

_COMMAND = "artifacts"


def kept(
    found: Iterable[Artifact], present: int, lacks: Iterable[Lack], failure: CortexError | None
) -> dict[str, Value]:
    """Returns what was kept and what was not: a part of `create`'s document and of `artifacts fetch`'s."""
    return {
        "kept": [_artifact(artifact) for artifact in found],
        "present": present,
        "missing": [
            {
                "ecosystem": lack.ecosystem,
                "environment": lack.environment,
                "name": lack.package.name,
                "arch": lack.package.arch,
                "version": lack.package.version,
                "reason": lack.reason,
            }
            for lack in lacks
        ],
        "failure": None if failure is None else {"kind": failure.kind, "message": str(failure), "hint": failure.hint},
    }


def fetched(snapshot: str, fields: dict[str, Value]) -> Document:
    """Returns the document of `artifacts fetch`."""
    return document(_COMMAND, {"id": snapshot, **fields})


def listed(snapshots: Iterable[Shelved], files: int, size: int, unneeded: int, damaged: Damaged) -> Document:
    """Returns the document of `artifacts list`."""
    rows: list[Value] = [
        {
            "id": one.snapshot,
            "created_at": iso(one.created_at),
            "packages": one.wanted,
            "kept": one.kept,
            "bytes": one.size,
            "bytes_alone": one.alone,
        }
        for one in snapshots
    ]
    totals: Document = {"files": files, "bytes": size, "bytes_unneeded": unneeded}
    return document(_COMMAND, {"snapshots": rows, **totals, "damaged": damages(damaged)})


def of_one(snapshot: str, found: Iterable[Artifact], damaged: Damaged) -> Document:
    """Returns the document of `artifacts list REV`."""
    return document(
        _COMMAND,
        {"id": snapshot, "artifacts": [_artifact(artifact) for artifact in found], "damaged": damages(damaged)},
    )


def restorable(found: Sequence[Availability]) -> list[Value]:
    """Returns the field `restorable` of `show`'s document."""
    return [
        {
            "ecosystem": one.ecosystem,
            "environment": one.environment,
            "name": one.package.name,
            "arch": one.package.arch,
            "version": one.package.version,
            "place": one.place,
            "reason": one.reason,
        }
        for one in found
    ]


def _artifact(artifact: Artifact) -> Document:
    return {
        "ecosystem": artifact.ecosystem,
        "name": artifact.name,
        "arch": artifact.arch,
        "version": artifact.version,
        "file": artifact.file,
        "bytes": artifact.size,
        "content": artifact.content,
        "origin": artifact.origin,
        "holder": artifact.holder,
        "environment": artifact.environment,
    }
