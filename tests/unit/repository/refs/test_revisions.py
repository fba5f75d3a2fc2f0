"""What a person types names one snapshot, or the error says why it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories.memories import InMemory, one
from support.repositories.refusals import refusal

from cortexrepo.codec.packed import segments
from cortexrepo.errors import CorruptError, RevisionError
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId
from cortexrepo.repository.refs.revisions import resolve

if TYPE_CHECKING:
    from cortexrepo.codec.packed.rows import Segment

DAY = 86_400_000
NOW = 10 * DAY
OLD, MIDDLE, NEW = "0ddd" + "0" * 28, "cafe" + "1" * 28, "cafe" + "2" * 28
GONE, LATE = "dead" + "3" * 28, "dead" + "4" * 28


@pytest.fixture
def place() -> InMemory:
    """Three snapshots of the days 1 to 3, and two that are deleted, of the days 4 and 5."""
    made = InMemory()
    for number, identity in enumerate((OLD, MIDDLE, NEW, GONE, LATE), 1):
        made.write(f"refs/{refname.make(number, number * DAY, 'a' * 32, SnapshotId(identity))}", b"")
    for identity in (GONE, LATE):
        made.repository._refs.mark_deleted(SnapshotId(identity), lambda: NOW)
    made.repository._tags.put("golden", SnapshotId(MIDDLE), NOW)
    made.repository._tags.put("former", SnapshotId(GONE), NOW)
    return made


def named(place: InMemory, text: str, *, deleted: bool = False) -> str:
    return resolve(text, place.repository._refs, lambda: place.repository._tags, NOW, deleted=deleted).id


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("latest", NEW),
        ("latest~", MIDDLE),
        ("latest~2", OLD),
        (OLD, OLD),
        ("0ddd", OLD),
        ("cafe1", MIDDLE),
        ("golden", MIDDLE),
        ("golden~1", OLD),
        ("@{7 days ago}", NEW),
        ("@{8 days ago}", MIDDLE),
        ("@{9 days ago}", OLD),
        ("@{7 days ago}~1", MIDDLE),
    ],
)
def test_a_revision_names_one_snapshot(place: InMemory, text: str, identity: str) -> None:
    assert named(place, text) == identity
    assert place.repository.identify(NEW) == NEW


@pytest.mark.parametrize(
    ("text", "identity"),
    [("latest", LATE), ("latest~1", GONE), ("dead3", GONE), ("former", GONE), ("@{6 days ago}", GONE)],
)
def test_among_the_deleted_it_names_a_deleted_one(place: InMemory, text: str, identity: str) -> None:
    assert named(place, text, deleted=True) == identity


EARLIER = "latest~N is the Nth snapshot before the latest"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "live",
            "'live' is the machine itself, not a snapshot",
            "name a snapshot: `cortex snapshot list` shows all snapshots",
        ),
        (
            "live~1",
            "'live' is the machine itself, not a snapshot",
            f"name a snapshot: `cortex snapshot list` shows all snapshots; {EARLIER}",
        ),
        ("@{10 days ago}", "there is no snapshot as old as @{10 days ago}", f"the oldest snapshot is {OLD[:12]}"),
        ("cafe", "'cafe' is the beginning of 2 snapshot ids", f"write more digits: {NEW[:12]}, {MIDDLE[:12]}"),
        ("dead4", "'dead4' was deleted", "`cortex snapshot undelete dead4` brings it back"),
        ("former", "'former' was deleted", "`cortex snapshot undelete former` brings it back"),
        (
            "latest~3",
            "'latest~3' goes back further than the oldest snapshot",
            f"the oldest snapshot is {OLD[:12]}",
        ),
    ],
)
def test_a_revision_that_names_nothing_says_why(place: InMemory, text: str, message: str, hint: str) -> None:
    assert refusal(lambda: named(place, text)) == (RevisionError, message, hint)


def test_only_what_is_deleted_can_be_named_to_be_brought_back(place: InMemory) -> None:
    hint = "`cortex snapshot list --deleted` shows the deleted snapshots"
    assert refusal(lambda: named(place, "0ddd", deleted=True)) == (RevisionError, "'0ddd' is not deleted", hint)


def test_of_many_ids_with_one_beginning_five_are_shown() -> None:
    place = InMemory()
    ids = [f"{'ab' * 6}{number:020x}" for number in range(6)]
    for identity in ids:
        place.write(f"refs/{refname.make(1, 0, 'a' * 32, SnapshotId(identity))}", b"")
    _, message, hint = refusal(lambda: named(place, "abab"))
    assert message == "'abab' is the beginning of 6 snapshot ids"
    assert hint == f"write more digits: {', '.join(['ab' * 6] * 5)}"
    assert named(place, ids[3]) == ids[3]


@pytest.mark.parametrize("text", ["latest", "@{now}"])
def test_where_there_is_no_snapshot_it_says_how_to_make_one(text: str) -> None:
    expected = (RevisionError, "there is no snapshot yet", "`cortex snapshot create` makes one")
    assert refusal(lambda: named(InMemory(), text)) == expected


@pytest.mark.parametrize("text", ["latest", "@{now}"])
def test_where_every_snapshot_is_deleted_it_says_how_to_bring_one_back(text: str) -> None:
    place = InMemory()
    place.write(f"refs/{refname.make(1, DAY, 'a' * 32, SnapshotId(OLD))}", b"")
    _, message, hint = refusal(lambda: named(place, text, deleted=True))
    assert (message, hint) == ("no snapshot is marked as deleted", "`cortex snapshot list` shows all snapshots")
    place.repository._refs.mark_deleted(SnapshotId(OLD), lambda: NOW)
    _, message, hint = refusal(lambda: named(place, text))
    assert message == "every snapshot is marked as deleted"
    assert "`cortex snapshot undelete ID`" in hint


# -- messages


@pytest.fixture
def written() -> InMemory:
    """Six snapshots that can be read, one a day, the last two of them deleted."""
    made = InMemory()
    for day, message in enumerate(("first", "before the upgrade", "nightly", "golden", "nightly", "nightly"), 1):
        made.now = day * DAY
        made.repository.create(one(day), message=message)
    for snapshot in made.again().snapshots()[:2]:
        made.repository.delete([snapshot.id])
    return made


@pytest.mark.parametrize(
    ("text", "day"), [("first", 1), ("before the upgrade", 2), ("before the upgrade~1", 1), ("nightly", 3)]
)
def test_a_message_that_no_other_snapshot_has_names_one(written: InMemory, text: str, day: int) -> None:
    assert written.repository.get(named(written, text)).created_at == day * DAY


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", "no snapshot, tag or message 'nothing'"),
        ("Nightly", "no snapshot, tag or message 'Nightly'"),
        ("before the", "no snapshot, tag or message 'before the'"),
        ("0dd", "no snapshot, tag or message '0dd' (an id needs at least 4 digits)"),
    ],
)
def test_a_word_that_is_nothing_is_told_so(written: InMemory, text: str, message: str) -> None:
    hint = "`cortex snapshot list` shows all snapshots"
    assert refusal(lambda: named(written, text)) == (RevisionError, message, hint)


def test_what_is_not_among_the_deleted_is_told_so(written: InMemory) -> None:
    hint = "`cortex snapshot list --deleted` shows the deleted snapshots"
    expected = (RevisionError, "no deleted snapshot, tag or message 'first'", hint)
    assert refusal(lambda: named(written, "first", deleted=True)) == expected


def test_a_message_that_several_have_names_none(written: InMemory) -> None:
    kind, message, hint = refusal(lambda: named(written, "nightly", deleted=True))
    assert (kind, message) == (RevisionError, "2 snapshots have the message 'nightly'")
    ids = [name.id[:12] for name in written.repository._refs.names().deleted]
    assert hint == f"give an id, the newest first: {', '.join(ids)}"


def test_a_tag_comes_before_a_message(written: InMemory) -> None:
    first = named(written, "first")
    assert named(written, "golden") != first
    written.repository._tags.put("golden", SnapshotId(first), NOW)
    assert named(written, "golden") == first


def test_whether_a_message_is_the_only_one_is_not_known_beside_a_file_that_cannot_be_read(written: InMemory) -> None:
    written.write(f"refs/{refname.make(9, 6 * DAY, 'a' * 32, SnapshotId('beef' + '5' * 28))}", b"")
    kind, message, _ = refusal(lambda: named(written, "first"))
    assert kind is CorruptError
    assert message.startswith("whether other snapshots have the message 'first' is not known: refs/aaaa")
    _, message, _ = refusal(lambda: named(written, "second"))
    assert message.startswith("whether a snapshot has the message 'second' is not known: refs/aaaa")


@pytest.mark.parametrize(("text", "is_opened"), [("latest", False), ("latest~1", False), ("latest~2", True)])
def test_the_newest_two_are_found_without_opening_what_a_collector_has_packed(
    monkeypatch: pytest.MonkeyPatch, text: str, *, is_opened: bool
) -> None:
    place = InMemory()
    made = place.fill(70)
    place.repository.upkeep.gc()
    place.repository = place.again()
    opened: list[str] = []

    def decode(data: bytes, name: str) -> Segment:
        opened.append(name)
        return decoded(data, name)

    decoded = segments.decode
    monkeypatch.setattr(segments, "decode", decode)
    assert named(place, text) == made[-1 - int(text.partition("~")[2] or 0)].id
    assert bool(opened) is is_opened
