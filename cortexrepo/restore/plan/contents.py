"""Packages that a restore puts in although the snapshot does not say what was in them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.content import DIGEST
from cortexrepo.model.package import BROKEN, EDITABLE, LINK, OWNED, RESIDUAL
from cortexrepo.model.plan import CONTENT, IN_PLACE, REMOVE, Risk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.plan import Step

_UNKNOWN = "the snapshot does not say what was in the package: the restored package may have another content"
_WITHOUT_FILES = BROKEN | EDITABLE | LINK | OWNED | RESIDUAL


def says_contents(target: Inventory) -> bool:
    """Returns whether a snapshot has digests: one that an earlier version made says of no package what was in it."""
    manifests = (reading.manifest for reading in target.readings if reading.manifest is not None)
    return any(row.attribute(DIGEST) for manifest in manifests for row in manifest.packages)


def unknown(work: Work, steps: Iterable[Step]) -> list[Risk]:
    """Returns a risk for each package that the steps put in and that has no digest among others that have."""
    found = []
    for step in steps:
        row = step.after
        if row is None or step.kind in {REMOVE, *IN_PLACE} or row.flags & _WITHOUT_FILES or row.attribute(DIGEST):
            continue
        title = f"{row.name} {row.version}".rstrip()
        found.append(Risk(CONTENT, work.ecosystem, work.environment, title, _UNKNOWN))
    return found
