"""What the past is taken for where parts of it are not known."""

from __future__ import annotations

import pytest
from support.repositories.pasts import HOUR, World

from cortexrepo.history import changes
from cortexrepo.history.changes import newest_first
from cortexrepo.history.packages import EveryPackage, PackagesOf
from cortexrepo.history.rows import Rows
from cortexrepo.history.sightings import sightings
from cortexrepo.history.subject import parse
from cortexrepo.model.package import AUTO, RESIDUAL, Package
from cortexrepo.model.sketch import SKETCHED
from cortexrepo.model.snapshot import ABSENT, FAILED, PARTIAL


def package(version: str, name: str = "a") -> Package:
    return Package(name, "", version)


def told(world: World) -> list[tuple[int, str, str, str | None, str | None]]:
    """Each change: in which hour, of what, and from which version to which."""
    found = newest_first(sightings(world.states()), EveryPackage(Rows(world.content)))
    return [
        (name.created_at // HOUR, change.kind, change.package.name, *change.versions)
        for name, each in found
        for change in each
    ]


def test_changes_are_told_newest_first_and_the_first_snapshot_changes_nothing() -> None:
    world = World()
    for version in ("1", "1", "2", "1"):
        world.add(world.slot([package(version)]))
    world.add(world.slot([]))
    assert told(world) == [
        (5, "removed", "a", "1", None),
        (4, "downgraded", "a", "2", "1"),
        (3, "upgraded", "a", "1", "2"),
    ]


def test_what_failed_is_passed_over_and_the_next_is_compared_with_what_was_known_before() -> None:
    world = World()
    world.add(world.slot([package("1")]))
    world.add(world.slot(None, status=FAILED))
    world.add(world.slot(None, place="", status=FAILED))
    world.add()
    world.add(world.slot([package("2")]))
    assert told(world) == [(5, "upgraded", "a", "1", "2")]


def test_what_was_seen_in_part_removes_nothing_and_a_later_complete_one_does() -> None:
    world = World()
    world.add(world.slot([package("1"), package("1", "b")]))
    world.add(world.slot([package("2")], status=PARTIAL))
    world.add(world.slot([package("2")]))
    assert told(world) == [(3, "removed", "b", "1", None), (2, "upgraded", "a", "1", "2")]


def test_what_was_seen_in_part_first_is_not_added_later() -> None:
    world = World()
    world.add(world.slot([package("1")], status=PARTIAL))
    world.add(world.slot([package("2"), package("1", "b")]))
    assert told(world) == [(2, "upgraded", "a", "1", "2")]


def test_an_environment_that_went_and_came_back_was_removed_and_added() -> None:
    world = World()
    other = world.slot([], place="/other")
    world.add(world.slot([package("1")]), other)
    world.add(other)
    world.add(world.slot([package("2")]), other)
    assert told(world) == [(3, "added", "a", None, "2"), (2, "removed", "a", "1", None)]


def test_an_environment_is_new_only_where_it_was_looked_for_before() -> None:
    found = World()
    found.add(found.slot(None, place="", status=ABSENT))
    found.add(found.slot([package("1")]))
    assert told(found) == [(2, "added", "a", None, "1")]
    unsure = World()
    unsure.add(unsure.slot(None, place="", status=PARTIAL))
    unsure.add(unsure.slot([package("1")]))
    assert told(unsure) == []


def test_an_ecosystem_that_was_not_recorded_or_searched_in_part_loses_nothing() -> None:
    world = World()
    world.add(world.slot([package("1")]))
    world.add(world.slot([], "npm", "/usr"))
    world.add(world.slot(None, place="", status=PARTIAL))
    world.add(world.slot([package("1")]))
    assert told(world) == []


def test_machines_are_compared_with_themselves_only() -> None:
    one, other = "a" * 32, "a" * 31 + "b"
    world = World()
    for machine, version in ((one, "1"), (other, "2"), (one, "1"), (other, "3")):
        world.add(world.slot([package(version)]), machine=machine)
    assert told(world) == [(4, "upgraded", "a", "2", "3")]


def test_configuration_that_is_left_behind_is_not_installed() -> None:
    world = World()
    for flags in (0, RESIDUAL, 0):
        world.add(world.slot([Package("a", "amd64", "1", flags)], "apt", ""))
    assert [row[1] for row in told(world)] == ["added", "removed"]


def test_a_manifest_that_is_missing_is_named_and_taken_as_unknown() -> None:
    world = World()
    world.add(world.slot([package("1")]))
    lost = world.add(world.slot([package("2")])).slots[0].object
    world.add(world.slot([package("3")]))
    assert lost is not None
    del world.contents[lost]
    rows = Rows(world.content)
    found = list(newest_first(sightings(world.states()), EveryPackage(rows)))
    assert [change.versions for _, each in found for change in each] == [("1", "3")]
    assert list(rows.damaged) == [lost]


@pytest.mark.parametrize("block", [1, 2, 3, 64])
def test_only_as_much_is_read_as_is_taken(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_BLOCK", block)
    world = World()
    for version in range(200):
        world.add(world.slot([package(str(version))]))
    found = newest_first(sightings(world.states()), EveryPackage(Rows(world.content)))
    assert [next(found)[1][0].versions, next(found)[1][0].versions] == [("198", "199"), ("197", "198")]
    assert len(set(world.reads)) <= 2 * block + 2


def test_a_manifest_is_read_once_and_decoded_only_where_the_package_is_different() -> None:
    world = World()
    for version in range(50):
        rows = [Package(name, "", str(version)) for name in ("b", "openssl-dev", "python3-openssl")]
        world.add(world.slot([*rows, Package("openssl", "", str(version // 25))]))
    decoded: list[object] = []

    class Counting(Rows):
        def run(self, content: bytes, position: int, start: bytes) -> tuple[int, tuple[Package, ...]]:
            decoded.append(start)
            return super().run(content, position, start)

        def parse(self, ecosystem: str, identity: object, content: bytes) -> object:  # type: ignore[override]
            raise AssertionError

    found = list(newest_first(sightings(world.states()), PackagesOf(Counting(world.content), parse("openssl"))))
    assert [change.versions for _, each in found for change in each] == [("0", "1")]
    assert len(world.reads) == len(set(world.reads)) == 50
    assert len(decoded) == 2


@pytest.mark.parametrize("character", ["\u2561", "\U0001f561", "\u4e95"])
def test_a_name_whose_last_bytes_are_like_the_beginning_of_a_row_is_another_name(character: str) -> None:
    world = World()
    for version in ("1", "2"):
        world.add(world.slot([Package(f"{character}a", "", version)]))
    for version in ("1", "2"):
        world.add(world.slot([Package("a", "", version), Package(f"{character}a", "", "2")]))
    found = list(newest_first(sightings(world.states()), PackagesOf(Rows(world.content), parse("a"))))
    assert [(change.kind, change.package.name) for _, each in found for change in each] == [
        ("upgraded", "a"),
        ("added", "a"),
    ]


def test_what_somebody_else_kept_names_and_versions_of_is_compared_in_those_alone() -> None:
    world = World()
    world.add(world.slot([package("1"), package("7", "same")], place="")._replace(facts=(SKETCHED,)))
    world.add(world.slot([Package("a", "amd64", "2"), Package("same", "amd64", "7", AUTO)], place=""))
    assert told(world) == [(2, "upgraded", "a", "1", "2")]


def test_where_what_somebody_else_kept_was_is_not_known_and_no_change() -> None:
    world = World()
    world.add(world.slot([package("1")], place="")._replace(facts=(SKETCHED,)))
    world.add(world.slot([package("1")], place="/opt/venv"))
    world.add(world.slot([package("2")], place="/opt/venv"))
    assert told(world) == [(3, "upgraded", "a", "1", "2")]


def test_the_first_snapshot_with_digests_tells_no_change_and_later_ones_what_is_known() -> None:
    def row(digest: str, name: str = "a") -> Package:
        return Package(name, "", "1", 0, (("digest", digest),) if digest else ())

    world = World()
    for digest in ("", "record:1", "record:1", "record:2", "later:1", ""):
        world.add(world.slot([row(digest), row("", "b")]))
    assert told(world) == [(4, "changed", "a", "1", "1")]


def test_digests_beside_sketches_and_what_was_seen_in_part_tell_no_change() -> None:
    row = Package("a", "", "1", 0, (("digest", "record:1"),))
    world = World()
    world.add(world.slot([package("1")])._replace(facts=(SKETCHED,)))
    world.add(world.slot([row]))
    world.add(world.slot([package("1")], status=PARTIAL))
    world.add(world.slot([row]))
    assert told(world) == []
