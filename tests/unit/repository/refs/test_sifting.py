"""What leaves the order of snapshots uncertain: names that are no ref's or mark's, and refs under other names."""

from __future__ import annotations

import os
import shlex
import subprocess
from functools import partial
from pathlib import Path

import pytest
from support.repositories.memories import InMemory, one, ref_of
from support.repositories.refusals import refusal

from cortexrepo.errors import CorruptError, FormatVersionError, RefusedError
from cortexrepo.model.damage import STRAY, shown
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH, Tidiness

ORDERED = ("latest", "latest~1", "@{{now}}", "{last}~1")


@pytest.fixture
def place() -> InMemory:
    return InMemory()


NAMES = ("README", "X~", ".X", "-X", ".nfs0001", "a b", "x" * 200, "X\udcff")
KEYS = [f"{directory}/{name}" for directory in ("refs", "deleted", "segments") for name in NAMES]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("revision", ORDERED)
def test_a_stray_name_may_be_a_damaged_one_and_leaves_the_order_unknown(
    place: InMemory, key: str, revision: str
) -> None:
    made = place.fill(3)
    place.write(key, b"mine")
    text = revision.format(last=made[-1].id)
    kind, message, hint = refusal(lambda: place.repository.get(text))
    assert kind is CorruptError
    assert message.startswith(
        f"which snapshot {text!r} names is not known: {shown(key)} cannot be read: the name is not "
    )
    assert hint.startswith("if the file belongs to no snapshot, move it away; or name a snapshot by its full id")
    assert place.repository.get(made[0].id) == made[0]
    assert [(one.key, one.kind) for one in place.again().listing().damaged] == [(shown(key), STRAY)]
    assert [(one.key, one.kind) for one in place.again().past.history().damaged] == [(shown(key), STRAY)]
    assert [(one.key, one.kind) for one in place.again().upkeep.verify().problems] == [(shown(key), STRAY)]
    place.unlink(key)
    assert place.repository.get("latest~1") == made[1]


def test_the_beginning_of_an_id_needs_every_name_and_the_whole_id_none(place: InMemory) -> None:
    made = place.fill(3)
    place.write("refs/README", b"mine")
    begun = made[0].id[:10]
    why = "refs/README cannot be read: the name is not the name of a snapshot's ref"
    assert refusal(lambda: place.repository.get(begun)) == (
        CorruptError,
        f"whether {begun!r} is the beginning of one snapshot id only is not known: {why}",
        f"if the file belongs to no snapshot, move it away; or write the full id: {made[0].id}",
    )
    assert refusal(lambda: place.repository.get("5" * 32))[1].startswith(f"whether there is a snapshot '{'5' * 32}' is")
    assert place.repository.delete([made[0].id]) == (made[0].id,)
    assert place.repository.undelete([made[0].id]) == (made[0].id,)


def test_a_copy_of_a_ref_under_another_name_is_passed_over(place: InMemory) -> None:
    made = place.fill(3)
    data = place.read(ref_of(made[1]))
    for name in ("README", ref_of(made[1]).partition("/")[2].replace("00000002-", "0000000f-")):
        place.write(f"refs/{name}", data)
    assert [place.repository.get(f"latest~{back}") for back in range(3)] == made[::-1]


def test_a_ref_whose_own_name_is_damaged_leaves_the_order_unknown(place: InMemory) -> None:
    made = place.fill(3)
    key = ref_of(made[1])
    data = place.read(key)
    place.unlink(key)
    place.write(key.replace("-00000002-", "-0000000f-"), data)
    kind, message, _ = refusal(lambda: place.repository.get("latest"))
    assert kind is CorruptError
    assert message.endswith(f"the file holds the snapshot {made[1].id[:12]} under another name")


def test_a_ref_whose_content_is_damaged_counts_by_its_name(place: InMemory) -> None:
    made = place.fill(4)
    place.write(ref_of(made[2]), b"torn")
    assert place.repository.get("latest~2") == made[1]
    assert place.repository.identify("latest~1") == made[2].id
    assert refusal(lambda: place.repository.get("latest~1"))[1].startswith(ref_of(made[2]))


