"""What a restore will do beside apt's steps, as far as it is known before files are fetched: take-overs, taken back.

Which files a package brings is known where its file is at hand. Else the packages alone say that something may come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.installed.diversions import LOCAL
from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.restore.handover import brought_by, candidates, diversions, handed
from cortexrepo.ecosystems.apt.restore.hazards import some
from cortexrepo.ecosystems.apt.restore.shapes import in_the_way_of
from cortexrepo.model.plan import Risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.ecosystems.apt.names import Orders, Place
    from cortexrepo.model.package import Package

    AtHand = Callable[[Package], str]
    """Returns the path of a package's own file; empty where it is to be downloaded."""

_KIND = "take-over"
_HANDED = "{count} that a removed package has taken over {verb} back in the package that comes: {names}"
_PERHAPS = (
    "files that these packages have taken over may go back to the packages that come, which is known when the files "
    "are downloaded: {names}"
)
_DIVERTED = "{count} of files may end with the versions that made {them}: {names}"
_LINKS = "{count} to a directory {verb} a directory again: {names}"


def foreseen(asked: Orders, there: dict[Place, Package], native: str, at_hand: AtHand) -> list[Risk]:
    """Returns what is foreseen, one line for each kind, with a count where there are many.

    Args:
        asked: What apt is to do.
        there: The packages as they are.
        native: The machine's own architecture.
        at_hand: Says where the files of packages are.
    """
    found = [*_handed(asked, there, native, at_hand), *_diverted(asked, there, native)]
    return [Risk(_KIND, "apt", "", "", line) for line in (*found, *_links(asked, there, native, at_hand))]


def _handed(asked: Orders, there: dict[Place, Package], native: str, at_hand: AtHand) -> Iterator[str]:
    paths, perhaps = [], []
    for going, coming in candidates(asked, there, native):
        if path := at_hand(coming):
            paths += [f"{one} (from {going.name} to {coming.name})" for one in handed(going, brought_by(path))]
        else:
            perhaps.append(f"{going.name} to {coming.name}")
    if paths:
        yield _HANDED.format(count=_counted(paths, "file"), verb="is" if len(paths) == 1 else "are", names=some(paths))
    if perhaps:
        yield _PERHAPS.format(names=some(perhaps))


def _diverted(asked: Orders, there: dict[Place, Package], native: str) -> Iterator[str]:
    keys = {place(row, native) for row in (*asked.put, *asked.take)}
    names = {there[key].name for key in keys if is_there(there.get(key))} - {LOCAL}
    found = [f"{one.source} (by {one.package})" for one in diversions() if one.package in names]
    if found:
        them = "it" if len(found) == 1 else "them"
        yield _DIVERTED.format(count=_counted(found, "diversion"), them=them, names=some(found))


def _links(asked: Orders, there: dict[Place, Package], native: str, at_hand: AtHand) -> Iterator[str]:
    links = sorted(in_the_way_of(asked.put, there, at_hand, native))
    if links:
        verb = "becomes" if len(links) == 1 else "become"
        yield _LINKS.format(count=_counted(links, "link"), verb=verb, names=some(links))


def _counted(found: Sequence[str], word: str) -> str:
    return f"{len(found)} {word}{'' if len(found) == 1 else 's'}"
