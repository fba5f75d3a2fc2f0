"""Whether apt's cache or a configured source has the files of packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.availability import offers, source
from cortexrepo.ecosystems.apt.files import architecture
from cortexrepo.ecosystems.apt.names import unsafe
from cortexrepo.ecosystems.apt.state import here
from cortexrepo.model.artifact import MISSING
from cortexrepo.model.plan import ARTIFACT, CACHE, CONFIGURED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package

_NOWHERE = "the .deb file is not kept, not in apt's cache, and not offered by a configured source"


def offered(rows: Sequence[Package], room: Room) -> list[tuple[str, str]]:
    """See `Offers.offered`. apt is asked once for all."""
    reasons = [unsafe(row, versioned=True) for row in rows]
    safe = [row for row, reason in zip(rows, reasons, strict=True) if not reason]
    offered = offers(safe, architecture(room), room)
    archives = here().archives
    answers = []
    for row, reason in zip(rows, reasons, strict=True):
        found = None if reason else source(row, offered, room, archives)
        if found is None:
            answers.append((MISSING, reason or _NOWHERE))
        else:
            assert found.place in {CACHE, CONFIGURED, ARTIFACT}
            answers.append((found.place, found.name))
    return answers
