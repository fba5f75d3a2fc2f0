"""The reader in `tests/reader`, written from docs/format.md alone, meets the files of version 2 as the product does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reader.repository import RefusedError, read
from support.repositories import later
from support.repositories.memories import one

from cortexrepo.errors import FormatVersionError
from cortexrepo.model.problem import NEWER_FORMAT
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = ("config-to-read", "config-publish", "config-version")
READ = (
    "config-to-write", "config-to-collect", *later.ROWS["an unknown extension"],
    *later.ROWS["an unknown status of a slot"], "ecosystem", "flags-and-attributes", "root-role", "top",
)  # fmt: skip
UNKNOWN = {"top": ["future", "later"]}
"""Names that are no part of version 1."""


def beside(place: Path, case: str) -> str:
    """Makes a repository with two snapshots and the files of a case, and returns where it is."""
    repository = Repository.open(place, create=True)
    for number in range(2):
        repository.create(one(number))
    for key, data in later.stored(case).items():
        (place / key).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (place / key).write_bytes(data)
    return str(place)


@pytest.mark.parametrize("case", [case for cases in later.ROWS.values() for case in cases if case not in REFUSED])
def test_it_names_the_same_file_as_newer_and_reads_the_same_snapshots(tmp_path: Path, case: str) -> None:
    place = beside(tmp_path / "r", case)
    found, product = read(place), Repository.open(place)
    unreadable = {} if case in READ else {later.newer(case): "newer"}
    assert found.wrong == unreadable
    assert [name for name in found.unknown if not name.startswith("later/")] == UNKNOWN.get(case, [])
    assert [each.id.hex() for each in found.listed] == [snapshot.id for snapshot in product.snapshots()][::-1]
    problems = {problem.key for problem in product.upkeep.verify().problems if problem.kind == NEWER_FORMAT}
    assert problems >= set(unreadable)


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_the_same_repositories(tmp_path: Path, case: str) -> None:
    place = beside(tmp_path / "r", case)
    with pytest.raises(RefusedError, match=r"^newer$"):
        read(place)
    with pytest.raises(FormatVersionError):
        Repository.open(place)
