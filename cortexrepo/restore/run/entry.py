"""What the journal of a restore says: one restore that is under way, as a value and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cortexrepo.errors import FormatVersionError
from cortexrepo.formats.json import plan as plan_json
from cortexrepo.model.ids import SnapshotId
from cortexrepo.restore.plan import planfile

if TYPE_CHECKING:
    from cortexrepo.model.plan import Part, Plan

VERSION = 1
FETCHING = "fetching"
"""Nothing is changed yet."""
APPLYING = "applying"
"""Something may be changed."""
FINISHING = "finishing"
"""Everything is changed; the ways back of the parts are being removed, one after the other."""
PHASES = (FETCHING, APPLYING, FINISHING)


class Begun(NamedTuple):
    """A part that was planned.

    Attributes:
        part: What was to be done.
        staging: The name of its directory in the journal.
        applied: Whether it was done to its end.
        left: Why it was given up; empty for a part that was not. Nothing is done for it any more.
    """

    part: Part
    staging: str
    applied: bool = False
    left: str = ""


class Entry(NamedTuple):
    """A restore that is under way.

    Attributes:
        repository: Where the snapshot is: the repository's id and its directory.
        location: The directory.
        plan: What was decided.
        phase: One of `PHASES`.
        safety: The snapshot of how the machine was before, once there is one.
        parts: In the order in which they were begun; a resumed restore adds to them.
        home: The id of the repository that the safety snapshot is in; another one, where root restores from a user's.
        content: A digest over what the snapshot held when the restore began; empty where an older version began it.
    """

    repository: str
    location: str
    plan: Plan
    phase: str
    safety: SnapshotId | None
    parts: tuple[Begun, ...]
    home: str = ""
    content: str = ""

    @property
    def safety_is_in(self) -> str:
        """Returns the id of the repository with the safety snapshot."""
        return self.home or self.repository


def document(entry: Entry) -> dict[str, Any]:
    """Returns the JSON value of an entry."""
    return {
        "version": VERSION,
        "repository": entry.repository,
        "location": entry.location,
        "home": entry.home,
        "content": entry.content,
        "plan": plan_json.fields(entry.plan),
        "phase": entry.phase,
        "safety": entry.safety,
        "parts": [_begun(one) for one in entry.parts],
    }


def _begun(one: Begun) -> dict[str, Any]:
    return {"part": plan_json.part(one.part), "staging": one.staging, "applied": one.applied, "left": one.left}


def decoded(value: Any) -> Entry:
    """Returns the entry of a JSON value.

    Raises:
        FormatVersionError: A newer version wrote it.
        ValueError, TypeError, KeyError, AttributeError, RecursionError: It is none.
    """
    version = value["version"]
    if isinstance(version, int) and version > VERSION:
        raise FormatVersionError(
            f"a newer version of cortex has begun a restore: the journal has version {version!r:.20}",
            hint="finish or undo the restore with the version that began it",
        )
    if version != VERSION or value["phase"] not in PHASES:
        raise ValueError("the version or the phase is not known")
    safety = value["safety"]
    parts = tuple(
        Begun(planfile.part(one["part"]), _staging(one["staging"]), bool(one["applied"]), str(one.get("left", "")))
        for one in value["parts"]
    )
    plan = planfile.plan(value["plan"])
    return Entry(
        str(value["repository"]), str(value["location"]), plan, value["phase"],
        None if safety is None else SnapshotId(str(safety)), parts,
        str(value.get("home", "")), str(value.get("content", "")),
    )  # fmt: skip


def _staging(name: str) -> str:
    if not name.startswith("part-") or not name.isascii() or not name.removeprefix("part-").isdecimal():
        raise ValueError(f"{name!r} is not the name of a part")
    return name
