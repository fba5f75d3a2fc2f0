"""What came in is known again, and moments are never shared."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import MACHINE, inventory
from support.repositories.legacy import text

from cortexrepo.codec.refs import MESSAGE_LIMIT
from cortexrepo.errors import RequestError
from cortexrepo.importing.legacy_import import Target, bring_in, past
from cortexrepo.model.inventory import Inventory
from cortexrepo.model.snapshot import Cause
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.legacy import LegacyImport

SECOND = "2025-12-22T15:00:00"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repo", create=True)


def _entries(*names: str, at: str = SECOND) -> list[tuple[str, bytes | str]]:
    return [(name, text(name, description=name, timestamp=at)) for name in names]


def _run(repository: Repository, entries: list[tuple[str, bytes | str]], machine: str = MACHINE) -> LegacyImport:
    return bring_in(entries, past(repository, machine), Target(repository, repository.id, machine, "ana"))


def _ids(found: LegacyImport) -> list[str]:
    return [one.id for one in found.imported if one.id is not None]


def _moments(repository: Repository) -> dict[str, int]:
    return {one.message: one.created_at % 1000 for one in repository.snapshots()}


def test_two_of_one_millisecond_both_come_in_and_stay_where_they_are(repository: Repository) -> None:
    found = _run(repository, _entries("a", "b", "c"))
    assert [one.name for one in found.imported] == ["a", "b", "c"]
    assert _moments(repository) == {"a": 0, "b": 1, "c": 2}
    again = _run(repository, _entries("a", "b", "c"))
    assert (again.imported, again.present) == ((), ("a", "b", "c"))


def test_what_comes_between_two_runs_takes_nothing_from_the_first(repository: Repository) -> None:
    _run(repository, _entries("b", "c"))
    found = _run(repository, _entries("a", "c"))
    assert ([one.name for one in found.imported], found.present) == (["a"], ("c",))
    assert _moments(repository) == {"b": 0, "c": 1, "a": 2}


def test_another_time_zone_brings_nothing_in_twice(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(repository, _entries("a"))
    monkeypatch.setenv("TZ", "XYZ-5")
    time.tzset()
    try:
        assert _run(repository, _entries("a")).present == ("a",)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert len(repository.snapshots()) == 1


def test_two_snapshots_with_one_old_id_are_told_apart_by_their_times(repository: Repository) -> None:
    _run(repository, _entries("20251222_150000"))
    found = _run(repository, _entries("20251222_150000", at="2025-12-22T15:00:00.5"))
    assert len(found.imported) == 1


def test_a_deleted_one_does_not_come_back_until_it_is_collected(repository: Repository) -> None:
    found = _run(repository, _entries("a"))
    repository.delete(_ids(found))
    assert _run(repository, _entries("a")).present == ("a",)
    repository.upkeep.gc(keep_deleted_ms=0)
    assert _run(repository, _entries("a")) == found


def test_the_moment_of_a_deleted_one_stays_taken(repository: Repository) -> None:
    found = _run(repository, _entries("b"))
    repository.delete(_ids(found))
    assert [one.name for one in _run(repository, _entries("a", "b")).imported] == ["a"]
    assert _moments(repository) == {"a": 1}


def test_what_others_recorded_of_the_same_moment_is_left_alone(repository: Repository) -> None:
    moment = _run(Repository.open(f"{repository.location}2", create=True), _entries("a")).imported[0].created_at
    other = repository.record(Inventory(MACHINE, (), inventory().readings), moment, message="log")
    assert other is not None
    _run(repository, _entries("a"))
    assert _moments(repository) == {"log": 0, "a": 1}


def test_each_machine_has_its_own_past(repository: Repository) -> None:
    _run(repository, _entries("a"))
    assert len(_run(repository, _entries("a"), machine="f" * 32).imported) == 1


def test_a_dry_run_says_the_same_ids_and_records_nothing(repository: Repository) -> None:
    would = bring_in(_entries("a", "b"), past(repository, MACHINE), Target(None, repository.id, MACHINE, ""))
    assert repository.snapshots() == ()
    nowhere = bring_in(_entries("a", "b"), past(None, MACHINE), Target(None, "", MACHINE, ""))
    assert _run(repository, _entries("a", "b")) == would
    # Without a repository there is no id yet: it would follow from that repository's.
    assert nowhere == would._replace(imported=tuple(one._replace(id=None) for one in would.imported))
    assert [one.id for one in would.imported] == [one.id for one in reversed(repository.snapshots())]


def test_the_cause_says_who_brought_it_in(repository: Repository) -> None:
    _run(repository, _entries("a"))
    assert repository.snapshots()[0].cause == Cause("", "ana", "import-legacy")


def test_what_cannot_be_stored_is_skipped_and_the_others_come_in(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = repository.record

    def refusing(found: Inventory, created_at: int, *, message: str = "", cause: Cause = Cause()) -> object:  # noqa: B008
        if message == "a":
            raise RequestError("too long")
        return record(found, created_at, message=message, cause=cause)

    monkeypatch.setattr(repository, "record", refusing)
    found = _run(repository, _entries("a", "b"))
    assert [(one.name, one.reason) for one in found.skipped] == [("a", "too long")]
    assert [one.name for one in found.imported] == ["b"]


def test_one_that_somebody_else_brings_in_meanwhile_is_there_already(repository: Repository) -> None:
    known = past(repository, MACHINE)
    _run(repository, _entries("a"))
    found = bring_in(_entries("a"), known, Target(repository, repository.id, MACHINE, ""))
    assert (found.imported, found.present) == ((), ("a",))


def test_the_longest_description_and_name_can_be_stored(repository: Repository) -> None:
    entries: list[tuple[str, bytes | str]] = [("\udcff" * 255, text("x", description="é" * MESSAGE_LIMIT))]
    assert len(_run(repository, entries).imported) == 1
    assert repository.upkeep.verify().problems == ()
