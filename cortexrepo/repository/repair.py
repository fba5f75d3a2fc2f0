"""Repair: what is damaged is kept aside, never removed, and replaced from where it is still good.

A good copy is one whose content has the id that is asked for, so that no copy can bring anything else in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import records
from cortexrepo.codec.objects import FRAME_LIMIT, intact
from cortexrepo.errors import CortexError
from cortexrepo.model import refname
from cortexrepo.model.problem import DAMAGED_MARK, DAMAGED_OBJECT, DAMAGED_REF, DAMAGED_TAG, MISSING_OBJECT
from cortexrepo.repository import layout
from cortexrepo.repository.writing import encode_inventory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.problem import Problem, Report
    from cortexrepo.store.inspection import Inspection
    from cortexrepo.store.local import LocalStore

_ROUNDS = 3


class Repairer:
    """One repair of one repository. The caller excludes collectors."""

    def __init__(
        self,
        store: LocalStore,
        inspection: Inspection,
        repository: str,
        sources: Sequence[LocalStore],
        machine: Inventory | None,
    ) -> None:
        """Takes the store, and where good copies may be.

        Args:
            store: What to repair.
            inspection: The same place.
            repository: The repository's id, which a ref must carry.
            sources: Other repositories.
            machine: The machine as it is now: where it is still as it was, it has the same manifests.
        """
        self._store = store
        self._inspection = inspection
        self._repository = repository
        self._sources = sources
        self._frames = {} if machine is None else encode_inventory(machine)[1]

    def run(self, verify: Callable[[], Report]) -> Report:
        """Verifies, repairs and verifies again, and returns the last report with all that was repaired."""
        found = verify()
        repaired: tuple[Problem, ...] = ()
        # A ref that was put back may need objects that nobody was known to need: so more than once, but not for ever.
        for _ in range(_ROUNDS):
            mended = self.repair(found.problems)
            repaired += mended
            found = verify()
            if not mended:
                break
        return found._replace(repaired=repaired)

    def repair(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Mends what can be mended and returns that; what cannot be is as it was."""
        return tuple(problem for problem in problems if self._mend(problem))

    def _mend(self, problem: Problem) -> bool:
        if problem.kind in {DAMAGED_OBJECT, MISSING_OBJECT}:
            return self._object(problem)
        if problem.kind == DAMAGED_REF:
            return self._ref(problem)
        if problem.kind in {DAMAGED_MARK, DAMAGED_TAG}:
            self._inspection.keep_aside(problem.key, layout.DAMAGED)
            return self._store.remove(problem.key)
        return False

    def _object(self, problem: Problem) -> bool:
        good = self._good_object(problem.key)
        if good is None:
            # It stays: a writer may replace it with an intact one at any moment, and that must not be moved away.
            return False
        if problem.kind == DAMAGED_OBJECT:
            self._inspection.keep_aside(problem.key, layout.DAMAGED)
        self._store.put(problem.key, good)
        return True

    def _ref(self, problem: Problem) -> bool:
        good = self._good_ref(problem.key)
        if good is None:
            # It stays: its name still says which snapshot that was.
            return False
        self._inspection.keep_aside(problem.key, layout.DAMAGED)
        self._store.put(problem.key, good)
        return True

    def _good_object(self, key: str) -> bytes | None:
        identity = layout.object_of(key)
        for frame in (self._frames.get(key), *self._copies(key, FRAME_LIMIT)):
            if frame is not None and intact(frame, identity):
                return frame
        return None

    def _good_ref(self, key: str) -> bytes | None:
        for data in self._copies(key, records.LIMIT):
            try:
                snapshot = records.decode_ref(data)
            except CortexError:
                continue
            if snapshot.repository == self._repository and layout.ref_key(refname.of(snapshot)) == key:
                return data
        return None

    def _copies(self, key: str, limit: int) -> Iterator[bytes]:
        for source in self._sources:
            try:
                data = source.get(key, limit)
            except CortexError:
                continue
            if data is not None:
                yield data
