"""Refs: what a create hangs its snapshot on, what a damaged one says, and what a deletion mark holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories.memories import InMemory, one, ref_of
from support.repositories.refusals import refusal

from cortexrepo.codec import records, refs
from cortexrepo.errors import CorruptError, FormatVersionError, RequestError, RevisionError
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.snapshot import Previous
from cortexrepo.repository.refs.revisions import matching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.store.base import Intact
    from cortexrepo.store.keys import Ahead, Naming

HINT = "replace the file from a copy: `cortex snapshot verify --repair --from REPO`; or give another snapshot's id"
TORN = "the file is damaged: its checksum does not match"


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def tear(place: InMemory, key: str) -> None:
    good = place.read(key)
    place.write(key, good[:-1] + bytes((good[-1] ^ 1,)))


def test_a_snapshot_follows_the_last_one_of_its_machine(place: InMemory) -> None:
    first = place.repository.create(one(1))
    assert (first.sequence, first.previous) == (1, None)
    second = place.repository.create(one(2))
    assert (second.sequence, second.previous) == (2, Previous(first.id, place.read(ref_of(first))[-32:]))
    assert place.repository.create(one(3, "f" * 32)).sequence == 1
    place.repository.delete([second.id])
    third = place.repository.create(one(4))
    assert third.sequence == 3
    assert third.previous is not None
    assert third.previous.id == second.id


def test_damaged_ones_are_passed_over_in_the_chain_but_their_numbers_are_taken(place: InMemory) -> None:
    made = [place.repository.create(one(number)) for number in range(5)]
    tear(place, ref_of(made[4]))
    tear(place, ref_of(made[3]))
    after_two = place.repository.create(one(5))
    assert after_two.sequence == 6
    assert after_two.previous is not None
    assert after_two.previous.id == made[2].id
    tear(place, ref_of(after_two))
    # The three last ones are damaged: it begins a chain of its own, in its place.
    after_three = place.repository.create(one(6))
    assert (after_three.sequence, after_three.previous) == (7, None)


def test_one_that_is_collected_meanwhile_is_passed_over_in_the_chain(place: InMemory) -> None:
    first, second = (place.repository.create(one(number)) for number in range(2))
    names = place.names("refs")
    place.unlink(ref_of(second))
    real = place.repository._store.names
    place.repository._store.names = lambda prefix: names if prefix == "refs" else real(prefix)  # type: ignore[method-assign]
    third = place.repository.create(one(2))
    assert third.sequence == 3
    assert third.previous is not None
    assert third.previous.id == first.id


def test_who_finds_the_name_of_a_ref_taken_starts_again_after_it(place: InMemory) -> None:
    publish = place.repository._store.publish
    taken: list[str] = []

    def beaten(
        key: str, data: bytes, parts: Mapping[str, bytes], intact: Intact, naming: Naming, ahead: Ahead | None = None
    ) -> bool:
        if not taken:
            taken.append(key)
            place.write(key, data)
        return publish(key, data, parts, intact, naming, ahead)

    place.repository._store.publish = beaten  # type: ignore[method-assign]
    snapshot = place.repository.create(one(1))
    assert snapshot.sequence == 2
    assert sorted(place.names("refs")) == [taken[0].removeprefix("refs/"), refname.of(snapshot)]


def test_the_highest_number_is_shared_and_never_exceeded(place: InMemory) -> None:
    name = refname.make(refname.HIGHEST, place.now, one(1).machine, SnapshotId("a" * 32))
    place.write(f"refs/{name}", b"")
    made = []
    for number in range(2):
        # In a millisecond of its own: those of one moment would have one name.
        place.now += 1
        made.append(place.repository.create(one(number)))
    assert [snapshot.sequence for snapshot in made] == [refname.HIGHEST] * 2
    assert set(place.repository.snapshots()) == set(made)


def test_a_damaged_ref_says_what_is_wrong_and_where(place: InMemory) -> None:
    snapshot, other = place.repository.create(one(1)), place.repository.create(one(2))
    key = ref_of(snapshot)
    good = place.read(key)
    tear(place, key)
    assert refusal(lambda: place.repository.get(snapshot.id)) == (CorruptError, f"{key}: {TORN}", HINT)
    place.write(key, good[:4] + b"\x02" + good[5:])
    assert refusal(lambda: place.repository.get(snapshot.id)) == (
        FormatVersionError,
        f"{key}: the file has format 2; this version of cortex reads format 1",
        "use the version of cortex that wrote the file, or a newer one",
    )
    place.write(key, place.read(ref_of(other)))
    text = f"{key}: the file is damaged: its name does not match the snapshot in it, {other.id[:12]}"
    assert refusal(lambda: place.repository.get(snapshot.id)) == (CorruptError, text, HINT)
    for forged in ({"origin": "f" * 32}, {"machine": "f" * 32}, {"created_at": 0}, {"sequence": 9}):
        data = refs.encode(snapshot._replace(**forged))
        place.write(key, data)
        text = f"{key}: the file is damaged: its name does not match the snapshot in it, {refs.decode(data).id[:12]}"
        assert refusal(lambda: place.repository.get(snapshot.id)) == (CorruptError, text, HINT)


def test_a_ref_that_goes_before_it_is_read_was_removed_meanwhile(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    refs = place.repository._refs
    names = refs.names()
    place.unlink(ref_of(snapshot))
    refs.names_in = lambda look: names  # type: ignore[method-assign]  # it looked before
    assert refusal(lambda: place.repository.get("latest")) == (
        RevisionError,
        "snapshot 'latest' was removed by another process",
        "`cortex snapshot list` shows all snapshots",
    )


def test_a_deleted_snapshot_is_found_under_its_own_name_though_another_file_has_its_id(place: InMemory) -> None:
    snapshot, other = place.repository.create(one(1)), place.repository.create(one(2))
    for sequence in (0, 15):
        name = refname.make(sequence, snapshot.created_at, snapshot.machine, snapshot.id)
        place.write(f"refs/{name}", place.read(ref_of(snapshot)))
    assert place.repository.get(snapshot.id) == snapshot
    place.repository.delete([snapshot.id])
    twin = place.repository._refs.names().deleted[0]
    assert place.repository._refs.read_twin(twin) == snapshot
    assert place.repository._refs.read_twin(refname.of(other)) is None
    assert place.repository.snapshots() == (other,)


def test_a_snapshot_is_found_behind_damaged_files_with_its_id(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    good = place.read(ref_of(snapshot))
    for damaged in (b"torn", good[:4] + b"\x02" + good[5:]):
        for sequence in (14, 15):
            name = refname.make(sequence, snapshot.created_at, snapshot.machine, snapshot.id)
            place.write(f"refs/{name}", damaged)
        assert place.repository.get(snapshot.id) == snapshot


def test_a_deletion_mark_says_whose_it_is_and_when_it_was_made_first(place: InMemory) -> None:
    first, second = place.repository.create(one(1)), place.repository.create(one(2))
    place.now = 2_000_000
    assert place.repository.delete([first.id, second.id, first.id[:8]]) == (first.id, second.id)
    mark = records.decode_mark(records.MARK, place.read(f"deleted/{first.id}"))
    assert mark == records.Mark(first.id, first.id, 2_000_000)
    place.now = 3_000_000
    refs = place.repository._refs
    assert not refs.mark_deleted(first.id, lambda: place.now)
    assert records.decode_mark(records.MARK, place.read(f"deleted/{first.id}")) == mark
    assert place.repository.undelete([first.id]) == (first.id,)
    assert not refs.unmark_deleted(first.id)
    assert refs.mark_deleted(first.id, lambda: place.now)
    assert refs.unmark_deleted(first.id)
    assert place.repository.snapshots() == (first,)


def test_one_unknown_word_keeps_all_from_being_deleted_or_brought_back(place: InMemory) -> None:
    first, second = place.repository.create(one(1)), place.repository.create(one(2))
    assert refusal(lambda: place.repository.delete([first.id, "nothing"]))[0] is RevisionError
    assert place.repository.snapshots() == (second, first)
    place.repository.delete([first.id])
    assert refusal(lambda: place.repository.undelete([first.id, second.id]))[1].endswith("is not deleted")
    assert place.repository.snapshots() == (second,)
    assert place.repository.undelete([first.id, first.id]) == (first.id,)


def test_what_was_deleted_can_be_named_by_its_date(place: InMemory) -> None:
    first, second = (place.repository.create(one(number)) for number in range(2))
    place.repository.delete([first.id])
    place.now += 5000
    assert place.repository.get("@{5 seconds ago}") == second
    assert place.repository.undelete(["@{5 seconds ago}"]) == (first.id,)
    assert set(place.repository.snapshots()) == {first, second}


def test_who_comes_too_late_to_undelete_learns_which_ones(place: InMemory) -> None:
    made = [place.repository.create(one(number)) for number in range(3)]
    place.repository.delete([snapshot.id for snapshot in made])
    resolved = place.repository._refs.names()
    for snapshot in made[:2]:
        place.write(f"deleted/{snapshot.id}.claimed", place.read(f"deleted/{snapshot.id}"))
    real, looks = place.repository._refs.names_in, iter([resolved] * 3)
    place.repository._refs.names_in = lambda look: next(looks, None) or real(look)  # type: ignore[method-assign]  # it looked before
    assert refusal(lambda: place.repository.undelete([snapshot.id for snapshot in made])) == (
        RevisionError,
        f"cannot bring back {made[0].id[:12]}, {made[1].id[:12]}: `gc` removed it, or another process deleted it again",
        "keep deleted snapshots for longer: `cortex snapshot gc --expire-deleted 30d`",
    )
    assert place.repository.snapshots() == (made[2],)


def test_names_are_sorted_into_kept_deleted_claimed_and_strangers(place: InMemory) -> None:
    made = [place.repository.create(one(number)) for number in range(4)]
    assert place.repository._refs.names().strangers == ()
    place.repository.delete([made[1].id, made[2].id, made[3].id])
    place.write(f"deleted/{made[3].id}.claimed", place.read(f"deleted/{made[3].id}"))
    place.unlink(f"deleted/{made[3].id}")
    place.write("refs/z", b"")
    place.write("refs/a", b"")
    names = place.repository._refs.names()
    assert list(names.kept) == [refname.of(made[0])]
    assert list(names.deleted) == [refname.of(made[2]), refname.of(made[1])]
    assert names.strangers == ("a", "z")
    assert place.repository._refs.is_gone(made[3].id)
    assert not place.repository._refs.is_gone(made[2].id)
    assert not place.repository._refs.is_gone(made[0].id)


def test_the_beginning_of_an_id_matches_each_id_once() -> None:
    ids = ["ab" + "0" * 30, "ab" + "1" * 30, "cd" * 16]
    names = tuple(refname.make(number, 0, "a" * 32, SnapshotId(identity)) for identity in ids for number in (2, 1))
    assert matching("ab", names) == [names[0], names[2]]
    assert matching(ids[2], names) == [names[4]]
    assert matching("ef", names) == matching("e" * 32, names) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("x" * 65_536, None),
        ("é" * 32_768, None),
        (
            "x" * 65_537,
            (
                RequestError,
                "the message has 65537 bytes; 65536 are allowed",
                "shorten the message; keep the rest in a file",
            ),
        ),
        (
            "é" * 32_769,
            (
                RequestError,
                "the message has 65538 bytes; 65536 are allowed",
                "shorten the message; keep the rest in a file",
            ),
        ),
        ("\ud800", (RequestError, "the message is not valid text", "write it in UTF-8")),
    ],
)
def test_a_message_is_text_of_at_most_64_kib(
    place: InMemory, message: str, expected: tuple[type, str, str] | None
) -> None:
    if expected is None:
        assert place.repository.create(one(1), message=message).message == message
        assert place.again().snapshots()[0].message == message
    else:
        assert refusal(lambda: place.repository.create(one(1), message=message)) == expected
        assert place.names("objects") == place.names("refs") == []


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ((("b", ""), ("a", "")), "it cannot be read back: the file is damaged: it is not the ref of a snapshot"),
        ((("a", 1),), "it cannot be read back: the file is damaged: it is not the ref of a snapshot"),
        ([("a", "")], "one of its values has the wrong type"),
    ],
)
def test_what_no_reader_would_take_back_is_refused_and_says_why(place: InMemory, facts: object, text: str) -> None:
    bad = one(1)._replace(facts=facts)  # type: ignore[arg-type]
    said = f"this snapshot cannot be stored: {text}"
    assert refusal(lambda: place.repository.create(bad)) == (RequestError, said, "")
    assert place.names("objects") == place.names("refs") == []


def test_a_clock_that_no_name_has_room_for_is_refused(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    hint = "set the clock, then run the command again: `timedatectl set-time 'YYYY-MM-DD hh:mm:ss'`"
    for now, where in ((1 << 44, "after the year 2526"), (-1, "before the year 1970")):
        place.now = now
        text = f"nothing was changed: the clock of this machine shows a time {where}, which cannot be recorded"
        for change in (
            lambda: place.repository.create(one(2)),
            lambda: place.repository.tag("golden", snapshot.id),
            lambda: place.repository.tag("golden", snapshot.id, force=True),
            lambda: place.repository.delete([snapshot.id]),
            lambda: place.repository.upkeep.delete([snapshot.id]),
            place.repository.upkeep.gc,
        ):
            assert refusal(change) == (RequestError, text, hint)
    assert place.names("tags") == place.names("deleted") == []
    place.now = 2_000_000
    assert place.repository.snapshots() == (snapshot,)
    place.now = (1 << 44) - 1
    assert place.repository.create(one(1)) == place.repository.get("latest")
