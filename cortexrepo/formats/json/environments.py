"""The document of `environments`; see `json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.json.document import document

if TYPE_CHECKING:
    from cortexrepo.formats.json.document import Document
    from cortexrepo.model.census import Census, Counted


def counted(census: Census) -> Document:
    """Returns the document of `environments`."""
    return document(
        "environments",
        {
            "snapshot": census.snapshot or None,
            "environments": [_environment(one) for one in census.environments],
            "not_looked_at": [
                {"ecosystem": one.ecosystem, "path": one.path, "reason": one.reason} for one in census.unlooked
            ],
            "gone": list(census.gone),
            "stops": list(census.stops),
        },
    )


def _environment(one: Counted) -> Document:
    return {
        "ecosystem": one.ecosystem,
        "environment": one.environment,
        "status": one.status,
        "packages": one.packages if one.packages >= 0 else None,
        "facts": dict(one.facts),
        "owner": one.owner,
        "found": one.found,
        "recorded": one.recorded,
        "reason": one.reason,
    }
