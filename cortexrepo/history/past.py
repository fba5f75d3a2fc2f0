"""The past of a repository, as far as a question asks for it: read once, then asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import EnvironmentPathError
from cortexrepo.history.looks import Looks
from cortexrepo.history.rows import Rows
from cortexrepo.history.sightings import sightings_in
from cortexrepo.model.history import Machine
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout
from cortexrepo.repository.refs.revisions import none_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.errors import CortexError
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.history import Stay
    from cortexrepo.repository.repository import Repository


class Where(NamedTuple):
    """Conditions, each of which may be None: an ecosystem, an environment, moments in milliseconds since 1970."""

    ecosystem: str | None = None
    environment: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    def meets(self, name: RefName) -> bool:
        """Returns whether a snapshot was made between the moments, or at one of them."""
        if self.since_ms is None and self.until_ms is None:
            return True
        created = name.created_at
        return (self.since_ms is None or created >= self.since_ms) and (
            self.until_ms is None or created <= self.until_ms
        )


class Past:
    """Every sighting of a repository that meets the conditions on its place, and what cannot be read.

    Attributes:
        where: The conditions.
        stays: From when to when each machine held the same, the oldest first.
        snapshots: How many snapshots can be read.
        found: The sightings, the oldest first.
        newest: The newest snapshot of each machine, by the first digits of the machine's id.
        recorded: The ecosystems of all snapshots.
        rows: Reads manifests.
        looks: Says where a snapshot has looked.
    """

    def __init__(self, repository: Repository, where: Where) -> None:
        """Reads the history; raises StoreError, EnvironmentPathError where no snapshot has the environment."""
        history = repository.past.stays()
        self.where = where
        self.stays: tuple[Stay, ...] = history.stays
        self.snapshots = history.snapshots
        self.newest: dict[str, RefName] = {stay.last.machine: stay.last for stay in history.stays}
        self.rows = Rows(repository.past.content)
        self._repository = repository
        self._damaged = history.damaged
        self.looks = Looks(repository.past)
        found = sightings_in(history.stays, self.looks)
        self.recorded = {sighting.ecosystem for sighting in found}
        if where.environment is not None and where.environment not in {one.environment for one in found}:
            known = {sighting.environment for sighting in found}
            raise self.certain(_unknown(where.environment, known), f"an environment {where.environment!r:.80}")
        self.found = [
            sighting
            for sighting in found
            if (where.ecosystem is None or where.ecosystem == sighting.ecosystem)
            and (where.environment is None or where.environment == sighting.environment)
        ]

    @property
    def damaged(self) -> list[Damage]:
        """The refs, segments and objects that could not be read so far."""
        if not self.rows.damaged:
            return list(self._damaged)
        from cortexrepo.repository.refs.unread import damage  # few ever need it

        return [*self._damaged, *(damage(layout.object_key(key), why) for key, why in self.rows.damaged.items())]

    def require(self) -> None:
        """Raises RevisionError where there is no snapshot to ask, CorruptError where that is not known."""
        if not self.snapshots:
            if self._damaged:
                from cortexrepo.repository.refs.unread import not_known

                raise not_known("whether there is a snapshot", self._damaged)
            raise none_of(deleted=False, are_others=self.has_deleted())

    def certain(self, nothing: CortexError, wanted: str) -> CortexError:
        """Returns an error that says that no snapshot has what is wanted, or that this is not known.

        Args:
            nothing: The error for a past of which everything could be read.
            wanted: What no snapshot has that can be read.
        """
        damaged = self.damaged
        if not damaged:
            return nothing
        from cortexrepo.repository.refs.unread import not_known

        return not_known(f"whether a snapshot has {wanted}", damaged)

    def has_deleted(self) -> bool:
        """Returns whether the repository has snapshots that are marked as deleted."""
        return self._repository.past.has_deleted()

    def outlines(self, names: Iterable[RefName]) -> dict[RefName, Snapshot]:
        """Returns these snapshots, without `previous`, except those that were collected or damaged meanwhile."""
        return dict(self._repository.past.outlines(names))

    def machine(self, name: RefName) -> Machine:
        """Returns whose snapshot that is."""
        snapshot = self.outlines([name]).get(name)
        return Machine(name.machine) if snapshot is None else Machine(snapshot.machine, snapshot.fact("hostname"))


def _unknown(environment: str, known: set[str]) -> EnvironmentPathError:
    from cortexrepo.history.names import alike

    hint = alike(environment, known - {""})
    return EnvironmentPathError(f"no snapshot has an environment {environment!r:.80}", hint=hint)
