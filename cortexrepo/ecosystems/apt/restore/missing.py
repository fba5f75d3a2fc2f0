"""Why no file of a package is available: what apt's sources and its lists of them say, not only that there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.command import VARIABLES
from cortexrepo.ecosystems.apt.names import file_name
from cortexrepo.ecosystems.apt.restore.hazards import obstacle, some
from cortexrepo.ecosystems.apt.sources import lists_asked, unlisted
from cortexrepo.ecosystems.contract.restoring import KEEP
from cortexrepo.model.plan import Obstacle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cortexrepo.ecosystems.apt.availability import Offer
    from cortexrepo.ecosystems.apt.places import Places
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package

_NOWHERE = "this version is not in apt's cache, not kept, and not offered by a configured source"
_UPDATE = (
    "`apt-get update`, then run the same command again; "
    "if a source has a new codename: `apt-get update --allow-releaseinfo-change`"
)


def obstacles(missing: Sequence[Package], offered: Mapping[str, Offer], places: Places, room: Room) -> list[Obstacle]:
    """Returns why the files of these packages are not available; first what is true of all of them.

    Args:
        missing: Packages without a file in the cache, in the repository, or from a source that apt trusts.
        offered: What apt's sources offer.
        places: Where apt keeps things.
        room: What the part has to work with.
    """
    if not missing:
        return []
    found = []
    nowhere = [row for row in missing if file_name(row) not in offered]
    if nowhere:
        found += about_lists(room.machine.run(lists_asked(), variables=VARIABLES).output, _names(places.lists), places)
    for row in missing:
        offer = offered.get(file_name(row))
        if offer is None:
            found.append(obstacle("missing", row, _NOWHERE, KEEP))
        else:
            reason = f"only the source {offer.untrusted} offers this version, and apt does not trust this source"
            found.append(obstacle("untrusted", row, reason, f"`apt-get update` says why; or {KEEP}"))
    return found


def about_lists(output: str, there: Sequence[str], places: Places) -> list[Obstacle]:
    """Returns an obstacle where apt cannot know what its sources offer.

    Args:
        output: What `lists_asked` printed.
        there: The names of the files in apt's directory of lists.
        places: Where apt keeps things.
    """
    absent, count = unlisted(output, there)
    if not count:
        reason = f"apt has no source of packages: {places.sources} and the files in {places.more_sources} name none"
        hint = "name a source in one of these files, then `apt-get update`"
    elif absent:
        which = "any source" if len(absent) == count else some(absent)
        reason = f"apt does not know the packages of {which}: {places.lists} has no list of them"
        hint = _UPDATE
    else:
        return []
    return [Obstacle("lists", "apt", "", "", reason, hint)]


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []
