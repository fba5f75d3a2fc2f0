"""A repository that needs features which this version does not know can be read, and is left as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.codec.records import Config, encode_config
from cortexrepo.errors import FormatVersionError
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRITES: dict[str, Callable[[Repository], object]] = {
    "create": lambda repository: repository.create(inventory(2)),
    "record": lambda repository: repository.record(inventory(2), 1_000),
    "delete": lambda repository: repository.delete(["latest"]),
    "undelete": lambda repository: repository.undelete([deleted(repository)]),
    "tag": lambda repository: repository.tag("new", "latest"),
    "untag": lambda repository: repository.untag("old"),
    "prune": lambda repository: repository.upkeep.delete([repository.identify("latest")]),
    "keep": lambda repository: repository._store.large().put(lambda: [b"x"], lambda: "00" * 48),
}
COLLECTIONS: dict[str, Callable[[Repository], object]] = {
    "gc": lambda repository: repository.upkeep.gc(keep_deleted_ms=0),
    "repair": lambda repository: repository.upkeep.repair(),
}


def deleted(repository: Repository) -> str:
    return repository.listing(deleted=True).snapshots[0].id


def needing(
    place: Path, *, to_write: tuple[str, ...] = (), to_collect: tuple[str, ...] = ()
) -> tuple[Repository, dict[str, bytes]]:
    """Returns a repository with two snapshots, one of them deleted, that needs features, and all its files."""
    repository = Repository.open(place, create=True)
    repository.create(inventory(0), tags=["old"])
    repository.delete([repository.create(inventory(1)).id])
    repository.upkeep.gc()
    (place / "config").write_bytes(encode_config(Config(repository.id, "link", (), to_write, to_collect)))
    return Repository.open(place), files(place)


def files(place: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_what_needs_a_feature_to_write_can_be_read(tmp_path: Path) -> None:
    repository, _ = needing(tmp_path / "r", to_write=("columns",))
    assert [one.sequence for one in repository.snapshots()] == [1]
    assert repository.inventory(repository.get("old")).readings == inventory(0).readings
    assert repository.upkeep.verify().problems == ()
    assert repository.recall(b"question") is None


@pytest.mark.parametrize("command", [*WRITES, *COLLECTIONS])
def test_what_needs_a_feature_to_write_is_not_written(tmp_path: Path, command: str) -> None:
    repository, before = needing(tmp_path / "r", to_write=("columns", "more"))
    with pytest.raises(FormatVersionError, match=r"nothing was changed: .*'columns', 'more'"):
        (WRITES | COLLECTIONS)[command](repository)
    assert files(tmp_path / "r") == before


@pytest.mark.parametrize("command", WRITES)
def test_what_needs_a_feature_to_collect_is_written(tmp_path: Path, command: str) -> None:
    repository, before = needing(tmp_path / "r", to_collect=("roots",))
    WRITES[command](repository)
    assert files(tmp_path / "r") != before


@pytest.mark.parametrize("command", COLLECTIONS)
def test_what_needs_a_feature_to_collect_is_not_collected(tmp_path: Path, command: str) -> None:
    repository, before = needing(tmp_path / "r", to_collect=("roots",))
    with pytest.raises(FormatVersionError, match="'roots'"):
        COLLECTIONS[command](repository)
    assert files(tmp_path / "r") == before


def test_what_needs_a_feature_to_read_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "r"
    repository = Repository.open(place, create=True)
    (place / "config").write_bytes(encode_config(Config(repository.id, "link", ("ciphers",))))
    with pytest.raises(FormatVersionError, match=r"the repository needs features .*'ciphers'"):
        Repository.open(place)
    with pytest.raises(FormatVersionError, match="'ciphers'"):
        Repository.open(place, create=True)
