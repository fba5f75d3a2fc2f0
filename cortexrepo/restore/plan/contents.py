"""Packages of which a restore cannot know that their content is the snapshot's. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.content import DIGEST, WITHOUT_FILES, alike, bare, is_silent, says
from cortexrepo.model.package import BROKEN
from cortexrepo.model.plan import CONTENT, IN_PLACE, REMOVE, Risk
from cortexrepo.restore.plan.steps import is_about

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Selection, Step

_UNKNOWN = "the snapshot does not say what was in the package: the restored package may have another content"
_BROKEN = "what is in the installed package cannot be seen, nor does the snapshot say it: the package stays"
_UNSEEN = "what is in the installed package cannot be seen, and the snapshot says what was in it: the package stays"


def says_contents(target: Inventory) -> bool:
    """Returns whether a snapshot may have digests: one that an earlier version made says of no package what was in it.

    Versions that record digests also record where they looked.
    """
    return bool(target.looked) or any(
        says(reading.manifest.packages) for reading in target.readings if reading.manifest is not None
    )


def unknown(work: Work, steps: Iterable[Step]) -> list[Risk]:
    """Returns a risk for each package that the steps put in and that has no digest among others that have."""
    found = []
    for step in steps:
        row = step.after
        if row is None or step.kind in {REMOVE, *IN_PLACE} or row.flags & WITHOUT_FILES or row.attribute(DIGEST):
            continue
        found.append(_risk(work, row, _UNKNOWN))
    return found


def unseen(work: Work, selection: Selection) -> list[Risk]:
    """Returns a risk for each package of a selection that stays as it is, and may have another content.

    Only the snapshot says what was in it; or both found a description that cannot be read.
    """
    then = {bare(row): row for row in work.target.packages if row.attribute(DIGEST) or row.flags & BROKEN}
    found = []
    for row in work.now.packages:
        was = then.get(bare(row))
        is_broken = was is not None and bool(row.flags & BROKEN)
        if was is None or not alike(row, was) or not (is_broken or is_silent(row, was)):
            continue
        is_meant = not selection.packages or is_about(work.ecosystem, row, selection.packages)
        if is_meant and not is_about(work.ecosystem, row, selection.exclude):
            found.append(_risk(work, row, _BROKEN if is_broken else _UNSEEN))
    return found


def _risk(work: Work, row: Package, reason: str) -> Risk:
    return Risk(CONTENT, work.ecosystem, work.environment, f"{row.name} {row.version}".rstrip(), reason)
