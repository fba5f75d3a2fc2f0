"""What is there of many files, told from the listings of their directories: the same as one by one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.contract.installed import Listings, there
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.machine.files import Entry

PATHS = (
    "/file", "/folder", "/folder/inner", "/folder/dangling", "/way/inner", "/loop", "/loop/x", "/file/x", "/none",
    "/none/x", "/folder/none", "/folder/\udcff", "/", "/folder/", "/folder/.", "/folder/..", "/fifo",
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    for name in ("file", "folder/inner", "folder/\udcff"):
        (tmp_path / name).write_text("x")
    for name, target in (("folder/dangling", "nowhere"), ("way", "folder"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
    os.mkfifo(tmp_path / "fifo")
    return tmp_path


@pytest.fixture(params=["this machine", "a root"])
def system(request: pytest.FixtureRequest, root: Path) -> Iterator[tuple[Files, str]]:
    if request.param == "this machine":
        yield LiveSystem({}), str(root)
        return
    rooted = RootedSystem(str(root))
    yield rooted, ""
    rooted.close()


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_the_one_that_is_given_without_a_listing(system: tuple[Files, str], path: str) -> None:
    files, base = system
    listings = Listings(files)
    for _ in range(2):
        assert listings.there(base + path) == there(files, base + path)


class Counted(LiveSystem):
    """This machine, on which only so many directories can be listed; it counts questions."""

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__({})
        self.refuses = refuses
        self.listed: list[str] = []
        self.asked: list[str] = []

    def entries(self, path: str) -> list[Entry]:
        self.listed.append(path)
        if self.refuses:
            raise PermissionError(13, "Permission denied", path)
        return super().entries(path)

    def readlink(self, path: str) -> str | None:
        self.asked.append(path)
        return super().readlink(path)


def test_a_directory_is_read_once_and_what_it_has_is_not_asked_for(root: Path) -> None:
    system = Counted()
    listings = Listings(system)
    for name in ("file", "folder", "none", "file"):
        listings.there(f"{root}/{name}")
    assert (system.listed, system.asked) == ([str(root)], [f"{root}/none"])


def test_in_a_directory_that_cannot_be_read_each_file_is_asked_for(root: Path) -> None:
    system = Counted(refuses=True)
    listings = Listings(system)
    assert [listings.there(f"{root}/{name}") for name in ("file", "none")] == [
        there(system, f"{root}/{name}") for name in ("file", "none")
    ]
    assert system.listed == [str(root)]
