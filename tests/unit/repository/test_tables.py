"""Snapshots whose slots are in tables: written, read, packed, collected; and what is said where a table is bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import MACHINE, packages
from support.repositories.memories import InMemory, one, ref_of

from cortexrepo.codec import objects, refs
from cortexrepo.errors import CorruptError, MissingObjectError, RefusedError, RequestError
from cortexrepo.formats.json.snapshots import listed
from cortexrepo.formats.text.listing import snapshots as lines
from cortexrepo.formats.text.style import Style
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.problem import DAMAGED_OBJECT, MISSING_OBJECT, WRONG_SLOT
from cortexrepo.model.snapshot import OK, TABLE
from cortexrepo.repository.layout import object_key
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository

COUNT = 300
PACKED = Tidiness(recent=0, least=1, slack=0.0)


def many(changed: int, count: int = COUNT) -> Inventory:
    """Returns an inventory of many environments, with an object that no other number has."""
    readings = [Reading("pip", f"/{number:05}", OK, packages("pip", {"a": "1"})) for number in range(count)]
    readings[changed] = readings[changed]._replace(manifest=packages("pip", {"b": str(changed)}))
    return Inventory(MACHINE, (), tuple(readings))


def table_of(snapshot: Snapshot) -> str:
    table = snapshot.table()
    assert table is not None
    return object_key(table)


@pytest.fixture
def place() -> InMemory:
    return InMemory()


@pytest.fixture
def made(place: InMemory) -> list[Snapshot]:
    """Three snapshots: with a table, with another one, and one with few slots."""
    return [place.repository.create(found) for found in (many(0), many(1), one(5))]


def test_a_ref_with_a_table_has_no_slots_and_one_with_few_is_as_ever(place: InMemory, made: list[Snapshot]) -> None:
    assert [one.roots and one.roots[0][0] for one in made] == [TABLE, TABLE, ()]
    assert len(place.read(ref_of(made[0]))) < 300
    assert refs.encode(made[2]) == place.read(ref_of(made[2]))
    assert place.again().get(made[0].id) == made[0]
    assert list(place.again().snapshots()) == made[::-1]
    assert [len(state.slots) for state in place.again().past.history().states] == [1, COUNT, COUNT]
    difference = place.again().diff(made[0], made[1])
    assert [change.environment for change in difference.changes] == ["/00000"] * 2 + ["/00001"] * 2


def test_a_table_is_packed_and_goes_with_the_last_snapshot_that_names_it(place: InMemory, made: list[Snapshot]) -> None:
    again = place.repository.create(many(0))
    assert again.table() == made[0].table()
    place.repository.upkeep.gc(tidiness=PACKED)
    assert (place.names("refs"), place.names("objects")) == ([], [])
    assert list(place.again().snapshots()) == [again, *made[::-1]]
    assert [len(stay.slots) for stay in place.again().past.stays().stays] == [COUNT, COUNT, 1, COUNT]
    assert place.again().upkeep.verify().problems == ()
    place.again().delete([made[0].id, made[1].id])
    place.again().upkeep.gc(keep_deleted_ms=0, tidiness=PACKED)
    repository = place.again()
    assert repository.inventory(repository.get(again.id)).readings == many(0).readings
    with pytest.raises(MissingObjectError):
        repository._refs.tables().load(made[1].table() or "")  # type: ignore[arg-type]
    assert repository.upkeep.verify().problems == ()


def test_a_collector_keeps_what_only_a_table_names(place: InMemory, made: list[Snapshot]) -> None:
    place.repository.upkeep.gc()
    assert [place.again().inventory(one).readings for one in made[:2]] == [many(0).readings, many(1).readings]


def _torn(place: InMemory, key: str) -> None:
    place.write(key, place.read(key)[:-1])


def _absent(place: InMemory, key: str) -> None:
    place.unlink(key)


def _other(place: InMemory, key: str) -> None:
    """Another object is in its place: the bytes are those of a manifest."""
    place.write(key, objects.encode(packages("pip", {"z": "1"})).frame)


@pytest.mark.parametrize("spoil", [_torn, _absent, _other])
def test_a_snapshot_whose_table_is_bad_is_listed_and_its_slots_are_unknown(
    place: InMemory, made: list[Snapshot], spoil: Callable[[InMemory, str], None]
) -> None:
    spoil(place, table_of(made[1]))
    listing = place.again().listing()
    assert [one.id for one in listing.snapshots] == [one.id for one in made[::-1]]
    [damage] = listing.damaged
    assert damage.key == ref_of(made[1])
    assert damage.reason.startswith(f"its slots cannot be read: object {(made[1].table() or '')[:12]}")
    shown = lines(listing.snapshots, {}, Style(now_ms=0))
    assert [("packages unknown" in line) for line in shown] == [False, True, False]
    rows = listed(listing.snapshots, {}, listing.damaged)["snapshots"]
    assert [row["packages"] for row in rows] == [{"pip": 1}, None, {"pip": COUNT}]  # type: ignore[index,union-attr,call-overload]
    asks: tuple[Callable[[Repository], object], ...] = (
        lambda repository: repository.get(made[1].id),
        lambda repository: repository.diff("latest~1", "latest"),
        lambda repository: repository.inventory(listing.snapshots[1]),
        lambda repository: listing.snapshots[1].counts(),
    )
    for ask in asks:
        with pytest.raises(CorruptError, match="its slots cannot be read"):
            ask(place.again())
    assert [damage.key for damage in place.again().past.history().damaged] == [ref_of(made[1])]
    assert [state.name.id for state in place.again().past.history().states] == [made[2].id, made[0].id]
    # It can be named, and so deleted, and the next one follows it as ever.
    following = place.again().create(one(6))
    assert following.previous is not None
    assert following.previous.id == made[2].id
    assert place.again().delete(["latest~2"]) == (made[1].id,)


@pytest.mark.parametrize("is_packed", [False, True])
def test_verify_names_a_bad_table_and_whose_slots_are_unknown_and_a_repair_brings_it_back(
    place: InMemory, made: list[Snapshot], *, is_packed: bool
) -> None:
    copy = InMemory("/home/copy")
    table, data = table_of(made[1]), place.read(table_of(made[1]))
    if is_packed:
        place.repository.upkeep.gc(tidiness=PACKED)
        [name] = place.names("packs")
        whole = place.read(f"packs/{name}")
        place.unlink(f"packs/{name}")
        copy.write(f"packs/{name}", whole)
    else:
        _torn(place, table)
        copy.write(table, data)
    report = place.again().upkeep.verify()
    [problem] = [problem for problem in report.problems if problem.key == table]
    assert problem.kind == (MISSING_OBJECT if is_packed else DAMAGED_OBJECT)
    assert problem.snapshots == (made[1].id,)
    assert "what the snapshots hold that need it is not known" in problem.reason
    report = place.again().upkeep.repair(sources=[copy.again().upkeep])
    assert report.problems == ()
    assert [one.key for one in report.repaired if one.key == table] == [table]
    assert place.again().get(made[1].id) == made[1]


@pytest.mark.parametrize("is_rolled", [False, True])
def test_nothing_is_collected_while_a_table_is_bad_until_its_snapshot_is_deleted_for_long_enough(
    place: InMemory, made: list[Snapshot], *, is_rolled: bool
) -> None:
    if is_rolled:
        place.repository.upkeep.gc(tidiness=Tidiness(recent=0, least=1, slack=1.0))
        place.repository.upkeep.gc(tidiness=PACKED)
        for name in place.names("packs"):
            place.unlink(f"packs/{name}")
        for number in (0, 2):
            place.repository.create((many(0), one(5))[number // 2])
    else:
        _torn(place, table_of(made[1]))
    for dry_run in (False, True):
        with pytest.raises(RefusedError) as caught:
            place.again().upkeep.gc(tidiness=PACKED, dry_run=dry_run)
        assert f"nothing was removed, because {table_of(made[1])} cannot be read: " in str(caught.value)
        assert str(caught.value).endswith(f"; the slots of snapshot {made[1].id[:12]} are in that object")
        assert f"cortex snapshot delete {made[1].id}" in caught.value.hint
    place.again().delete([made[1].id])
    with pytest.raises(RefusedError):
        place.again().upkeep.gc(tidiness=PACKED)
    found = place.again().upkeep.gc(keep_deleted_ms=0, tidiness=PACKED)
    assert found.snapshots == (made[1].id,)
    assert place.again().inventory(place.again().get(made[0].id)).readings == many(0).readings
    assert place.again().upkeep.verify().problems == ()


def test_a_ref_that_names_a_manifest_as_its_table_is_told_of(place: InMemory, made: list[Snapshot]) -> None:
    held = made[0].slots[1].object
    assert held is not None
    lying = made[2]._replace(slots=(), roots=((TABLE, held),))
    place.write(ref_of(lying), refs.encode(lying))
    [problem] = place.again().upkeep.verify().problems
    assert (problem.kind, problem.key, problem.snapshots) == (WRONG_SLOT, ref_of(lying), (lying.id,))
    assert problem.reason == f"it names object {held[:12]} as the table of its slots, which it is not"


def test_a_slot_that_names_a_table_is_told_of(place: InMemory, made: list[Snapshot]) -> None:
    table = made[0].table()
    lying = made[2]._replace(slots=(made[2].slots[0]._replace(object=table),))
    place.write(ref_of(lying), refs.encode(lying))
    problems = place.again().upkeep.verify().problems
    assert [(one.kind, one.reason) for one in problems] == [(WRONG_SLOT, "a slot of pip names a table of slots")]


def test_a_damaged_table_heals_when_its_slots_are_recorded_again(place: InMemory, made: list[Snapshot]) -> None:
    _torn(place, table_of(made[1]))
    place.again().create(many(1))
    assert place.again().get(made[1].id) == made[1]


def test_a_snapshot_that_was_collected_meanwhile_is_left_out(place: InMemory, made: list[Snapshot]) -> None:
    repository = place.again()
    header = repository._refs.header(repository._refs.loose()[0][0])
    names = sorted(repository._refs.loose()[0])
    place.unlink(table_of(made[1]))
    place.write(f"deleted/{made[1].id}.claimed", b"")
    assert header is not None
    assert repository._refs.read(names[1]) is None
    assert [name.id for name, _ in repository._refs.slots(names)] == [made[0].id, made[2].id]
    assert [name.id for name, _ in repository._refs.snapshots(names, linked=True)] == [made[0].id, made[2].id]


def test_more_slots_than_a_table_may_have_are_refused_and_nothing_is_stored(place: InMemory) -> None:
    with pytest.raises(RequestError, match="it has 65537 slots; 1 to 65536 are allowed"):
        place.repository.create(many(0, (1 << 16) + 1))
    assert (place.names("refs"), place.names("objects"), place.names("pins")) == ([], [], [])


def test_what_is_recorded_of_the_past_may_have_a_table_too(place: InMemory) -> None:
    recorded = place.repository.record(many(3), 500)
    assert recorded is not None
    assert recorded.table() is not None
    assert place.repository.record(many(3), 500) is None
    assert place.again().snapshots() == (recorded,)
