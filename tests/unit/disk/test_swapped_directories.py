"""Somebody swaps a directory against a link to another place, before and after each single opening of a restore."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.processes.counts import count

from cortexrepo.disk import realtree, unlinked
from cortexrepo.disk.exchange.moves import Move, Moves, prepare
from cortexrepo.disk.exchange.moving import carry_out, take_back
from cortexrepo.disk.realtree import OwnTree, RealTree
from cortexrepo.disk.tree import Details
from cortexrepo.disk.treecopy import copy_tree
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Listing = dict[str, tuple[object, ...]]

pytestmark = pytest.mark.usefixtures("_quick")
NAMES = ("one.py", "two.py", "deep/three.py")


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Syncs nothing: no power is cut here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    before = os.umask(0o022)
    yield
    os.umask(before)


class Scene(NamedTuple):
    """A package with a directory of somebody else's, and a place elsewhere that has the same names.

    Attributes:
        site: Where the package is.
        outside: What a link in the place of `site/pack/theirs` leads to.
        moves: From the old files of the package to the new ones.
    """

    site: Path
    outside: Path
    moves: Moves

    def swap(self) -> None:
        os.rename(self.site / "pack/theirs", self.site / "pack/aside")  # noqa: TID251 -- an attacker renames
        os.symlink(self.outside, self.site / "pack/theirs")

    def swap_back(self) -> None:
        if (self.site / "pack/theirs").is_symlink():
            (self.site / "pack/theirs").unlink()
            os.rename(self.site / "pack/aside", self.site / "pack/theirs")  # noqa: TID251


def scene(top: Path) -> Scene:
    site, outside, private = top / "site", top / "outside", top / "site/.private"
    for place, text in ((site / "pack/theirs", "old"), (outside, "outside"), (private / "new/pack/theirs", "new")):
        for name in NAMES:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
    (site / "pack/theirs/deep").chmod(0o750)
    (outside / "deep").chmod(0o700)
    (private / "new/pack/theirs/four.py").write_text("new")
    (private / "new/pack/theirs/deep/three.py").unlink()
    (site / "pack/kept.py").write_text("kept")
    new = ("one.py", "two.py", "four.py")
    moves = [
        *(Move(f"{site}/pack/theirs/{name}", f"{private}/old/{name}") for name in NAMES),
        *(Move(f"{private}/new/pack/theirs/{name}", f"{site}/pack/theirs/{name}") for name in new),
    ]
    return Scene(site, outside, prepare(moves, str(private), (str(site),), RealTree()))


def listed(top: Path) -> Listing:
    found: Listing = {}
    for path in sorted(top.rglob("*")):
        about = path.lstat()
        owned = (stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid)
        found[str(path.relative_to(top))] = (*owned, path.read_bytes() if path.is_file() else b"")
    return found


class Openings:
    """Does something before, or after, the opening of this number; every opening goes to the same function."""

    def __init__(self, at: int, act: Callable[[], None], *, after: bool) -> None:
        self.left = at
        self._act = act
        self._after = after

    def passed(self, opened: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object) -> object:
            self.left -= 1
            if self.left == -1 and not self._after:
                self._act()
            try:
                return opened(*arguments)
            finally:
                if self.left == -1 and self._after:
                    self._act()

        return wrapped


def end(top: Path, direction: Callable[[Moves, RealTree], None]) -> Listing:
    """Returns how it is when nobody swaps anything."""
    made = scene(top)
    carry_out(made.moves, RealTree())
    if direction is take_back:
        take_back(made.moves, RealTree())
    return listed(made.site)


@pytest.mark.parametrize("direction", [carry_out, take_back])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_nothing_elsewhere_changes_whenever_a_directory_is_swapped_for_a_link(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    direction: Callable[[Moves, RealTree], None],
    after: bool,  # noqa: FBT001
) -> None:
    wanted = end(tmp_path / "wanted", direction)
    refused: list[str] = []
    number = 0
    while True:
        made = scene(tmp_path / str(number))
        if direction is take_back:
            carry_out(made.moves, RealTree())
        start = listed(made.outside)
        openings = Openings(number, made.swap, after=after)
        with monkeypatch.context() as planted:
            for name in ("look", "open_directory", "walk"):
                planted.setattr(realtree, name, openings.passed(getattr(unlinked, name)))
            try:
                direction(made.moves, RealTree())
            except RestoreError as error:
                refused.append(str(error))
        assert listed(made.outside) == start, number
        made.swap_back()
        direction(made.moves, RealTree())
        assert listed(made.site) == wanted, number
        if openings.left >= 0:
            break
        number += 1
    assert len(refused) > 30
    assert all("/site/pack/theirs" in error for error in refused)
    count("openings at which a directory was swapped for a link", openings=number, refused=len(refused))


@pytest.mark.parametrize("direction", [carry_out, take_back])
def test_a_tree_that_follows_links_is_seen_to_change_what_is_elsewhere(
    tmp_path: Path, direction: Callable[[Moves, RealTree], None]
) -> None:
    """Else the test above would see nothing."""
    made = scene(tmp_path)
    if direction is take_back:
        carry_out(made.moves, RealTree())
    start = listed(made.outside)
    made.swap()
    try:
        direction(made.moves, OwnTree())
    except RestoreError:
        pass
    assert listed(made.outside) != start


def test_a_directory_of_another_name_gets_no_rights_where_others_could_have_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who owns the directory above can give a name to any directory in it: not only to the one that was made."""
    for name, mode in (("made", 0o755), ("secret", 0o700)):
        (tmp_path / "theirs" / name).mkdir(parents=True)
        (tmp_path / "theirs" / name).chmod(mode)
    (tmp_path / "theirs").chmod(0o777)
    details = Details(0o711, os.geteuid(), os.getegid())
    for name, mode in (("made", 0o711), ("secret", 0o700)):
        RealTree().set_details(str(tmp_path / "theirs" / name), details)
        assert stat.S_IMODE((tmp_path / "theirs" / name).stat().st_mode) == mode
    (tmp_path / "theirs").chmod(0o755)
    RealTree().set_details(str(tmp_path / "theirs/secret"), details)
    assert stat.S_IMODE((tmp_path / "theirs/secret").stat().st_mode) == 0o711
    monkeypatch.setattr(os, "geteuid", lambda: 12345)  # whose directory above is another user's
    (tmp_path / "theirs/secret").chmod(0o700)
    RealTree().set_details(str(tmp_path / "theirs/secret"), details)
    assert stat.S_IMODE((tmp_path / "theirs/secret").stat().st_mode) == (0o700 if os.getuid() else 0o711)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_tree_is_copied_without_what_a_swapped_link_leads_to(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,  # noqa: FBT001
) -> None:
    from cortexrepo.disk import treecopy

    number = 0
    refused: set[int | None] = set()
    while True:
        made = scene(tmp_path / str(number))
        openings = Openings(number, made.swap, after=after)
        with monkeypatch.context() as planted:
            planted.setattr(treecopy, "open_directory", openings.passed(unlinked.open_directory))
            try:
                copy_tree(str(made.site / "pack"), str(tmp_path / str(number) / "copy"))
            except OSError as error:
                refused.add(error.errno)
        assert "outside" not in {path.read_text() for path in (tmp_path / str(number) / "copy").rglob("*.py")}
        if openings.left >= 0:
            break
        number += 1
    assert errno.ELOOP in refused
    assert refused <= {errno.ELOOP, errno.ENOENT}
    made.swap_back()
    copy = tmp_path / "whole"
    copy_tree(str(made.site / "pack"), str(copy), without=("kept.py",))
    wanted = listed(made.site / "pack")
    del wanted["kept.py"]
    assert listed(copy) == wanted
