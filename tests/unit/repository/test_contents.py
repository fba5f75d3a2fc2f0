"""What snapshots hold: all that was stored comes back, and a comparison reads only what differs."""

from __future__ import annotations

import pytest
from support.repositories.inventories import MACHINE, inventory, packages
from support.repositories.memories import InMemory, object_of, one
from support.repositories.refusals import refusal

from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError, RevisionError
from cortexrepo.model.diff import DOWNGRADED, UPGRADED
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL, Slot, Snapshot

HINT = "replace the object from a copy: `cortex snapshot verify --repair --from REPO`; without a copy, leave out --from"
EVERY_STATUS = Inventory(
    MACHINE,
    (("hostname", "testing"), ("kernel", "6")),
    (
        Reading("apt", "", OK, packages("apt", {"bash": "5"}), "", (("native", "amd64"),)),
        Reading("npm", "", ABSENT),
        Reading("pip", "/a", FAILED, None, "no permission", (("python", "3.11"),)),
        Reading("pip", "/b", PARTIAL, packages("pip", {"six": "1"}), "one is unreadable", (("python", "3.12"),)),
    ),
)


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def test_all_that_was_stored_comes_back(place: InMemory) -> None:
    snapshot = place.repository.create(EVERY_STATUS)
    assert (snapshot.message, snapshot.cause, place.repository.tags()) == ("", ("", "", ""), {})
    assert place.again().inventory(place.again().get(snapshot.id)) == EVERY_STATUS
    assert [(slot.status, slot.packages) for slot in snapshot.slots] == [
        (OK, 1),
        (ABSENT, 0),
        (FAILED, 0),
        (PARTIAL, 1),
    ]


def test_a_manifest_that_cannot_be_stored_makes_its_slot_failed_and_says_why(place: InMemory) -> None:
    bad = packages("pip", {"": "1"})
    readings = (
        Reading("apt", "", OK, packages("apt", {"bash": "5"})),
        Reading("pip", "/a", OK, bad, "", (("python", "3"),)),
        Reading("pip", "/b", OK, packages("pip", {"six": "1"})),
    )
    snapshot = place.repository.create(Inventory(MACHINE, (), readings))
    slot = snapshot.slots[1]
    text = "the packages cannot be stored: a package has no name, or packages or attributes are out of order"
    assert slot == Slot("pip", "/a", FAILED, None, 0, text, (("python", "3"),))
    found = place.repository.inventory(snapshot)
    assert [reading.status for reading in found.readings] == [OK, FAILED, OK]
    assert place.repository.upkeep.verify().problems == ()


def test_a_comparison_takes_revisions_snapshots_and_inventories(place: InMemory) -> None:
    first, second = (place.repository.create(inventory(number)) for number in (1, 2))
    sides: list[tuple[str | Snapshot | Inventory, str | Snapshot | Inventory]] = [
        (first, second),
        (first.id, "latest"),
        (first, inventory(2)),
        (inventory(1), second),
    ]
    for before, after in (*sides, (inventory(1), inventory(2))):
        found = place.repository.diff(before, after)
        assert [(change.ecosystem, change.kind, change.versions) for change in found.changes] == [
            ("apt", UPGRADED, ("1.0", "2.0")),
            ("pip", UPGRADED, ("1", "2")),
        ]
        assert found.unknown == ()
    assert {change.kind for change in place.repository.diff(second, first).changes} == {DOWNGRADED}
    assert place.repository.diff(first, first).changes == ()


def test_versions_are_ordered_as_their_ecosystem_orders_them(place: InMemory) -> None:
    for ecosystem, older, newer in (("apt", "1~rc1", "1"), ("pip", "1.0.dev1", "1.0"), ("apt", "2", "1:1")):
        before, after = (
            Inventory(MACHINE, (), (Reading(ecosystem, "/v", OK, packages(ecosystem, {"a": version})),))
            for version in (older, newer)
        )
        assert [change.kind for change in place.repository.diff(before, after).changes] == [UPGRADED]


def test_slots_that_are_equal_are_not_read_to_compare_them(place: InMemory) -> None:
    pip = Reading("pip", "/v", OK, packages("pip", {"six": "1"}))
    first, second = (
        place.repository.create(
            Inventory(MACHINE, (), (Reading("apt", "", OK, packages("apt", {"bash": version})), pip))
        )
        for version in ("1", "2")
    )
    place.unlink(object_of(first, 1))
    found = place.repository.diff(first, second)
    assert [(change.ecosystem, change.kind) for change in found.changes] == [("apt", UPGRADED)]
    with pytest.raises(MissingObjectError):
        place.repository.inventory(first)
    with pytest.raises(MissingObjectError):
        place.repository.diff(first, one(1))


def test_a_missing_and_a_damaged_object_say_which_and_how_to_get_it_back(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    key = object_of(snapshot)
    name = f"object {str(snapshot.slots[0].object)[:12]}"
    good = place.read(key)
    place.write(key, good[:4] + b"\x02" + good[5:])
    assert refusal(lambda: place.repository.inventory(snapshot)) == (
        FormatVersionError,
        f"{name}: the object has format 2, type 1, compression {good[6]}; this version of cortex cannot read them",
        "use the version of cortex that wrote the file, or a newer one",
    )
    place.write(key, b"torn")
    text = f"{name}: the object is damaged: it is cut short, or it is not an object"
    assert refusal(lambda: place.repository.inventory(snapshot)) == (CorruptError, text, HINT)
    place.unlink(key)
    assert refusal(lambda: place.repository.inventory(snapshot)) == (MissingObjectError, f"{name} is missing", HINT)


def test_a_snapshot_that_was_collected_while_it_was_read_is_called_collected(place: InMemory) -> None:
    kept, gone = place.repository.create(one(1)), place.repository.create(one(2))
    place.repository.delete([gone.id])
    place.repository.upkeep.gc(keep_deleted_ms=0)
    hint = "`cortex snapshot list` shows all snapshots"
    expected = (RevisionError, f"snapshot {gone.id[:12]} was removed by another process", hint)
    assert refusal(lambda: place.repository.inventory(gone)) == expected
    assert refusal(lambda: place.repository.diff(kept, gone)) == expected
    # One that is only deleted can still be brought back: what it lacks is missing.
    place.repository.delete([kept.id])
    place.unlink(object_of(kept))
    with pytest.raises(MissingObjectError):
        place.repository.inventory(kept)


def test_an_object_is_what_its_key_says_or_it_is_not_intact(place: InMemory) -> None:
    from cortexrepo.repository.objects.objects import is_intact

    first, second = (place.repository.create(one(number)) for number in (1, 2))
    assert is_intact(object_of(first), place.read(object_of(first)))
    assert not is_intact(object_of(first), place.read(object_of(second)))
    assert not is_intact(object_of(first), b"torn")
