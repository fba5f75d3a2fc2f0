"""Repair: what is damaged is kept aside, never removed, and replaced from where it is still good.

A good copy is one whose content has the id that is asked for, so that no copy can bring anything else in.
"""

from __future__ import annotations

import contextlib
from itertools import chain
from typing import TYPE_CHECKING

from cortexrepo.codec import refs as codec
from cortexrepo.codec import removed
from cortexrepo.codec.hashing import pack_name, segment_name
from cortexrepo.codec.objects import FRAME_LIMIT, frame, intact
from cortexrepo.codec.packed import packs
from cortexrepo.codec.packed.mending import mended
from cortexrepo.errors import CortexError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.model.problem import (
    DAMAGED_ARTIFACT,
    DAMAGED_MARK,
    DAMAGED_OBJECT,
    DAMAGED_PACK,
    DAMAGED_REF,
    DAMAGED_REMOVED,
    DAMAGED_SEGMENT,
    DAMAGED_TAG,
    LOST_REF,
    MISSING_OBJECT,
    NEWER_FORMAT,
    Problem,
)
from cortexrepo.repository import layout
from cortexrepo.repository.artifacts import audit as artifact_audit
from cortexrepo.repository.objects.packs import Packs
from cortexrepo.repository.refs import removals
from cortexrepo.repository.refs.presence import lost
from cortexrepo.repository.refs.refs import Refs
from cortexrepo.repository.upkeep.explaining import put_back
from cortexrepo.repository.writing import encode_inventory
from cortexrepo.store.keys import ARTIFACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.problem import Report
    from cortexrepo.store.upkeep import Inspecting, Kept

_ROUNDS = 3


