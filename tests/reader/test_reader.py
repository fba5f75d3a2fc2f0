"""The second reader, which docs/format.md alone says how to write, and the product agree on whole repositories."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.repositories import agreement, altered, beyond, small_tables, variety
from support.repositories.memories import one

from cortexrepo.codec import records
from cortexrepo.codec.records import Config
from cortexrepo.repository.layout import object_key
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness
from reader import repository as second

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Counts = dict[str, int]
NO_PART = ("lock", "lock.gc", "ballast", "pins", "tmp", "cache", "damaged")
MADE = {
    "loose": {"refs": 6, "tags": 2, "deleted": 1},
    "packed": {"refs": 6, "segments": 1, "packs": 1, "tags": 1},
    "changing": {"segments": 1, "packs": 1},
    "machines": {"segments": 1, "packs": 1},
    "collected": {"removed": 1, "deleted": 2, "segments": 1, "packs": 1, "tags": 1},
    "pruned": {"removed": 1, "segments": 1, "packs": 1},
    "imported": {"segments": 1, "packs": 1},
    "mixed": {"segments": 1, "packs": 1},
    "kept": {"artifacts": 5, "quarantine": 1},
    "claimed": {"deleted": 3, "segments": 1, "tags": 3},
    "interrupted": {"refs": 9, "segments": 1, "packs": 1},
}
"""What the repository of each kind must have, or it is not of this kind."""


@pytest.fixture(params=variety.KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A repository of each kind."""
    made = tmp_path / str(request.param)
    variety.KINDS[str(request.param)](made)
    return made


def files(place: Path, below: str = "") -> list[Path]:
    found = sorted(path for path in (place / below).rglob("*") if path.is_file())
    return [path for path in found if path.relative_to(place).parts[0] not in NO_PART]


def test_both_read_the_same_from_a_repository_of_each_kind(place: Path) -> None:
    assert {name: len(files(place, name)) for name in MADE[place.name]} == MADE[place.name]
    assert agreement.differences(place) == []
    said = agreement.of_second(place)
    assert isinstance(said, agreement.Told)
    assert said.snapshots
    assert (said.wrong, said.unknown, said.lost, said.rewritten, said.unreadable) == ({}, set(), set(), set(), set())


def test_both_say_the_same_of_every_file_that_is_damaged_at_some_byte(
    place: Path, tell_counts: Callable[[Counts], None]
) -> None:
    counts: Counts = {"files": 0, "damages": 0}
    for path in files(place):
        key, data = str(path.relative_to(place)), path.read_bytes()
        counts["files"] += 1
        for what, changed in altered.flipped(data, key, 3):
            path.write_bytes(changed)
            assert agreement.differences(place) == [], f"{key}: {what}"
            counts["damages"] += 1
        path.write_bytes(data)
    assert agreement.differences(place) == []
    tell_counts(counts)


def test_both_say_the_same_where_a_file_is_missing(place: Path) -> None:
    for path in files(place):
        data = path.read_bytes()
        path.unlink()
        assert agreement.differences(place) == [], path.name
        path.write_bytes(data)
        path.chmod(0o600)


def test_both_say_the_same_of_a_file_that_has_another_name_or_is_in_anothers_place(place: Path) -> None:
    one_of_each = {path.relative_to(place).parts[0]: path for path in files(place)}
    for path in one_of_each.values():
        renamed = path.with_name(_another(path.name))
        path.rename(renamed)
        assert agreement.differences(place) == [], renamed
        renamed.rename(path)
        data = path.read_bytes()
        for other in one_of_each.values():
            path.write_bytes(other.read_bytes() if other != path else data)
            assert agreement.differences(place) == [], f"{other} at {path}"
        path.write_bytes(data)


@pytest.mark.parametrize("form", ["{}~", ".{}"])
def test_both_say_the_same_of_a_file_whose_name_is_strange_now(place: Path, form: str) -> None:
    one_of_each = {path.relative_to(place).parts[0]: path for path in files(place)}
    # The second reader takes a strange file for any snapshot, also for one that was removed: its tag counts.
    told = ("segments", "tags", "deleted") if place.name == "collected" else ("refs", "segments", "tags", "deleted")
    for path in (one_of_each[name] for name in told if name in one_of_each):
        renamed = path.with_name(form.format(path.name))
        path.rename(renamed)
        assert agreement.differences(place) == [], renamed
        renamed.rename(path)


