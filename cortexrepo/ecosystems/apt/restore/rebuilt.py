"""The file of a version that is there with other files: the same version was built again, or is a namesake's.

A source is known by its lists alone, and these say nothing of what is in a file. But where apt's cache has the very
file that a source announces, its content is known before anything is downloaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.availability import is_cached
from cortexrepo.ecosystems.apt.names import file_name
from cortexrepo.ecosystems.apt.restore.archive import Archive, check, sha256
from cortexrepo.ecosystems.apt.restore.fetching import from_shelf
from cortexrepo.errors import CorruptError
from cortexrepo.model.content import contradict
from cortexrepo.model.plan import ARTIFACT, CACHE, CONFIGURED, REINSTALL, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cortexrepo.ecosystems.apt.availability import Offer
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

OTHER = "no file of this version that is at hand has the files that the package had"


def rebuilt(steps: Iterable[Step]) -> dict[Package, Package]:
    """Returns the rows that come in the place of the same version with another content, and that one."""
    both = [(step.before, step.after) for step in steps if step.kind == REINSTALL]
    return {
        after: before
        for before, after in both
        if before is not None and after is not None and contradict(before, after)
    }


def source(row: Package, offered: Mapping[str, Offer], room: Room, archives: str) -> Source | None:
    """Returns where the file of a row with its own content may come from; None where every file is another one.

    Args:
        row: What is to come.
        offered: What apt's sources offer.
        room: Where files are kept.
        archives: The directory of apt's cache; empty where there is none.
    """
    offer = offered.get(file_name(row))
    cached = f"{archives}/{file_name(row)}" if archives else ""
    is_other = False
    if cached and is_cached(cached):
        try:
            check(row, cached)
            return Source(CACHE, cached, is_cached(cached), f"sha256:{sha256(cached)}")
        except (CorruptError, OSError):
            is_other = offer is not None and offer.digest == _digest(cached)
    if room.shelf.find("apt", row):
        archive = Archive(room.staging)
        try:
            if not archive.has(row):
                from_shelf(row, archive, room)
            artifact = room.shelf.find("apt", row)[0]
            return Source(ARTIFACT, artifact.file, artifact.size, origin=artifact.origin)
        except (CorruptError, OSError) as error:
            room.told(str(error))
    if offer is None or offer.untrusted or is_other:
        return None
    return Source(CONFIGURED, offer.uri, offer.size, offer.digest)


def _digest(path: str) -> str:
    try:
        return f"sha256:{sha256(path)}"
    except OSError:
        return ""
