"""Tags: who has one keeps it, what is damaged is named, and a snapshot that was stored is never called lost."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from support.disk.faults import Fault, FaultyFileSystem
from support.repositories.memories import LOCATION, InMemory, one
from support.repositories.refusals import refusal

from cortexrepo.codec import records
from cortexrepo.errors import CorruptError, FormatVersionError, RevisionError, StoreError, TagError
from cortexrepo.model import refname
from cortexrepo.model.damage import MISSING, STRAY, Damage
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.problem import LOST_REF
from cortexrepo.repository.refs.standing import Standing
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot

WORDS = "live and latest are reserved words"
LETTERS = "a tag is 1 to 64 letters, digits and ._+-"
FORCE = "choose another name, or move the tag: `cortex snapshot tag --force golden {}`"


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def test_a_tag_says_its_name_its_snapshot_and_when_it_was_made(place: InMemory) -> None:
    first, second = (place.repository.create(one(number)) for number in range(2))
    place.now = 5_000_000
    assert place.repository.tag("golden", first.id) == first
    assert records.decode_mark(records.TAG, place.read("tags/golden")) == records.Mark("golden", first.id, 5_000_000)
    place.now = 6_000_000
    assert place.repository.tag("golden", "latest", force=True) == second
    assert records.decode_mark(records.TAG, place.read("tags/golden")) == records.Mark("golden", second.id, 6_000_000)
    place.now = 7_000_000
    third = place.repository.create(one(3), tags=["made", "with"])
    assert records.decode_mark(records.TAG, place.read("tags/made")) == records.Mark("made", third.id, 7_000_000)
    assert place.repository.tags() == {"golden": second.id, "made": third.id, "with": third.id}


def test_a_taken_tag_stays_and_the_same_one_again_is_no_error(place: InMemory) -> None:
    first, second = (place.repository.create(one(number)) for number in range(2))
    place.repository.tag("golden", first.id)
    assert place.repository.tag("golden", first.id) == first
    taken = "the tag 'golden' names another snapshot"
    moved = (TagError, taken, FORCE.format(second.id[:12]))
    assert refusal(lambda: place.repository.tag("golden", second.id)) == moved
    not_made = (TagError, taken, FORCE.format("REV"))
    assert refusal(lambda: place.repository.create(one(3), tags=["new", "golden"])) == not_made
    assert place.repository.tags() == {"golden": first.id}
    assert set(place.repository.snapshots()) == {first, second}


def test_a_deleted_snapshot_keeps_its_tag(place: InMemory) -> None:
    first, second = (place.repository.create(one(number)) for number in range(2))
    place.repository.tag("golden", first.id)
    place.repository.delete([first.id])
    assert refusal(lambda: place.repository.tag("golden", second.id))[0] is TagError
    assert place.repository.tags() == {"golden": first.id}


@pytest.mark.parametrize(
    ("name", "hint"), [("live", WORDS), ("a b", LETTERS), ("", LETTERS), ("../config", LETTERS), ("x" * 100, LETTERS)]
)
def test_a_name_that_is_no_tag_is_refused_everywhere(place: InMemory, name: str, hint: str) -> None:
    snapshot = place.repository.create(one(1))
    expected = (TagError, f"{repr(name)[:80]} cannot be a tag", hint)
    for force in (False, True):
        assert refusal(lambda force=force: place.repository.tag(name, "latest", force=force)) == expected  # type: ignore[misc]
    assert refusal(lambda: place.repository.create(one(2), tags=["good", name])) == expected
    assert refusal(lambda: place.repository.untag(name)) == (
        TagError,
        f"no tag {repr(name)[:80]}",
        "`cortex snapshot tag` lists the tags",
    )
    assert place.repository.snapshots() == (snapshot,)
    assert place.repository.tags() == {}


def test_a_tag_that_is_taken_away_is_free_and_cannot_be_taken_away_again(place: InMemory) -> None:
    place.repository.create(one(1), tags=["golden", "other"])
    place.repository.untag("golden")
    assert list(place.repository.tags()) == ["other"]
    assert refusal(lambda: place.repository.untag("golden")) == (
        TagError,
        "no tag 'golden'",
        "`cortex snapshot tag` lists the tags",
    )


def test_a_damaged_tag_says_what_is_wrong_with_it(place: InMemory) -> None:
    snapshot = place.repository.create(one(1), tags=["bad", "good"])
    good = place.read("tags/bad")
    place.write("tags/bad", good[:-1] + bytes((good[-1] ^ 1,)))
    text = "tags/bad: the file is damaged: its checksum does not match"
    again = "set the tag again: `cortex snapshot tag --force bad REV`"
    assert refusal(lambda: place.repository.get("bad")) == (CorruptError, text, again)
    place.write("tags/bad", good[:4] + b"\x02" + good[5:])
    assert refusal(lambda: place.repository.get("bad")) == (
        FormatVersionError,
        "tags/bad: the file has format 2; this version of cortex reads format 1",
        "use the version of cortex that wrote the file, or a newer one",
    )
    assert place.repository.tags() == {"good": snapshot.id}


def test_a_tag_under_another_name_is_no_tag(place: InMemory) -> None:
    snapshot = place.repository.create(one(1), tags=["golden"])
    place.write("tags/borrowed", place.read("tags/golden"))
    text = "tags/borrowed: the file is damaged: it holds the tag 'golden'"
    again = "set the tag again: `cortex snapshot tag --force borrowed REV`"
    assert refusal(lambda: place.repository.get("borrowed")) == (CorruptError, text, again)
    assert place.repository.tags() == {"golden": snapshot.id}
    name = "x" * 120
    place.write("tags/long", records.encode_mark(records.TAG, records.Mark(name, snapshot.id, 0)))
    text = f"tags/long: the file is damaged: it holds the tag {repr(name)[:80]}"
    again = "set the tag again: `cortex snapshot tag --force long REV`"
    assert refusal(lambda: place.repository.get("long")) == (CorruptError, text, again)


def test_a_tag_that_goes_while_tags_are_read_is_passed_over(place: InMemory) -> None:
    snapshot = place.repository.create(one(1), tags=["a", "b", "c"])
    store = place.repository._store
    real = store.names
    store.names = lambda prefix: [*real(prefix), "gone"] if prefix == "tags" else real(prefix)  # type: ignore[method-assign]
    assert place.repository.tags() == {"a": snapshot.id, "b": snapshot.id, "c": snapshot.id}
    assert list(place.repository.tags()) == ["a", "b", "c"]


def test_a_tag_that_cannot_be_written_is_told_apart_from_the_snapshot_that_was() -> None:
    place = InMemory()
    place.repository.create(one(0))
    files = FaultyFileSystem(place.files)
    repository = Repository.open(LOCATION, files=files)
    files.arm(None)
    snapshot = repository.create(one(1), tags=["counted"])
    first = next(number for number, call in enumerate(files.calls) if call == "link tags")
    files.arm(Fault(first, errno.ENOSPC))
    kind, text, hint = refusal(lambda: repository.create(one(2), tags=["golden"]))
    files.arm(None)
    made = next(one for one in repository.snapshots() if one.sequence == snapshot.sequence + 1)
    assert kind is StoreError
    assert text == (
        f"snapshot {made.id[:12]} was made, but not its tag 'golden': "
        f"{LOCATION}: cannot write tags/golden: No space left on device"
    )
    assert hint == (f"make room: `df {LOCATION}` shows the free space; nothing that was stored before is affected")


def test_a_tag_that_another_took_meanwhile_is_told_apart_from_the_snapshot_that_was_made(place: InMemory) -> None:
    first, second = (place.repository.create(one(number)) for number in range(2))
    place.repository.tag("golden", first.id)
    # As `create` does it, had the other one come between its look and its writing.
    assert refusal(lambda: place.repository._tags.put_on_new(["golden"], second.id, 0)) == (
        TagError,
        f"snapshot {second.id[:12]} was made, but another process gave the tag 'golden' to another snapshot",
        f"`cortex snapshot tag --force golden {second.id[:12]}` moves the tag to the new snapshot",
    )
    assert place.repository.tags() == {"golden": first.id}


def test_a_tag_of_a_snapshot_that_is_gone_is_free_and_not_shown(place: InMemory) -> None:
    gone = place.repository.create(one(0), tags=["former", "other"])
    snapshot = place.repository.create(one(1))
    place.repository.delete([gone.id])
    place.repository.upkeep.gc(keep_deleted_ms=0)
    assert place.repository.tags() == {}
    place.repository.tag("former", snapshot.id)
    later = place.repository.create(one(2), tags=["other"])
    assert place.repository.tags() == {"former": snapshot.id, "other": later.id}


def test_a_tag_of_an_id_that_no_machine_here_has_is_not_free(place: InMemory) -> None:
    place.repository.create(one(1))
    own = SnapshotId("d" * 32)
    place.write("tags/other", records.encode_mark(records.TAG, records.Mark("other", own, 0)))
    assert place.repository.tags() == {"other": own}
    assert [one.key for one in place.repository.listing().damaged] == ["tags/other"]


@pytest.mark.parametrize("name", ["deadbeef", "live", "latest"])
def test_a_tag_file_whose_name_is_another_word_is_listed_protects_and_can_be_removed(
    place: InMemory, name: str
) -> None:
    first = place.fill(2)[0]
    place.write(f"tags/{name}", records.encode_mark(records.TAG, records.Mark(name, first.id, 0)))
    assert place.repository.tags()[name] == first.id
    assert place.repository.upkeep.protected()[first.id] == (name,)
    if name == "deadbeef":
        assert place.repository.get(name) == first
    place.repository.untag(name)
    assert place.repository.tags() == {}


def test_a_claim_counts_by_its_name_also_where_the_file_is_empty(place: InMemory) -> None:
    snapshot = place.repository.create(one(1), tags=["golden"])
    place.write(f"deleted/{snapshot.id}.claimed", b"")
    assert place.again().snapshots() == ()
    assert place.again().tags() == {}


def _lose(place: InMemory, snapshot: Snapshot) -> None:
    """Removes the ref as a person does, by hand."""
    place.unlink(f"refs/{refname.of(snapshot)}")


def test_a_tag_whose_snapshot_was_lost_is_listed_and_named_and_stays_taken(place: InMemory) -> None:
    first, second, last = place.fill(3)
    other = one(9)
    place.repository.tag("middle", second.id)
    place.repository.tag("newest", last.id)
    for lost, name in ((second, "middle"), (last, "newest")):
        _lose(place, lost)
        key = f"tags/{name}"
        reason = f"the snapshot {lost.id[:12]} is not there, and no collection is known to have removed it"
        assert place.again().tags()[name] == lost.id
        assert Damage(key, reason, MISSING) in place.again().past.standing(place.again().tags()).missing
        assert Damage(key, reason, MISSING) in place.again().listing().damaged
        assert Damage(key, reason, MISSING) in place.again().past.overview().damaged
        taken = f"the tag {name!r} names another snapshot"
        assert refusal(lambda name=name: place.again().tag(name, first.id))[:2] == (TagError, taken)  # type: ignore[misc]
        assert refusal(lambda name=name: place.again().create(other, tags=[name]))[:2] == (TagError, taken)  # type: ignore[misc]
        found = refusal(lambda name=name: place.again().get(name))  # type: ignore[misc]
        assert found[:2] == (RevisionError, f"the tag {name!r} names snapshot {lost.id[:12]}, which is not there")
        problems = place.again().upkeep.verify().problems
        assert [bad.snapshots for bad in problems if bad.key == f"refs/{refname.of(lost)}"] == [(lost.id,)]
        assert {bad.kind for bad in problems} == {LOST_REF}
    place.again().tag("newest", first.id, force=True)
    assert [one.key for one in place.again().past.standing(place.again().tags()).missing] == ["tags/middle"]


def test_a_tag_whose_snapshot_was_collected_is_free_and_named_by_nobody(place: InMemory) -> None:
    made = place.fill(3)
    place.repository.tag("golden", made[1].id)
    place.repository.delete([made[1].id])
    place.repository.upkeep.gc(keep_deleted_ms=0)
    assert place.again().tags() == {}
    assert place.again().past.standing({"golden": made[1].id}) == Standing((), frozenset(), ())
    assert place.again().listing().damaged == ()
    assert place.again().upkeep.verify().problems == ()
    assert place.again().tag("golden", made[0].id) == made[0]


def test_where_no_note_can_say_so_a_tag_counts_and_its_snapshot_is_missing(place: InMemory) -> None:
    made = place.fill(3)
    past = place.repository.record(one(5), 500)
    assert past is not None
    for name, snapshot in (("golden", made[1]), ("past", past)):
        place.repository.tag(name, snapshot.id)
    place.repository.delete([made[1].id, past.id])
    place.repository.upkeep.gc(keep_deleted_ms=0)
    # No note is about a snapshot of the past.
    assert [one.key for one in place.again().listing().damaged] == ["tags/past"]
    note = place.names("removed")[0]
    place.write(f"removed/{note}", place.read(f"removed/{note}")[:-1])
    assert [one.key for one in place.again().listing().damaged] == ["tags/golden", "tags/past"]
    assert sorted(place.again().tags()) == ["golden", "past"]
    assert all(one.kind != LOST_REF for one in place.again().upkeep.verify().problems)


def test_a_tag_whose_snapshot_may_be_in_a_file_that_cannot_be_read_is_not_called_missing(place: InMemory) -> None:
    made = place.fill(3)
    place.repository.tag("golden", made[1].id)
    place.write("refs/README", place.read(f"refs/{refname.of(made[1])}")[:-1])
    _lose(place, made[1])
    assert place.again().tags() == {"golden": made[1].id}
    stray = Damage("refs/README", "the name is not the name of a snapshot's ref", STRAY)
    assert place.again().past.standing({"golden": made[1].id}) == Standing((), frozenset({"golden"}), (stray,))
    assert all(one.kind != MISSING for one in place.again().listing().damaged)


def test_a_snapshot_that_is_made_and_tagged_while_another_process_lists_is_not_called_missing(place: InMemory) -> None:
    place.fill(2)
    look = place.repository._refs.look()
    made = place.again().create(one(7), tags=["new"])
    assert place.repository._tags.missing_at(look, {made.id: ("new",)}) == []