def test_several_unread_files_are_counted_and_a_newer_one_is_not_called_damaged(place: InMemory) -> None:
    made = place.fill(3)
    place.repository.upkeep.gc(tidiness=Tidiness(recent=1, least=1, slack=0.0))
    place.write("refs/README", b"mine")
    (name,) = place.names("segments")
    place.write(f"segments/{name}", b"torn")
    _, message, hint = refusal(lambda: place.again().get("latest"))
    assert message == (
        f"which snapshot 'latest' names is not known: segments/{name} cannot be read: it is cut short, or it is not a "
        "segment (and 1 more: `cortex snapshot verify` names each)"
    )
    assert hint.startswith("replace the file from a copy: `cortex snapshot verify --repair --from REPO`; or name")
    tag = place.again()
    tag.tag("golden", made[-1].id)
    data = place.read("tags/golden")
    place.write("tags/golden", data[:4] + b"\x02" + data[5:])
    kind, message, hint = refusal(lambda: place.again().get("golden"))
    assert kind is FormatVersionError
    assert message == "tags/golden: the file has format 2; this version of cortex reads format 1"
    assert hint == "use the version of cortex that wrote the file, or a newer one"


def test_what_was_passed_over_is_known_to_the_repository(place: InMemory) -> None:
    made = place.fill(2)
    place.repository.tag("golden", made[0].id)
    place.write("tags/golden", b"torn")
    place.write("refs/README", b"mine")
    found = place.again()
    assert not place.again().unread
    found.get(made[0].id)
    assert found.tags() == {}
    passed = [(damage.key, damage.kind) for damage in found.unread]
    assert passed == [("refs/README", "stray"), ("tags/golden", "damaged")]


def test_a_tag_of_a_snapshot_that_may_be_in_an_unread_file_is_listed_and_taken(place: InMemory) -> None:
    made = place.fill(3)
    place.repository.tag("golden", made[0].id)
    place.repository.upkeep.gc(tidiness=Tidiness(recent=1, least=1, slack=0.0))
    (name,) = place.names("segments")
    place.write(f"segments/{name}", b"torn")
    assert place.again().tags() == {"golden": made[0].id}
    assert refusal(lambda: place.again().tag("golden", made[2].id))[1] == "the tag 'golden' names another snapshot"
    assert place.again().create(one(7)) is not None


def test_a_stray_file_keeps_no_state_from_being_recorded_unless_it_may_hold_it(place: InMemory) -> None:
    made = place.fill(2)
    recorded = place.repository.record(one(5), 500)
    assert recorded is not None
    assert place.repository.record(one(5), 500) is None
    place.write("refs/copy", place.read(ref_of(made[0])))
    assert place.again().record(one(6), 501) is not None
    assert not place.again()._refs.is_gone(made[0].id)
    place.unlink(ref_of(made[1]))
    assert place.again()._refs.is_gone(made[1].id)
    for data in (b"mine", place.read(ref_of(made[0]))[:-1]):
        place.write("refs/README", data)
        assert not place.again()._refs.is_gone(made[1].id)


def _run(command: str, place: InMemory) -> None:
    """Does what a person does with `mv` or `rm` in a shell."""
    program, *paths = shlex.split(command)
    keys = [path.removeprefix(f"{place.repository.location}/") for path in paths]
    if program == "mv" and keys[1] != "..":
        place.write(keys[1], place.read(keys[0]))
    place.unlink(keys[0])


def test_verify_says_what_to_do_with_a_strange_file_as_a_command_that_works(place: InMemory) -> None:
    made = place.fill(3)
    copy, moved = place.read(ref_of(made[0])), place.read(ref_of(made[1]))
    place.unlink(ref_of(made[1]))
    for name, data, words in (
        (
            "copy",
            copy,
            f"the file is a copy of snapshot {made[0].id[:12]}, which has a file of its own; remove it: `rm ",
        ),
        ("moved", moved, f"the file holds snapshot {made[1].id[:12]}, which has no other; give it its name: `mv "),
        ("README", b"mine", "no snapshot can be read from the file; move it out of the repository: `mv "),
    ):
        place.write(f"refs/{name}", data)
        (reason,) = (one.reason for one in place.again().upkeep.verify().problems if one.key == f"refs/{name}")
        assert words in reason
        _run(reason.split("`")[1], place)
    assert place.again().upkeep.verify().problems == ()
    assert list(place.again().snapshots()) == made[::-1]


