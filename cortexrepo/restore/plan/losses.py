"""What a plan takes away for good: packages of which nothing leads back, and environments that it would empty. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import BROKEN, EDITABLE, OWNED, RESIDUAL, Manifest
from cortexrepo.model.plan import IN_PLACE, NO_WAY_BACK, REMOVE, Left, Risk
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.model.artifact import Lack
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Part, Selection
    from cortexrepo.model.snapshot import Snapshot

_LOST = "{reason}: undo could not bring this version back"
_NO_FILE = "the package is an editable installation or damaged, and has no file that can be kept"


def going(parts: Iterable[Part]) -> list[Reading]:
    """Returns the packages that are installed now and will not be, as readings of their environments."""
    found = [(part, tuple(_leaving(part))) for part in parts]
    return [
        Reading(part.ecosystem, part.environment, OK, Manifest.of(part.ecosystem, rows), "", part.facts)
        for part, rows in found
        if rows
    ]


def without_file(readings: Iterable[Reading]) -> list[Risk]:
    """Returns a risk for each package of these that no file can be kept of, whatever there is."""
    return [
        _risk(reading.ecosystem, reading.environment, row, _NO_FILE)
        for reading in readings
        if reading.manifest is not None
        for row in reading.manifest.packages
        if row.flags & (EDITABLE | BROKEN)
    ]


def without_way_back(lacks: Iterable[Lack]) -> list[Risk]:
    """Returns a risk for each package of which there is no file, with the reason."""
    return [_risk(one.ecosystem, one.environment, one.package, one.reason) for one in lacks]


def emptied(work: Work, selection: Selection, snapshot: Snapshot) -> Left | None:
    """Returns what is said of an environment that steps would empty and that nobody has named; None for any other."""
    if not work.environment or selection.packages or work.environment in selection.environments:
        return None
    there = {row for row in work.now.packages if not row.flags & (OWNED | RESIDUAL)}
    gone = {step.before for step in work.steps if step.kind == REMOVE}
    if not there or not there <= gone or any(step.after is not None for step in work.steps):
        return None
    what = "its only package" if len(there) == 1 else f"all {len(there)} packages of the environment"
    command = f"cortex snapshot restore {snapshot.id[:12]} --environment {shlex.quote(work.environment)}"
    return Left(
        work.ecosystem, work.environment, f"this would remove {what}; to do so, name the environment: `{command}`"
    )


def _leaving(part: Part) -> Iterator[Package]:
    for step in part.steps:
        before, after = step.before, step.after
        if before is None or step.kind in IN_PLACE or before.flags & (OWNED | RESIDUAL):
            continue
        # What is damaged, and is put in again, is not missed.
        if not before.flags & BROKEN or after is None or after.version != before.version:
            yield before


def _risk(ecosystem: str, environment: str, row: Package, reason: str) -> Risk:
    title = f"{row.name} {row.version}".rstrip()
    return Risk(NO_WAY_BACK, ecosystem, environment, title, _LOST.format(reason=reason))