class Repairer:
    """One repair of one repository. The caller excludes collectors."""

    def __init__(
        self,
        store: Kept,
        inspection: Inspecting,
        repository: str,
        sources: Sequence[Kept],
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
        self._is_complete = False
        self._earlier: list[Problem] = []
        self._frames = {} if machine is None else encode_inventory(machine).parts

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
        found = tuple(problems)
        # What a bad table of slots names is not known: it may be in a pack that is damaged.
        self._is_complete = not any(
            problem.kind == MISSING_OBJECT or problem.key.startswith(f"{layout.OBJECTS}/") for problem in found
        )
        self._earlier = []
        mended = [problem for problem in found if self._mend(problem)]
        return (*mended, *self._earlier)

    def _mend(self, problem: Problem) -> bool:  # noqa: PLR0911 -- one for each kind
        if problem.kind in {DAMAGED_OBJECT, MISSING_OBJECT}:
            return self._object(problem)
        if problem.kind == LOST_REF and self._is_explained(problem):
            return True
        if problem.kind in {DAMAGED_REF, LOST_REF}:
            return self._ref(problem)
        if problem.kind in {DAMAGED_PACK, DAMAGED_SEGMENT}:
            return self._whole(problem)
        if problem.kind == DAMAGED_ARTIFACT:
            return artifact_audit.mend(problem.key, self._store, self._sources, self._inspection)
        if problem.kind == DAMAGED_REMOVED:
            return self._note(problem)
        if problem.kind == NEWER_FORMAT:
            return self._newer(problem)
        if problem.kind in {DAMAGED_MARK, DAMAGED_TAG}:
            self._inspection.keep_aside(problem.key, layout.DAMAGED)
            return self._store.remove(problem.key)
        return False

    def _newer(self, problem: Problem) -> bool:
        """Replaces a file that says it is of a newer version, where a copy has the same thing in a format known here.

        Then no newer version wrote it, and one byte is wrong. Without such a copy the file stays.
        """
        directory = problem.key.partition("/")[0]
        if directory == layout.OBJECTS:
            return self._object(problem)
        if directory == layout.REFS:
            return self._ref(problem)
        if directory == layout.REMOVED:
            return self._note(problem)
        if directory in {layout.PACKS, layout.SEGMENTS}:
            return self._whole(problem)
        if directory == ARTIFACTS:
            return artifact_audit.replace(problem.key, self._store, self._sources, self._inspection)
        return False

    def _object(self, problem: Problem) -> bool:
        good = self._good_object(problem.key)
        if good is None:
            # It stays: a writer may replace it with an intact one at any moment, and that must not be moved away.
            return False
        if problem.kind != MISSING_OBJECT and self._store.size(problem.key):
            self._inspection.keep_aside(problem.key, layout.DAMAGED)
        self._store.put(problem.key, good)
        return True

    def _ref(self, problem: Problem) -> bool:
        good = self._good_ref(problem.key)
        if good is None:
            # It stays: its name still says which snapshot that was.
            return False
        if problem.kind == DAMAGED_REF:
            self._inspection.keep_aside(problem.key, layout.DAMAGED)
        self._store.put(problem.key, good)
        if problem.kind == LOST_REF:
            self._before(good)
        return True

    def _is_explained(self, problem: Problem) -> bool:
        """Returns whether a note says that a snapshot was removed: then it is not lost, and must not come back."""
        return any(put_back(self._store, self._sources, one) for one in problem.snapshots)

    def _before(self, good: bytes) -> None:
        """Puts back those before a snapshot that was lost, as far as they are lost too: only it says that they were."""
        refs = Refs(self._store)
        data: bytes | None = good
        while data is not None:
            snapshot = codec.decode(data)
            if snapshot.previous is None:
                return
            place = snapshot.machine, snapshot.origin
            name = lost(refs, self._store, [place], snapshot.previous.id)
            data = None if name is None else self._good_ref(layout.ref_key(name))
            if name is not None and data is not None:
                self._store.put(layout.ref_key(name), data)
                reason = f"snapshot {name.id[:12]} was missing"
                self._earlier.append(Problem(LOST_REF, layout.ref_key(name), reason, (name.id,)))

    def _note(self, problem: Problem) -> bool:
        """Puts back a note about removed snapshots. Without a copy it stays: nobody knows what was in it."""
        name = problem.key.rpartition("/")[2]
        for source in self._sources:
            with contextlib.suppress(CortexError):
                found = removals.read(source, name)
                if found is not None:
                    self._inspection.keep_aside(problem.key, layout.DAMAGED)
                    self._store.put(problem.key, removed.encode(found))
                    return True
        return False

    def _whole(self, problem: Problem) -> bool:
        """Puts back a pack or segment: its name says what must be in it."""
        name = problem.key.rpartition("/")[2].partition(".")[0]
        is_pack = problem.key.endswith(layout.PACK)
        for data in chain(self._copies(problem.key, packs.FILE_LIMIT), self._own(problem.key, name)):
            if (pack_name if is_pack else segment_name)(data) == name:
                self._inspection.keep_aside(problem.key, layout.DAMAGED)
                self._store.put(problem.key, data)
                return True
        if problem.kind == DAMAGED_PACK and self._is_complete and self._rescue(name):
            # Nobody misses what was in it: it was put back elsewhere, or is needed no more.
            self._inspection.keep_aside(problem.key, layout.DAMAGED)
            return self._store.remove(problem.key)
        return False

    def _own(self, key: str, name: str) -> Iterator[bytes]:
        """Yields a pack as it was, if only its head is damaged."""
        data = self._store.get(key, packs.FILE_LIMIT) if key.endswith(layout.PACK) else None
        found = None if data is None else mended(data, name)
        if found is not None:
            yield found

    def _rescue(self, name: str) -> bool:
        """Gives every object that is whole in a damaged pack a file of its own; False where not all can be told."""
        try:
            for identity, content in Packs(self._store).whole(name):
                self._store.put(layout.object_key(identity), frame(content.raw, content.type))
        except FormatVersionError:
            return False
        return True

    def _good_object(self, key: str) -> bytes | None:
        identity = layout.object_of(key)
        for data in (self._frames.get(key), *self._copies(key, FRAME_LIMIT)):
            if data is not None and intact(data, identity):
                return data
        for source in (self._store, *self._sources):
            with contextlib.suppress(CortexError):
                packed = Packs(source).find(identity)
                if packed is not None:
                    return frame(packed.raw, packed.type)
        return None

    def _good_ref(self, key: str) -> bytes | None:
        name = refname.RefName(key.rpartition("/")[2])
        for source in self._sources:
            with contextlib.suppress(CortexError):
                # What `Refs` returns is of that name, which says in which repository it was made.
                snapshot = Refs(source).header(name)
                if snapshot is not None:
                    return codec.encode(snapshot)
        return None

    def _copies(self, key: str, limit: int) -> Iterator[bytes]:
        for source in self._sources:
            try:
                data = source.get(key, limit)
            except CortexError:
                continue
            if data is not None:
                yield data