def _another(name: str) -> str:
    """Returns a name of the same form: another digit in an id or a digest, another letter in a tag."""
    place = next((at for at in range(len(name) // 2, len(name)) if name[at] in "0123456789abcdef"), 0)
    return name[:place] + ("1" if name[place] != "1" else "2") + name[place + 1 :]


def test_the_second_reader_sees_each_damage_of_a_file_that_has_a_checksum(tmp_path: Path) -> None:
    variety.packed(tmp_path / "packed")
    for path in files(tmp_path / "packed"):
        data = path.read_bytes()
        for _, changed in altered.flipped(data, path.name, 8):
            path.write_bytes(changed)
            try:
                wrong = second.read(str(tmp_path / "packed")).wrong
            except second.RefusedError:
                assert path.name == "config"
            else:
                assert list(wrong) == [str(path.relative_to(tmp_path / "packed"))]
        path.write_bytes(data)


def test_the_file_of_each_ref_comes_out_of_a_segment_byte_for_byte(tmp_path: Path) -> None:
    repository = variety.opened(tmp_path / "repository")
    variety.fill(repository, 300)
    before = {path.name: path.read_bytes() for path in files(tmp_path / "repository", "refs")}
    repository.upkeep.gc(tidiness=variety.SOME)
    found = second.read(str(tmp_path / "repository"))
    assert {one.ref.name: one.file for one in found.snapshots} == before
    assert sum(one.places[0].startswith("segments/") for one in found.snapshots) == 297


@pytest.mark.parametrize("is_packed", [False, True])
def test_both_say_the_same_of_slots_in_tables_and_of_tables_that_are_bad(tmp_path: Path, *, is_packed: bool) -> None:
    place = tmp_path / "tables"
    repository = Repository.open(place, create=True)
    with small_tables.always():
        made = [repository.create(one(number)) for number in range(3)]
    if is_packed:
        repository.upkeep.gc(tidiness=Tidiness(recent=0, least=1))
    assert agreement.differences(place) == []
    found = second.read(str(place))
    assert [snapshot.ref.table is not None and snapshot.ref.slots is not None for snapshot in found.listed] == [
        True
    ] * 3
    for path in sorted((place / ("packs" if is_packed else "objects")).rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            path.chmod(0o600)
            path.write_bytes(data[:-1] + bytes((data[-1] ^ 1,)))
            assert agreement.differences(place) == [], path.name
            path.write_bytes(data)
    for path in [] if is_packed else [place / object_key(snapshot.table()) for snapshot in made]:  # type: ignore[arg-type]
        path.unlink()
    assert agreement.differences(place) == []


def test_both_read_what_later_versions_wrote_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    new = beyond.later(tmp_path / "later")
    assert agreement.differences(tmp_path / "later") == []
    assert second.read(str(tmp_path / "later")).wrong == new
    assert len(new) == 12


@pytest.mark.parametrize(
    ("config", "reads"),
    [
        (Config("ab" * 16, "link", to_write=("x",), to_collect=("y", "z"), extensions=(("e", b""),)), True),
        (Config("ab" * 16, "rename"), True),
        (Config("ab" * 16, "teleport"), False),
        (Config("ab" * 16, "link", to_read=("x",)), False),
    ],
)
def test_both_refuse_a_repository_that_only_a_later_version_can_read(
    tmp_path: Path, config: Config, *, reads: bool
) -> None:
    variety.loose(tmp_path / "repository")
    (tmp_path / "repository" / "config").write_bytes(records.encode_config(config))
    assert agreement.differences(tmp_path / "repository") == []
    assert (agreement.of_second(tmp_path / "repository") == "newer") is not reads


STRANGE = (
    "thesis", "papers/", "refs/README", "refs/.hidden", "refs/papers/", "segments/notes.refs", "packs/notes",
    f"packs/{'a' * 64}", "objects/notes", "objects/xyz/", f"objects/ab/{'A' * 62}", "objects/ab/README",
    "deleted/README", f"deleted/{'a' * 32}.gone", "removed/README", f"removed/{'g' * 32}-{'a' * 32}", "tags/-x",
    "tags/a b", "refs/X~", "refs/-X", "refs/.papers/", f"refs/{'x' * 200}", "segments/.X", "segments/X.refs~",
    "tags/t~", "tags/.nfs0001", "deleted/.X", f"deleted/{'a' * 32}~", "packs/.X", "artifacts/ab/README",
    "artifacts/README",
)  # fmt: skip
MISPLACED = (
    f"refs/{'0' * 32}-{'0' * 8}-{'0' * 11}-{'0' * 32}", f"segments/{'b' * 64}.refs", f"packs/{'b' * 64}.pack",
    f"objects/ab/{'c' * 62}", f"deleted/{'a' * 32}", f"deleted/{'b' * 32}.claimed", f"removed/{'b' * 32}-{'a' * 32}",
    "tags/x", f"artifacts/ab/ab{'c' * 30}-{'d' * 64}",
)  # fmt: skip


@pytest.mark.parametrize("key", STRANGE + MISPLACED)
def test_both_name_a_strange_file_and_read_the_rest(tmp_path: Path, key: str) -> None:
    variety.collected(tmp_path / "collected")
    before = second.read(str(tmp_path / "collected"))
    path = tmp_path / "collected" / key
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if key.endswith("/"):
        path.mkdir(mode=0o700)
        path /= "file"
    path.write_text("x")
    path.chmod(0o600)
    assert agreement.differences(tmp_path / "collected") == []
    after = second.read(str(tmp_path / "collected"))
    assert after.snapshots == before.snapshots
    named = (after.unknown, after.wrong)
    assert named == (([key.rstrip("/")], {}) if key in STRANGE else ([], {key: "damaged"}))


def test_no_repository_is_there_without_its_configuration(tmp_path: Path) -> None:
    variety.loose(tmp_path / "repository")
    (tmp_path / "repository" / "config").unlink()
    assert agreement.of_product(tmp_path / "repository") == agreement.of_second(tmp_path / "repository") == "absent"
    shutil.rmtree(tmp_path / "repository")
    assert agreement.of_product(tmp_path / "repository") == agreement.of_second(tmp_path / "repository") == "absent"
