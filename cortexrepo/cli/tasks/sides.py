"""The two sides of a comparison: snapshots, or the live machine read the way the other side was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli.exit_codes import DIFFERENT, DONE, PARTIAL
from cortexrepo.cli.options import checked_revision
from cortexrepo.cli.tasks.latest import latest_of
from cortexrepo.ecosystems import registry
from cortexrepo.model.diff import Unknown
from cortexrepo.model.revision import LATEST, LIVE, split_range
from cortexrepo.model.snapshot import Snapshot
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.formats.json.document import Document
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.diff import Diff
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.repository.repository import Repository


class Comparison(NamedTuple):
    """What was compared, the result, and the files passed over on the way. A side that is None is the live machine."""

    before: Snapshot | None
    after: Snapshot | None
    diff: Diff
    note: str = ""
    damaged: tuple[Damage, ...] = ()


def chosen(revisions: Sequence[str]) -> tuple[str, str]:
    """Returns the two revisions that the arguments `[A [B]]` or `A..B` mean.

    Without any, the latest snapshot and the live machine; what is left out of a range likewise, and one alone is
    compared with the machine. More than two, or what cannot name a snapshot, is wrong usage.
    """
    if len(revisions) > 2:  # noqa: PLR2004 -- a comparison has two sides
        raise click.UsageError(f"`diff` compares two snapshots: {len(revisions)} were given")
    words = list(revisions)
    ends = split_range(words[0]) if len(words) == 1 else None
    words = list(ends) if ends is not None else words
    before, after = [*words, *(LATEST, LIVE)[len(words) :]]
    return checked_revision(before), checked_revision(after)


def compare(repository: Repository, before: str, after: str, root: str) -> Comparison:
    """Returns the comparison of two revisions, either of which may be `live`; raises RevisionError.

    Beside `live`, `latest` is the latest snapshot of that machine.
    """
    known_sides: dict[str, Snapshot | None] = {LIVE: None}
    if {before, after} == {LATEST, LIVE}:
        known_sides[LATEST] = latest_of(repository, root)
    snapshots = [
        known_sides[revision] if revision in known_sides else repository.get(revision) for revision in (before, after)
    ]
    known = next((snapshot for snapshot in snapshots if snapshot is not None), None)
    now = live(root, known, repository) if None in snapshots else None
    sides = [snapshot if snapshot is not None else now for snapshot in snapshots]
    left, right = sides
    assert left is not None
    assert right is not None
    note = "" if left.machine == right.machine else "the two states are of different machines"
    found = repository.diff(left, right)
    if now is not None and known is not None:
        unknown = (_unreadable(one) for one in found.unknown)
        found = found._replace(unknown=(*unknown, *_not_recorded(known, after=snapshots[0] is None)))
    return Comparison(snapshots[0], snapshots[1], found, note, tuple(repository.unread))


def document(command: str, comparison: Comparison) -> Document:
    """Returns the document of a comparison, for `diff` and `status`."""
    from cortexrepo.formats.json.snapshots import compared

    return compared(command, comparison.diff, comparison.before, comparison.after, comparison.damaged)


def notes(comparison: Comparison) -> list[str]:
    """Returns lines about what a person should know of a comparison."""
    return [f"note: {comparison.note}"] if comparison.note else []


def _not_recorded(snapshot: Snapshot, *, after: bool) -> list[Unknown]:
    """Returns the ecosystems that a snapshot says nothing of: for that reason the machine was not asked either."""
    recorded = {slot.ecosystem for slot in snapshot.slots}
    side = "after" if after else "before"
    return [Unknown(name, "", f"{side}: not recorded") for name in registry.names() if name not in recorded]


def _unreadable(unknown: Unknown) -> Unknown:
    """Returns what is unknown of the machine, with the true reason where this version cannot read an ecosystem."""
    if registry.find(unknown.ecosystem) is not None:
        return unknown
    return unknown._replace(reason=f"{unknown.reason}: this version of cortex cannot read this ecosystem")


def live(root: str, like: Snapshot | None, repository: Repository) -> Inventory | Snapshot:
    """Returns the machine as it is now: everything, or what `like` recorded, wherever that looked.

    Where it is known to equal a stored snapshot still, that snapshot is the answer.
    """
    from cortexrepo.recording.recalling import question, recalled, see

    if like is None:
        return see(repository, root, None).inventory
    # One that a newer version recorded cannot be read here: nothing is known of it now.
    recorded = {slot.ecosystem for slot in like.slots if registry.find(slot.ecosystem) is not None}
    only = None if recorded == set(registry.names()) else sorted(recorded)
    known = sorted({slot.environment for slot in like.slots if slot.environment})
    found = recalled(repository, question(only, (), known)) if root == "/" else None
    now = found or see(None, root, only, known=known).inventory
    missed = _missed(now, like, repository)
    return see(None, root, only, known=[*known, *missed]).inventory if missed else now


def _missed(now: Inventory | Snapshot, like: Snapshot, repository: Repository) -> list[str]:
    """Returns the places at which a snapshot has looked, and the machine has not been looked at now.

    Variables had named them for whoever made the snapshot; whoever compares it may have others.
    """
    if isinstance(now, Snapshot) and now.looked() == like.looked():
        return []
    slots = now.slots if isinstance(now, Snapshot) else now.readings
    return sorted(repository.places(like) - repository.places(now) - {slot.environment for slot in slots})


def answer(comparison: Comparison, *, tell: bool) -> int:
    """Returns the exit code for a comparison; `tell` is `--exit-code`."""
    if not tell:
        return DONE
    if comparison.diff.changes or comparison.diff.facts:
        return DIFFERENT
    return PARTIAL if comparison.diff.unknown else DONE
