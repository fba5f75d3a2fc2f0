"""The document of `verify --installed`; see `json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.json.document import document
from cortexrepo.model.installed import COMPARED, CONFIGURATION, PRESENT, UNSEEN

if TYPE_CHECKING:
    from cortexrepo.formats.json.document import Document
    from cortexrepo.model.installed import Finding, Inspected, Inspection

_COUNTED = (COMPARED, PRESENT)
"""What is right is told by numbers alone."""


def inspection(found: Inspection) -> Document:
    """Returns the document of `verify --installed`: it says nothing of a repository."""
    return document(
        "verify",
        {
            "installed": {
                "places": [_place(place) for place in found.places],
                "wrong": sum(len(place.wrong) for place in found.places),
                "configuration": found.count(CONFIGURATION),
                "unseen": found.count(UNSEEN),
                "compared": found.count(COMPARED),
                "present": found.count(PRESENT),
            }
        },
    )


def _place(place: Inspected) -> Document:
    return {
        "ecosystem": place.ecosystem,
        "environment": place.environment,
        "unseen": place.unseen,
        "findings": [_finding(place, one) for one in place.findings if one.kind not in _COUNTED],
    }


def _finding(place: Inspected, finding: Finding) -> Document:
    package = place.package(finding)
    return {
        "kind": finding.kind,
        "package": package.name if package is not None else "",
        "arch": package.arch if package is not None else "",
        "version": package.version if package is not None else "",
        "path": finding.path,
        "reason": finding.reason,
        "files": finding.files,
    }