@pytest.mark.parametrize("name", ["{}~", ".{}", "-{}", "{} (copy)", "{}\udcff", "{}\n", "it's {}", "{}" + "x" * 100])
def test_a_renamed_ref_makes_no_other_snapshot_the_latest_and_gets_its_name_back(tmp_path: Path, name: str) -> None:
    repository = Repository.open(tmp_path / "r'\udce9p", create=True)
    made = [repository.create(one(number)) for number in range(3)]
    ref = Path(repository.location, ref_of(made[2]))
    strange = ref.with_name(name.format(ref.name))
    ref.rename(strange)
    key = shown(f"refs/{strange.name}")
    other = Repository.open(repository.location)
    for text in ("latest", "latest~2", made[0].id[:10], made[2].id):
        kind, message, _ = refusal(partial(other.get, text))
        assert kind is CorruptError
        assert key in message or f"refs/{ref.name}" in message
    assert [found.key for found in other.listing().damaged] == [key]
    with pytest.raises(RefusedError):
        other.upkeep.gc(keep_deleted_ms=0)
    (reason,) = (found.reason for found in other.upkeep.verify().problems if found.key == key)
    reason.encode()
    subprocess.run(["bash", "-c", reason.split("`")[1]], check=True, env={"LC_ALL": "C", "PATH": os.defpath})
    assert list(Repository.open(repository.location).snapshots()) == made[::-1]
    assert Repository.open(repository.location).upkeep.verify().problems == ()


@pytest.mark.parametrize("name", ["golden~", ".golden", "-golden", "golden\udcff", "golden.tmp", "x" * 200])
def test_a_renamed_tag_is_not_taken_as_absent_and_gets_its_name_back(place: InMemory, name: str) -> None:
    made = place.fill(2)
    place.repository.tag("golden", made[0].id)
    data = place.read("tags/golden")
    place.unlink("tags/golden")
    place.write(f"tags/{name}", data)
    key = shown(f"tags/{name}")
    for ask in (
        lambda: place.again().get("golden"),
        lambda: place.again().tag("golden", made[1].id),
        lambda: place.again().create(one(7), tags=["golden"]),
        place.again().upkeep.protected,
    ):
        kind, message, _ = refusal(ask)
        assert kind is CorruptError
        assert key in message
    kind, message, hint = refusal(place.again().upkeep.gc)
    assert kind is RefusedError
    assert f"because {key} cannot be read" in message
    assert [found.key for found in place.again().listing().damaged] == [key]
    assert [found.key for found in place.again().upkeep.verify().problems] == [key]
    assert place.again().get(made[0].id) == made[0]
    assert place.again().get("latest") == made[1]
    assert hint.startswith("the file holds the tag 'golden'; give it its name: `mv ")
    place.write("tags/golden", data)
    assert refusal(place.again().upkeep.gc)[2].startswith("the file holds the tag 'golden', which has a file")
    place.unlink(f"tags/{name}")
    assert place.again().tags() == {"golden": made[0].id}


def test_a_renamed_segment_makes_no_other_snapshot_the_latest_and_gets_its_name_back(place: InMemory) -> None:
    made = place.fill(8)
    place.repository.upkeep.gc(tidiness=THOROUGH)
    (segment,) = place.names("segments")
    place.write("segments/renamed.refs", place.read(f"segments/{segment}"))
    place.unlink(f"segments/{segment}")
    other = place.again()
    for text in ("latest", "latest~1", made[0].id[:10], made[0].id):
        kind, message, _ = refusal(partial(other.get, text))
        assert kind is CorruptError
        assert "segments/renamed.refs cannot be read: the name is not the name of a segment" in message
    assert [one.key for one in other.listing().damaged] == ["segments/renamed.refs"]
    problems = other.upkeep.verify().problems
    (reason,) = (one.reason for one in problems)
    _run(reason.split("`")[1], place)
    assert list(place.again().snapshots()) == made[::-1]
    assert place.again().upkeep.verify().problems == ()
