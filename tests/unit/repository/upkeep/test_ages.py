"""Ages of deletions: no jump of the clock takes what was deleted a minute ago, and nothing stays for ever."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.disk.faults import FaultyFileSystem
from support.repositories.memories import LOCATION, InMemory, one

from cortexrepo.codec import records
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.ages import KEEP_DELETED_MS, SILENCE_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.snapshot import Snapshot

MINUTE = 60_000
HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
BEGIN = 20_000 * DAY


@pytest.fixture
def place() -> InMemory:
    made = InMemory()
    made.now = BEGIN
    return made


def deleted(place: InMemory, stated: int | None = None) -> Snapshot:
    """Makes a snapshot and deletes it, by a clock that may be another one."""
    snapshot = place.repository.create(one(len(place.names("refs"))))
    now, place.now = place.now, place.now if stated is None else stated
    place.repository.delete([snapshot.id])
    place.now = now
    return snapshot


def goes_after(place: InMemory, snapshot: Snapshot) -> int:
    """Collects each day until a snapshot goes, and returns how many days that took."""
    for day in range(100):
        if snapshot.id in place.again().upkeep.gc().snapshots:
            return day
        place.now += DAY
    raise AssertionError("it never goes")


def rhythmic(place: InMemory, every: int, count: int = 3) -> None:
    """Makes snapshots in a rhythm, the last of them now."""
    for _ in range(count):
        place.now += every
        place.repository.create(one(99))


@pytest.mark.parametrize("jump", [2 * DAY, KEEP_DELETED_MS, 400 * DAY])
def test_a_clock_that_jumps_takes_nothing_until_collections_have_seen_the_whole_window_pass(
    place: InMemory, jump: int
) -> None:
    older = deleted(place)
    rhythmic(place, DAY, 13)
    newer = deleted(place)
    place.now += MINUTE + jump
    for dry_run in (True, False):
        found = place.again().upkeep.gc(dry_run=dry_run)
        assert (found.snapshots, found.refused) == ((), True)
        assert found.doubted == ((older.id,) if jump < KEEP_DELETED_MS else (older.id, newer.id))
    assert goes_after(place, newer) == 14
    assert not place.repository._refs.has_any({older.id})


def test_a_collection_that_is_refused_does_all_else(place: InMemory) -> None:
    snapshot = deleted(place)
    place.write("tmp/ab", b"left behind")
    for number in range(70):
        place.repository.create(one(100 + number))
    place.now += KEEP_DELETED_MS
    found = place.again().upkeep.gc()
    assert (found.snapshots, found.refused, found.leftovers) == ((), True, 1)
    assert found.rolled > 0
    place.repository.undelete([snapshot.id])


def test_what_a_killed_collection_has_claimed_is_taken_back_where_the_clock_is_ahead(place: InMemory) -> None:
    snapshot = deleted(place)
    place.write(f"deleted/{snapshot.id}.claimed", place.read(f"deleted/{snapshot.id}"))
    place.unlink(f"deleted/{snapshot.id}")
    place.now += 100 * DAY
    assert place.again().upkeep.gc().refused
    assert place.names("deleted") == [snapshot.id]


def test_a_collection_is_refused_only_where_something_would_go(place: InMemory) -> None:
    deleted(place)
    place.now += 13 * DAY
    assert not place.again().upkeep.gc().refused
    place.now += DAY
    assert not place.again().upkeep.gc(keep_deleted_ms=KEEP_DELETED_MS, dry_run=True).refused
    assert place.again().upkeep.gc(dry_run=True).refused
    place.repository.create(one(9))
    assert not place.again().upkeep.gc(dry_run=True).refused


def test_a_snapshot_that_the_wrong_clock_made_first_does_not_make_the_clock_right(place: InMemory) -> None:
    snapshot = deleted(place)
    place.now += MINUTE + KEEP_DELETED_MS
    place.repository.create(one(99))
    found = place.again().upkeep.gc()
    assert (found.doubted, found.refused) == ((snapshot.id,), False)


def test_a_machine_with_a_snapshot_a_month_is_collected_without_an_option(place: InMemory) -> None:
    snapshot = deleted(place)
    gone: list[tuple[str, ...]] = []
    for number in range(3):
        place.now += 30 * DAY
        gone.append(place.again().upkeep.gc().snapshots)
        place.repository.create(one(90 + number))
    assert gone == [(), (snapshot.id,), ()]


def test_a_window_that_is_asked_for_counts_by_the_clock_alone(place: InMemory) -> None:
    snapshot = deleted(place)
    place.now += 20 * DAY
    assert place.again().upkeep.gc(keep_deleted_ms=21 * DAY).snapshots == ()
    assert place.again().upkeep.gc(keep_deleted_ms=20 * DAY).snapshots == (snapshot.id,)


def test_what_prune_has_left_is_no_rhythm(place: InMemory) -> None:
    rhythmic(place, DAY, 30)
    place.repository.delete([snapshot.id for snapshot in place.repository.snapshots()[1:-1]])
    place.again().upkeep.gc(keep_deleted_ms=0)
    deleted(place)
    place.now += 20 * DAY
    assert place.again().upkeep.gc().refused


@pytest.mark.parametrize("every", [DAY, 7 * DAY])
@pytest.mark.parametrize("what", ["gc", "create"])
def test_where_something_is_recorded_each_week_the_window_is_fourteen_days(
    place: InMemory, every: int, what: str
) -> None:
    rhythmic(place, every)
    snapshot = deleted(place)
    for _ in range(KEEP_DELETED_MS // every):
        found = place.again().upkeep.gc(dry_run=what == "create")
        assert (found.snapshots, found.refused) == ((), False)
        place.now += every
        if what == "create":
            place.repository.create(one(99))
    assert place.again().upkeep.gc().snapshots == (snapshot.id,)


def test_a_mark_of_the_future_counts_from_when_a_collection_saw_it(place: InMemory) -> None:
    place.repository.create(one(5))
    snapshot = deleted(place, stated=BEGIN + 30_000 * DAY)
    place.now += 3 * DAY
    assert goes_after(place, snapshot) == 14


def test_a_mark_that_appears_after_a_collection_and_states_a_time_before_it_is_new(place: InMemory) -> None:
    plain = deleted(place)
    place.now += 10 * DAY
    assert place.again().upkeep.gc().snapshots == ()
    late = deleted(place, stated=BEGIN)
    place.now += HOUR
    assert place.again().upkeep.gc(keep_deleted_ms=9 * DAY).snapshots == (plain.id,)
    assert goes_after(place, late) == 14


def test_a_collection_of_any_age_takes_every_mark_by_any_clock(place: InMemory) -> None:
    made = {deleted(place).id, deleted(place, stated=BEGIN + 1000 * DAY).id, deleted(place, stated=0).id}
    for now in (-1, BEGIN, 1 << 50):
        place.now = now
        assert set(place.again().upkeep.gc(keep_deleted_ms=0, dry_run=True).snapshots) == made
    place.now = BEGIN
    place.again().upkeep.gc()
    noted = place.read("cache/marks")
    assert set(place.again().upkeep.gc(keep_deleted_ms=0).snapshots) == made
    assert place.read("cache/marks") == noted
    assert place.names("deleted") == []


def test_who_was_stopped_while_deleting_states_the_time_after_that(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    clocks = iter((BEGIN, BEGIN + 15 * DAY))
    place.repository._clock = lambda: next(clocks)
    place.repository._refs.mark_deleted(snapshot.id, place.repository._clock)
    mark = records.decode_mark(records.MARK, place.read(f"deleted/{snapshot.id}"))
    assert mark == records.Mark(snapshot.id, snapshot.id, BEGIN + 15 * DAY)


@pytest.mark.parametrize("data", [b"torn", b"", records.seal(records.MEMORY, ((), b"", ((1, 2),)))])
def test_a_note_that_is_lost_or_torn_takes_nothing_early(place: InMemory, data: bytes) -> None:
    future, plain = deleted(place, stated=BEGIN + 100 * DAY), deleted(place)
    place.again().upkeep.gc()
    place.now += 7 * DAY
    assert place.again().upkeep.gc().snapshots == ()
    place.write("cache/marks", data)
    place.now += 7 * DAY
    assert place.again().upkeep.gc().snapshots in {(), (plain.id,)}
    assert goes_after(place, future) == 14


def test_where_nothing_was_ever_deleted_nothing_is_noted(place: InMemory) -> None:
    place.repository.create(one(1))
    place.again().upkeep.gc()
    assert "cache" not in place.files.names(LOCATION) or "marks" not in place.names("cache")
    assert place.again().upkeep.verify().problems == ()


def test_the_note_of_collections_is_no_stray_and_stays_small(place: InMemory) -> None:
    for _ in range(300):
        place.now += 5 * HOUR
        place.repository.create(one(1))
        place.again().upkeep.gc() if place.names("deleted") else deleted(place)
    assert place.again().upkeep.verify().problems == ()
    assert len(place.read("cache/marks")) < 1024


class Stopped(FaultyFileSystem):
    """A file system on which another process holds the lock of those who read names, and never lets go."""

    @contextlib.contextmanager
    def lock(self, path: str, *, exclusive: bool, timeout: float) -> Iterator[bool]:
        if path.endswith("/lock"):
            raise TimeoutError(path)
        with super().lock(path, exclusive=exclusive, timeout=timeout) as held:
            yield held


def test_a_process_that_stopped_while_it_read_names_holds_up_deleted_snapshots_and_nothing_else(
    place: InMemory,
) -> None:
    snapshot = deleted(place)
    kept = place.repository.create(one(3))
    lost = place.repository.create(one(4))
    key = f"objects/{'ab' * 32}".replace("objects/ab", "objects/ab/", 1)
    place.write(key, place.read(f"objects/{lost.slots[0].object[:2]}/{lost.slots[0].object[2:]}"))  # type: ignore[index]
    stopped = Repository.open(LOCATION, files=Stopped(place.files))
    stopped._clock = lambda: place.now
    found = stopped.upkeep.gc(keep_deleted_ms=0)
    assert (found.snapshots, found.waiting, found.objects) == ((), True, 1)
    assert place.names("deleted") == [snapshot.id]
    assert place.again().inventory(kept) == one(3)
    found = place.again().upkeep.gc(keep_deleted_ms=0)
    assert (found.snapshots, found.waiting) == ((snapshot.id,), False)


STEPS = st.lists(
    st.tuples(st.sampled_from(["create", "delete", "gc"]), st.integers(0, 12 * 24)), min_size=1, max_size=25
)


@given(STEPS)
def test_a_deletion_goes_when_its_recorded_time_is_fourteen_days_and_not_before(
    steps: list[tuple[str, int]],
) -> None:
    place = InMemory()
    place.now = BEGIN
    recorded: list[int] = []
    seen: list[int] = []
    taken: dict[str, tuple[int, int]] = {}
    marks: dict[str, int] = {}
    for number, (what, hours) in enumerate(steps):
        place.now += hours * HOUR
        if what == "gc":
            newest = max((*marks.values(), *(moment for moment, _ in taken.values())), default=place.now)
            believed = _is_believed([newest, *seen, place.now], _usual(sorted(taken.values())))
            old = {own for own, made in marks.items() if place.now - made >= KEEP_DELETED_MS}
            due = {own for own in old if believed and _counted(marks[own], place.now, recorded) >= KEEP_DELETED_MS}
            found = place.again().upkeep.gc()
            assert (set(found.snapshots), found.refused) == (due, bool(old) and not believed)
            assert set(found.doubted) == old - due
            # A collection is noted once anything was deleted.
            if marks or "cache" in place.files.names(LOCATION):
                recorded.append(place.now)
                seen.append(place.now)
            marks = {own: made for own, made in marks.items() if own not in due}
            taken = {own: one for own, one in taken.items() if own not in due}
            continue
        snapshot = place.repository.create(one(number))
        recorded.append(place.now)
        taken[snapshot.id] = (place.now, snapshot.sequence)
        if what == "delete":
            place.repository.delete([snapshot.id])
            marks[snapshot.id] = place.now


def _usual(taken: list[tuple[int, int]]) -> int:
    """Returns the longest time between two snapshots with no other one in between, then or now."""
    return max((later[0] - own[0] for own in taken for later in taken if later[1] == own[1] + 1), default=0)


def _is_believed(moments: list[int], usual: int) -> bool:
    """Returns whether steps that are not too long lead to now from the newest record, or from a whole window ago."""
    newest, *_, now = moments
    steps = sorted({moment for moment in moments if moment >= newest})
    reached = now
    for moment in reversed(steps):
        if (reached - moment) * 4 > max(DAY, usual) * 5:
            break
        reached = moment
    return reached == newest or now - reached >= KEEP_DELETED_MS


LIFE = st.lists(st.tuples(st.sampled_from(["create", "delete", "gc"]), st.integers(0, 3)), min_size=1, max_size=8)


@given(
    st.sampled_from([0, HOUR, DAY, 5 * DAY, 30 * DAY]),
    LIFE,
    st.integers(0, 13),
    st.integers(0, 60 * 24),
    st.lists(st.integers(0, 4 * 24), min_size=1, max_size=8),
)
def test_a_clock_that_jumps_by_any_time_takes_nothing_early_where_collections_alone_run(
    every: int, life: list[tuple[str, int]], more: int, jump: int, waits: list[int]
) -> None:
    place = InMemory()
    place.now = BEGIN
    rhythmic(place, every)
    marks: dict[str, int] = {}
    for what, hours in life:
        place.now += hours * HOUR
        if what == "gc":
            place.again().upkeep.gc()
        elif what == "create":
            place.repository.create(one(99))
        else:
            marks[deleted(place).id] = place.now
    rhythmic(place, DAY, more)
    # By how much a jump may pass for a silence like those before: a day or the longest one, and a quarter of that.
    passes = max(DAY, every) * 5 // 4
    early = jump * HOUR if jump * HOUR <= passes else 0
    for hours in waits:
        place.now += hours * HOUR
        for own in place.again(jump * HOUR).upkeep.gc().snapshots:
            assert place.now - marks[own] >= KEEP_DELETED_MS - early


def _counted(made: int, now: int, recorded: list[int]) -> int:
    """Returns an age, day by day: each silence counts for a week at most."""
    moments = sorted({made, now, *(moment for moment in recorded if made <= moment <= now)})
    return sum(min(later - earlier, SILENCE_MS) for earlier, later in pairwise(moments))
