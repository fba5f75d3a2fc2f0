"""How an ecosystem is read: a module with these names, and the value that it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cortexrepo.model.snapshot import PARTIAL
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cortexrepo.machine.claims import Leading
    from cortexrepo.machine.files import System
    from cortexrepo.model.package import Manifest


_NAMED = 3


class Collected(NamedTuple):
    """What was found of one ecosystem in one environment.

    Attributes:
        environment: The path that identifies it; empty for an ecosystem that is one for the whole machine, and for
            what is said of the ecosystem as a whole.
        status: One of `cortexrepo.model.snapshot`: `OK`, `ABSENT`, `FAILED`, `PARTIAL`.
        manifest: The packages, or None for `ABSENT` and `FAILED`.
        error: Why it is `FAILED` or `PARTIAL`: one line that names the file; else empty.
        facts: Sorted pairs that identify the environment further.
    """

    environment: str
    status: str
    manifest: Manifest | None = None
    error: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def as_error(problems: Sequence[str]) -> str:
    """Returns problems as the `error` of a slot: one line, the first three in full; empty where there are none."""
    if not problems:
        return ""
    from cortexrepo.model import enumeration  # most slots have no problem

    return enumeration.reasons(problems, _NAMED)


ELSEWHERE = "elsewhere"
"""The fact of a `Collected` that says only where a way led: to a place of another user, which is named so."""
LEADINGS = 20
"""So many of these are named for each home; the last one says how many more there are."""


def led(ground: str, lead: Leading) -> Collected:
    """Returns that a path in `ground` leads to a place of another user, which is not recorded from there."""
    from cortexrepo.machine.text import clean

    whose = "root" if not lead.owner else f"the user {lead.owner}"
    reason = f"{clean(lead.path)} leads to {clean(lead.real)}, which belongs to {whose} and is not recorded from here"
    return Collected(ground, PARTIAL, None, reason, ((ELSEWHERE, lead.real),))


UNLOOKED = "unlooked"
"""The fact of a `Collected` that names only a place which was not looked at; nothing says that an environment is there.
"""
UNLOOKED_PLACES = 50
"""So many of these are named for each home."""
WAY = "way"
"""The fact of an environment that says what led to it, where this was no usual place. It is not stored."""


def unlooked(ground: str, path: str, reason: str) -> Collected:
    """Returns that a place in, or named in, `ground` was not looked at."""
    from cortexrepo.machine.text import clean

    return Collected(ground, PARTIAL, None, clean(reason), ((UNLOOKED, path),))


def unlooked_places(ground: str, places: Mapping[str, str]) -> list[Collected]:
    """Returns that places, each with its reason, were not looked at; of too many the last one is their number."""
    named = list(places.items())
    more = len(named) - UNLOOKED_PLACES + 1
    if more > 1:
        named[UNLOOKED_PLACES - 1 :] = [(ground, f"{more} further places were not looked at")]
    return [unlooked(ground, path, reason) for path, reason in named]


def on_way(found: Collected, way: str) -> Collected:
    """Returns what was found with the way that led to it; an empty one is that of a usual place."""
    return found._replace(facts=(*found.facts, (WAY, way))) if way else found


class Reader(Protocol):
    """The facet `read`, the one that no ecosystem is without."""

    NAME: str
    """The word for it on the command line and on disk."""

    def collect(self, system: System, named: Sequence[str]) -> list[Collected]:
        """Reads every environment of this ecosystem on `system`.

        Never starts a program, never raises for what it finds: an environment that cannot be read is `FAILED` or
        `PARTIAL` with the reason. Returns exactly one `Collected` with an empty environment and status `ABSENT` when
        the ecosystem is not in use. A place that could not be searched for environments adds one with `PARTIAL`, no
        manifest, and the home as environment that the place is in; an empty one where it is in no home. Several for
        one home are one to whoever asks. Places that were not looked at (`unlooked`) are further ones, beside all this.

        Args:
            system: The machine to read.
            named: Paths of environments to read besides those it finds; those that are not of this ecosystem or do not
                exist are passed over.
        """
        ...
