"""Whose repository it is: who could replace the directory, or what leads to it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.machines.access import access_list
from support.processes.users import NOBODY, SOMEBODY, theirs_from

from cortexrepo.ecosystems.apt.restore.shapes import is_roots
from cortexrepo.errors import OwnerError
from cortexrepo.model.ids import SnapshotId
from cortexrepo.repository.memory import Memory
from cortexrepo.repository.repository import Repository
from cortexrepo.rights.ways import SEVERAL, others

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.processes.command_line import CommandLine

pytestmark = pytest.mark.usefixtures("open_path")


@pytest.fixture
def theirs(cortex: CommandLine) -> CommandLine:
    return theirs_from(cortex)


def test_a_place_is_whose_the_way_to_it_is(tmp_path: Path) -> None:
    home, other, repo = tmp_path / "home", tmp_path / "other", tmp_path / "home" / "repo"
    repo.mkdir(parents=True)
    other.mkdir()
    assert others(str(repo)) == {}
    os.chown(home, SOMEBODY, SOMEBODY)
    assert others(str(repo)) == {SOMEBODY: str(home)}
    assert others(str(home / "not there" / "yet")) == {SOMEBODY: str(home)}
    link = other / "link"
    link.symlink_to(repo)
    os.chown(other, NOBODY, NOBODY)
    assert others(str(link)) == {NOBODY: str(other), SOMEBODY: str(home)}
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert others(str(loop / "x")) == {}


@pytest.mark.parametrize(("mode", "shared"), [(0o755, False), (0o777, True), (0o1777, False), (0o775, True)])
def test_a_directory_on_the_way_that_several_can_write_to_is_named(tmp_path: Path, *, mode: int, shared: bool) -> None:
    place = tmp_path / "shared"
    (place / "repo").mkdir(parents=True)
    os.chown(place, 0, 12)  # the group `man`, whose user `man` is
    place.chmod(mode)
    assert others(str(place / "repo")) == ({SEVERAL: str(place)} if shared else {})
    if shared:
        with pytest.raises(OwnerError, match=f"several users can write to {place}"):
            Repository.open(place / "repo")
    os.chown(place, 0, 0)
    assert (SEVERAL in others(str(place / "repo"))) == (mode == 0o777)


def test_an_access_list_on_the_way_counts_also_in_a_directory_of_roots_own_group(tmp_path: Path) -> None:
    place = tmp_path / "shared"
    (place / "repo").mkdir(parents=True)
    access_list(place, named_user=(SOMEBODY, 7))
    assert others(str(place / "repo")) == {SEVERAL: str(place)}
    access_list(place, named_user=(SOMEBODY, 5))
    assert others(str(place / "repo")) == {}


@pytest.mark.parametrize(
    ("plant", "is_own"),
    [
        (lambda _place: None, True),
        (lambda place: os.chown(place, SOMEBODY, SOMEBODY), False),
        (lambda place: os.chown(place.parent, SOMEBODY, SOMEBODY), False),
        (lambda place: place.chmod(0o777), False),
        (lambda place: place.chmod(0o1777), False),
        (lambda place: access_list(place, named_user=(SOMEBODY, 7)), False),
        (lambda place: access_list(place.parent, named_user=(SOMEBODY, 7)), False),
        (lambda place: os.lchown(place.parent.parent / "link", SOMEBODY, SOMEBODY), False),
        (lambda place: place.rmdir(), False),
    ],
    ids=["root's", "a user's", "in a user's", "everybody's", "sticky", "by a list", "in a listed", "by a link", "-"],
)
def test_a_link_or_file_of_a_package_is_put_right_only_where_root_alone_makes_files(
    tmp_path: Path, plant: Callable[[Path], object], *, is_own: bool
) -> None:
    """Whose a directory is has one meaning: also where a restore makes links and takes configuration files back."""
    place = tmp_path / "above" / "place"
    place.mkdir(parents=True)
    (tmp_path / "link").symlink_to(place)
    plant(place)
    assert is_roots(str(tmp_path / "link" / "file")) == is_own


def test_root_makes_nothing_in_a_directory_of_a_user(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, SOMEBODY, SOMEBODY)
    with pytest.raises(OwnerError, match="root reads it, and changes nothing in it"):
        Repository.open(home / "repo", create=True)
    assert list(home.iterdir()) == []


def test_a_link_of_one_user_to_the_repository_of_another_is_refused(theirs: CommandLine, tmp_path: Path) -> None:
    home = tmp_path / "nobodys"
    home.mkdir()
    (home / "repo").symlink_to(theirs.repo)
    os.chown(home, NOBODY, NOBODY)
    with pytest.raises(OwnerError, match="belong to different users"):
        Repository.open(home / "repo")


def test_what_a_users_repository_remembers_of_the_machine_is_not_believed(theirs: CommandLine) -> None:
    for path in (theirs.repo, *theirs.repo.rglob("*")):
        os.chown(path, 0, 0)
    Repository.open(theirs.repo).remember(Memory(b"question", (), SnapshotId("0" * 32)))
    assert Repository.open(theirs.repo).recall(b"question") is not None
    for path in (theirs.repo, *theirs.repo.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
    assert Repository.open(theirs.repo).recall(b"question") is None
