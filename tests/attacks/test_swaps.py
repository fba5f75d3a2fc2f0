"""Somebody changes a root while it is read: directories are swapped for links that lead out, and back, all the time."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from support.processes.counts import count

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from pathlib import Path

SWAPS = 10_000
INSIDE, OUTSIDE = b"Package: inside\n", b"Package: outside\n"


class Swapper(threading.Thread):
    """Has a directory and a link take each other's place, so often."""

    def __init__(self, directory: Path, link: Path) -> None:
        super().__init__()
        self.swaps = 0
        self._directory, self._link, self._between = directory, link, directory.with_name("between")

    def run(self) -> None:
        while self.swaps < SWAPS:
            # What is at the path is in turn the directory, nothing, and the link.
            for source, target in ((self._directory, self._between), (self._link, self._directory)):
                os.rename(source, target)  # noqa: TID251 -- an attacker replaces
            for source, target in ((self._directory, self._link), (self._between, self._directory)):
                os.rename(source, target)  # noqa: TID251
            self.swaps += 2


@pytest.mark.parametrize("target", ["absolute", "relative"])
@pytest.mark.parametrize("place", ["var", "var/lib", "var/lib/dpkg"])
def test_nothing_outside_a_root_is_read_while_directories_are_swapped(tmp_path: Path, place: str, target: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for top, text in ((root, INSIDE), (outside, OUTSIDE)):
        (top / "var/lib/dpkg").mkdir(parents=True)
        (top / "var/lib/dpkg/status").write_bytes(text)
    away = outside / place
    (root / "link").symlink_to(away if target == "absolute" else os.path.relpath(away, (root / place).parent))
    swapper = Swapper(root / place, root / "link")
    system = RootedSystem(str(root))
    seen = {INSIDE: 0, None: 0}
    swapper.start()
    while swapper.is_alive():
        try:
            found = system.read("/var/lib/dpkg/status", 1000)
        except OSError:
            found = None
        assert found in seen
        seen[found] += 1
        assert "outside" not in {entry.name for entry in system.entries("/var/lib")}
    swapper.join()
    system.close()
    count("directories swapped while a root is read", swaps=swapper.swaps, reads=sum(seen.values()))
    assert seen[INSIDE]


def test_a_repositorys_file_that_is_swapped_for_a_link_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(OUTSIDE)
    (tmp_path / "file").write_bytes(INSIDE)
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    swapper = Swapper(tmp_path / "file", tmp_path / "link")
    files = RealFileSystem()
    seen = 0
    swapper.start()
    while swapper.is_alive():
        try:
            assert files.read(str(tmp_path / "file"), 1000) == INSIDE
            seen += 1
        except OSError:
            continue
    swapper.join()
    count("files swapped for links while they are read", swaps=swapper.swaps, reads=seen)
    assert seen
