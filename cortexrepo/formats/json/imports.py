"""The documents of imports from logs and from the old tool; see `json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.json.document import cause, document
from cortexrepo.formats.times import iso

if TYPE_CHECKING:
    from cortexrepo.formats.json.document import Document, Value
    from cortexrepo.model.imported import Import, Imported
    from cortexrepo.model.legacy import LegacyImport


def imported(found: Import, *, dry_run: bool) -> Document:
    """Returns the document of `import-logs`."""
    return document(
        "import-logs",
        {
            "dry_run": dry_run,
            "snapshots": [_imported(one) for one in found.snapshots],
            "known": found.known,
            "gap": None if found.gap is None else {"moment": iso(found.gap.moment), "reason": found.gap.reason},
            "unread": [{"path": path, "reason": reason} for path, reason in found.unread],
            "untimed": found.untimed,
            "left_out": [
                {"moment": iso(one.moment), "command": one.command, "reason": one.reason} for one in found.left
            ],
            "unsure": found.unsure,
        },
    )


def _imported(one: Imported) -> Document:
    return {
        "id": one.id,
        "created_at": iso(one.created_at),
        "message": one.message,
        "cause": cause(one.cause),
        "packages": one.packages,
        "changes": one.changes,
    }


def legacy(found: LegacyImport, *, dry_run: bool) -> Document:
    """Returns the document of `import-legacy`."""
    rows: list[Value] = [
        {"legacy_id": one.name, "id": one.id, "created_at": iso(one.created_at), "message": one.message}
        for one in found.imported
    ]
    return document(
        "import-legacy",
        {
            "dry_run": dry_run,
            "imported": rows,
            "present": list(found.present),
            "skipped": [{"name": one.name, "reason": one.reason} for one in found.skipped],
            "notes": [{"name": one.name, "reason": one.reason} for one in found.notes],
        },
    )
