"""Artifacts over any history: after a collection exactly those are there that some snapshot needs, all whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from support.repositories.inventories import packages
from support.repositories.memories import InMemory

from cortexrepo.model.artifact import CACHE
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Package
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.upkeep.tidiness import THOROUGH

VERSIONS = ("1", "2", "3")
MACHINES = ("0" * 32, "f" * 32)

steps = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(VERSIONS), st.sampled_from(MACHINES)),
    st.tuples(st.just("keep"), st.sampled_from(VERSIONS), st.sampled_from((b"one", b"two"))),
    st.tuples(st.just("delete"), st.integers(0, 5), st.none()),
    st.tuples(st.just("undelete"), st.integers(0, 5), st.none()),
    st.tuples(st.just("tag"), st.integers(0, 5), st.none()),
    st.tuples(st.just("gc"), st.booleans(), st.sampled_from((None, THOROUGH))),
    st.tuples(st.just("limit"), st.sampled_from((0, 300, 600, 1 << 20)), st.none()),
)


class Model:
    """What should be there: snapshots in order, whether they are deleted, which one is tagged, and what is kept."""

    def __init__(self) -> None:
        self.place = InMemory()
        self.repository = self.place.repository
        self.snapshots: dict[str, tuple[str, str]] = {}
        self.deleted: set[str] = set()
        self.tagged = ""
        self.kept: set[tuple[str, bytes]] = set()

    def do(self, step: tuple[str, object, object]) -> None:
        self.place.now += 1
        name, first, second = step
        getattr(self, name)(first, second)

    def create(self, version: str, machine: str) -> None:
        readings = (Reading("pip", "/v", OK, packages("pip", {"a": version})),)
        made = self.repository.create(Inventory(machine, (), readings))
        self.snapshots[made.id] = version, machine

    def keep(self, version: str, data: bytes) -> None:
        self.repository.artifacts.keep("pip", Package("a", "", version), "a.whl", lambda: [data], CACHE)
        self.kept.add((version, data))

    def _pick(self, number: int, *, deleted: bool) -> str:
        found = [one for one in self.snapshots if (one in self.deleted) == deleted]
        return found[number % len(found)] if found else ""

    def delete(self, number: int, _: object) -> None:
        if one := self._pick(number, deleted=False):
            self.repository.delete([one])
            self.deleted.add(one)

    def undelete(self, number: int, _: object) -> None:
        if one := self._pick(number, deleted=True):
            self.repository.undelete([one])
            self.deleted.discard(one)

    def tag(self, number: int, _: object) -> None:
        if one := self._pick(number, deleted=False):
            self.repository.tag("golden", one, force=True)
            self.tagged = one

    def gc(self, now: bool, tidiness: object) -> None:  # noqa: FBT001 -- drawn
        planned = self.repository.upkeep.gc(keep_deleted_ms=0 if now else None, dry_run=True)
        found = self.repository.upkeep.gc(keep_deleted_ms=0 if now else None, tidiness=tidiness)  # type: ignore[arg-type]
        assert planned.artifacts == found.artifacts
        if now:
            self.snapshots = {one: what for one, what in self.snapshots.items() if one not in self.deleted}
            self.deleted.clear()
        self._collected()

    def _collected(self) -> None:
        needed = {version for version, _ in self.snapshots.values()}
        self.kept = {(version, data) for version, data in self.kept if version in needed}
        assert self.found() == self.kept

    def limit(self, size: int, _: object) -> None:
        before = self.found()
        found = self.repository.upkeep.gc(artifacts_limit=size)
        after = self.found()
        assert after <= before
        assert found.artifacts == len(before) - len(after)
        newest = {machine: version for one, (version, machine) in self.snapshots.items() if one not in self.deleted}
        always = set(newest.values())
        if self.tagged in self.snapshots and self.tagged not in self.deleted:
            always.add(self.snapshots[self.tagged][0])
        assert {one for one in before if one[0] in always} <= after
        taken = sum(info.size for info in map(self.place.files.info, self._paths()) if info is not None)
        assert taken <= size or {version for version, _ in after} <= always
        assert found.artifacts_over == max(taken - size, 0)
        self.kept = after

    def _paths(self) -> list[str]:
        top = self.place.path("artifacts")
        if self.place.files.info(top) is None:
            return []
        return [
            f"{top}/{fan}/{name}"
            for fan in self.place.files.names(top)
            for name in self.place.files.names(f"{top}/{fan}")
        ]

    def found(self) -> set[tuple[str, bytes]]:
        shelf = self.repository.artifacts
        found = set()
        for number, artifact in enumerate(shelf.every()):
            path = f"/home/copy {self.place.now} {number}"
            shelf.copy(artifact, path)
            found.add((artifact.version, self.place.files.read(path, 99)))
            self.place.files.unlink(path)
        return found


@given(st.lists(steps, max_size=25))
@settings(max_examples=300)
def test_after_any_history_what_is_needed_is_there_and_nothing_else(history: list[tuple[str, object, object]]) -> None:
    model = Model()
    for step in history:
        model.do(step)
        assert model.found() == model.kept
    if model.snapshots:
        model.gc(True, None)
    assert model.repository.upkeep.verify().problems == ()
