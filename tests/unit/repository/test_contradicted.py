"""A segment whose digest fits its name and whose head contradicts its rows is a damaged one to every question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import pytest
from support.repositories.inventories import inventory

from cortexrepo.codec.canonical import pack, unpack
from cortexrepo.codec.hashing import segment_name
from cortexrepo.codec.packed.segments import BODY_LIMIT, HEADER
from cortexrepo.errors import CorruptError, RefusedError, StoreError
from cortexrepo.model.problem import DAMAGED_SEGMENT, DAMAGED_TAG
from cortexrepo.repository.refs.certain import checked
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Snapshot

    Head = list[list[object]]

MACHINES = "aa" * 16, "bb" * 16
COUNT = 4
MONTH = 30 * 86_400_000
ROWS, LAST, ENDED, FIRST, LATEST = 2, 5, 6, 3, 7


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Two machines take turns; the older snapshots of both are in one segment."""
    repository = Repository.open(tmp_path / "repository", create=True)
    for number in range(COUNT):
        for machine in MACHINES:
            repository.create(inventory(number)._replace(machine=machine))
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    for machine in MACHINES:
        repository.create(inventory(COUNT)._replace(machine=machine))
    return repository.location


def listed(place: str) -> list[Snapshot]:
    return list(Repository.open(place).listing().snapshots)


def files_of_their_own(place: str) -> set[str]:
    found = {path.name.rpartition("-")[2] for path in Path(place, "refs").iterdir()}
    assert found
    return found


def add(field: int, amount: int) -> Callable[[Head], None]:
    def change(head: Head) -> None:
        head[0][field] = cast("int", head[0][field]) + amount

    return change


def set_to(field: int, value: int) -> Callable[[Head], None]:
    def change(head: Head) -> None:
        head[0][field] = value

    return change


def rewrite(place: str, change: Callable[[Head], None]) -> str:
    """Has the segment say something else in its head, under the name that fits, and returns the key."""
    (old,) = Path(place, "segments").iterdir()
    data = old.read_bytes()
    end = HEADER + int.from_bytes(data[6:10], "big")
    head = [
        list(cast("tuple[object, ...]", group))
        for group in cast("tuple[object, ...]", unpack(data[HEADER:end], BODY_LIMIT))
    ]
    change(head)
    new = pack(tuple(map(tuple, head)))
    data = data[:6] + len(new).to_bytes(4, "big") + data[10:HEADER] + new + data[end:]
    old.unlink()
    key = f"segments/{segment_name(data)}.refs"
    Path(place, key).write_bytes(data)
    return key


LIES = {
    "latest later": add(LATEST, MONTH),
    "last later": add(LAST, 1),
    "ended earlier": add(ENDED, -1),
    "first earlier": add(FIRST, -1),
    "one row more": add(ROWS, 1),
}
lies = pytest.mark.parametrize("lie", LIES.values(), ids=LIES)


def test_a_segment_that_is_written_again_with_the_same_head_is_the_same(place: str) -> None:
    before = listed(place)
    rewrite(place, lambda _: None)
    assert listed(place) == before
    assert Repository.open(place).identify("latest~5") == before[5].id


@lies
@pytest.mark.parametrize("text", ["latest~1", "latest~3", "latest~9", "@{1 minute ago}"])
def test_no_revision_is_answered_by_place(place: str, lie: Callable[[Head], None], text: str) -> None:
    key = rewrite(place, lie)
    with pytest.raises(CorruptError, match=f"which snapshot '.*' names is not known: {key} cannot be read") as caught:
        Repository.open(place).identify(text)
    assert "cortex snapshot verify --repair --from REPO" in caught.value.hint


def test_the_latest_is_not_answered_from_a_head_that_says_that_a_clock_was_set_back(place: str) -> None:
    key = rewrite(place, add(LATEST, MONTH))
    with pytest.raises(CorruptError, match=f"is not known: {key} cannot be read"):
        Repository.open(place).identify("latest")


def test_the_latest_is_not_answered_from_a_head_that_hides_that_a_clock_was_set_back(tmp_path: Path) -> None:
    """One machine's clock was a month ahead once, so that its later snapshots are the latest of all."""
    begin = 1_767_225_600_000
    first, second = (inventory(0)._replace(machine=machine) for machine in MACHINES)
    repository = Repository.open(tmp_path / "repository", create=True)

    def create(machine: Inventory, moment: int) -> Snapshot:
        repository._clock = lambda: moment
        return repository.create(machine)

    for ahead in (0, MONTH, 1, 2, 3):
        create(first, begin + ahead)
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    last = create(first, begin + 4)
    create(second, begin + 5)
    assert Repository.open(repository.location).identify("latest") == last.id
    key = rewrite(repository.location, set_to(LATEST, begin + 3))
    with pytest.raises(CorruptError, match=f"is not known: {key} cannot be read"):
        Repository.open(repository.location).identify("latest")


@lies
def test_a_list_and_a_history_pass_it_over_and_name_it(place: str, lie: Callable[[Head], None]) -> None:
    key, outside = rewrite(place, lie), files_of_their_own(place)
    found = Repository.open(place).listing()
    assert outside == {one.id for one in found.snapshots}
    assert [one.key for one in found.damaged] == [key]
    stays = Repository.open(place).past.stays()
    assert (stays.snapshots, [one.key for one in stays.damaged]) == (len(outside), [key])
    history = Repository.open(place).past.history()
    assert ({state.name.id for state in history.states}, [one.key for one in history.damaged]) == (outside, [key])


@lies
def test_an_overview_passes_it_over_and_names_it(place: str, lie: Callable[[Head], None]) -> None:
    key, outside = rewrite(place, lie), files_of_their_own(place)
    overview = Repository.open(place).past.overview()
    count = sum(len(stretch.ids) for part in (overview.new(), overview.block()) for stretch in part)
    assert (count, [one.key for one in overview.damaged]) == (len(outside), [key])


@lies
def test_verification_names_it_and_goes_on(place: str, lie: Callable[[Head], None]) -> None:
    Repository.open(place).tag("golden", "latest")
    Path(place, "tags", "broken").write_bytes(b"")
    key = rewrite(place, lie)
    problems = Repository.open(place).upkeep.verify().problems
    assert {DAMAGED_SEGMENT: key, DAMAGED_TAG: "tags/broken"}.items() <= {one.kind: one.key for one in problems}.items()


@lies
def test_a_collection_is_refused_and_names_it(place: str, lie: Callable[[Head], None]) -> None:
    Repository.open(place).delete(["latest~4"])
    key = rewrite(place, lie)
    for dry_run in (True, False):
        with pytest.raises(RefusedError, match=f"nothing was removed, because {key} cannot be read") as caught:
            Repository.open(place).upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH, dry_run=dry_run)
        assert "cortex snapshot verify --repair --from REPO" in caught.value.hint


def test_looking_for_segments_whose_heads_contradict_them_has_an_end() -> None:
    class Ever:
        """Each look finds another segment, and each is damaged."""

        location = "place"
        looks = 0

        def look(self) -> Ever:
            self.looks += 1
            return self

        def segments(self) -> Ever:
            return self

        def check(self, _names: list[str]) -> bool:
            return False

        @property
        def view(self) -> Ever:
            return self

        heads: ClassVar[dict[str, object]] = {}
        loose: ClassVar[list[str]] = []

    found = Ever()
    with pytest.raises(StoreError, match="place: each look found other files in segments/"):
        checked(found, found)  # type: ignore[arg-type]
    assert found.looks < 100
