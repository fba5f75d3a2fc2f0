"""Swaps on a real disk, killed before every single call."""

from __future__ import annotations

import errno
import os
from itertools import product
from typing import TYPE_CHECKING

import pytest
from support.disk import trees
from support.disk.trees import Entry, MemoryTree, link
from support.machines.npmworld import changed, tree

from cortexrepo.disk.exchange import swaps as npm_swaps
from cortexrepo.disk.exchange.swaps import Folder, Swap, Swaps
from cortexrepo.disk.tree import DIRECTORY, Details, RealTree
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class KilledError(BaseException):
    """What a kill is in here."""


class Mortal(RealTree):
    """Dies before the `at`th change."""

    def __init__(self, at: int, error: BaseException | None = None) -> None:
        self.left = at
        self._error = error or KilledError()

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise self._error

    def rename(self, source: str, target: str) -> None:
        self._step()
        super().rename(source, target)

    def make_directory(self, path: str) -> None:
        self._step()
        super().make_directory(path)

    def remove_directory(self, path: str) -> None:
        self._step()
        super().remove_directory(path)

    def set_details(self, path: str, details: Details) -> None:
        self._step()
        super().set_details(path, details)

    def sync_directory(self, path: str) -> None:
        self._step()
        super().sync_directory(path)

    def unlink(self, path: str) -> None:
        self._step()
        super().unlink(path)


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def scene(prefix: Path) -> Swaps:
    """A package of each kind: replaced, removed (the last of its scope), new (the first of its scope), and a link."""
    modules, staging = prefix / "lib/node_modules", prefix / "lib/.cortex-restore-x"
    put(modules / "changed/package.json", "old")
    (modules / "changed/empty").mkdir()
    os.mkfifo(modules / "changed/fifo")
    put(modules / "@gone/last/package.json", "old")
    (modules / "@gone").chmod(0o750)
    put(modules / "kept/package.json", "kept")
    put(staging / "lib/node_modules/changed/package.json", "new")
    put(staging / "lib/node_modules/@new/first/package.json", "new")
    (prefix / "bin").mkdir()
    (prefix / "bin/tool").symlink_to("../lib/node_modules/changed/old.js")
    (staging / "bin").mkdir()
    (staging / "bin/tool").symlink_to("../lib/node_modules/changed/new.js")
    (staging / "old").mkdir()
    swaps = (
        _swap(prefix, staging, "lib/node_modules/changed", new=True, old="0"),
        _swap(prefix, staging, "bin/tool", new=True, old="1"),
        _swap(prefix, staging, "lib/node_modules/@gone/last", new=False, old="2"),
        _swap(prefix, staging, "lib/node_modules/@new/first", new=True, old=""),
    )
    scope = str(modules / "@gone")
    return Swaps(swaps, (Folder(scope, RealTree().details(scope)),))


def _swap(prefix: Path, staging: Path, path: str, *, new: bool, old: str) -> Swap:
    return Swap(str(prefix / path), str(staging / path) if new else "", str(staging / "old" / old) if old else "")


def swapped(prefix: Path) -> dict[str, tuple[object, ...]]:
    swaps = scene(prefix)
    npm_swaps.carry_out(swaps, RealTree())
    return tree(prefix)


def died(action: Callable[[], None]) -> bool:
    try:
        action()
    except KilledError:
        return True
    return False


def test_all_is_swapped(tmp_path: Path) -> None:
    files = swapped(tmp_path)
    modules = tmp_path / "lib/node_modules"
    assert sorted(os.listdir(modules)) == ["@new", "changed", "kept"]
    assert (modules / "changed/package.json").read_text() == "new"
    assert files["bin/tool"] == ("link", "../lib/node_modules/changed/new.js")


def test_a_kill_before_any_call_leads_on_and_back(tmp_path: Path) -> None:
    end = swapped(tmp_path / "end")
    for at in range(1000):
        dead = False
        for way in ("on", "back", "back and on"):
            prefix = tmp_path / f"{at} {way}"
            swaps = scene(prefix)
            start = tree(prefix)
            dead = died(lambda swaps=swaps, at=at: npm_swaps.carry_out(swaps, Mortal(at)))  # type: ignore[misc]
            if way != "on":
                npm_swaps.take_back(swaps, RealTree())
                assert changed(start, tree(prefix)) == [], (at, way)
            if way != "back":
                npm_swaps.carry_out(swaps, RealTree())
                assert changed(end, tree(prefix)) == [], (at, way)
        if not dead:
            assert at > 10
            return


def test_a_kill_on_the_way_back_leads_back_and_on(tmp_path: Path) -> None:
    for at in range(1000):
        prefix = tmp_path / str(at)
        swaps = scene(prefix)
        start = tree(prefix)
        npm_swaps.carry_out(swaps, RealTree())
        dead = died(lambda swaps=swaps, at=at: npm_swaps.take_back(swaps, Mortal(at)))  # type: ignore[misc]
        npm_swaps.take_back(swaps, RealTree())
        assert changed(start, tree(prefix)) == [], at
        if not dead:
            assert at > 10
            return


def test_what_somebody_else_put_there_stops_it_and_stays(tmp_path: Path) -> None:
    swaps = scene(tmp_path)
    put(tmp_path / "lib/node_modules/@new/first/mine", "mine")
    with pytest.raises(RestoreError, match="put there by somebody else"):
        npm_swaps.carry_out(swaps, RealTree())
    assert (tmp_path / "lib/node_modules/@new/first/mine").read_text() == "mine"
    npm_swaps.take_back(swaps, RealTree())
    assert (tmp_path / "lib/node_modules/changed/package.json").read_text() == "old"


def test_a_full_disk_is_an_error_from_which_one_can_go_on(tmp_path: Path) -> None:
    swaps = scene(tmp_path / "p")
    full = Mortal(3, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "name"))
    with pytest.raises(RestoreError, match="No space left"):
        npm_swaps.carry_out(swaps, full)
    npm_swaps.carry_out(swaps, RealTree())
    assert changed(tree(tmp_path / "p"), swapped(tmp_path / "end")) == []


def test_what_is_no_longer_kept_cannot_be_taken_back(tmp_path: Path) -> None:
    swaps = scene(tmp_path)
    npm_swaps.carry_out(swaps, RealTree())
    os.unlink(swaps.swaps[1].stash)
    with pytest.raises(RestoreError, match="not kept any more"):
        npm_swaps.take_back(swaps, RealTree())


def test_the_list_is_read_as_it_was_written_complete_or_not_at_all(tmp_path: Path) -> None:
    swaps = scene(tmp_path / "p")
    roots = (f"{tmp_path}/p/lib", f"{tmp_path}/p/bin")
    for at in range(10):
        directory = tmp_path / str(at)
        directory.mkdir()
        dead = died(lambda directory=directory, at=at: npm_swaps.write(swaps, str(directory), Mortal(at)))  # type: ignore[misc]
        assert npm_swaps.read(str(directory), roots, RealTree()) in ((None, swaps) if dead else (swaps,))
        npm_swaps.write(swaps, str(directory), RealTree())
        assert npm_swaps.read(str(directory), roots, RealTree()) == swaps
        npm_swaps.remove(str(directory), RealTree())
        assert npm_swaps.read(str(directory), roots, RealTree()) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "{}",
        "[1]",
        "[2, [], []]",
        "[" * 100_000,
        '[1, [["/etc/passwd", "", "/p/lib/x"]], []]',
        '[1, [["/p/lib/../../etc", "", "/p/lib/x"]], []]',
        '[1, [["/p/lib/a", "", "relative"]], []]',
        '[1, [["/p/lib/a", "/p/lib/b"]], []]',
        '[1, [], [["/etc", 511, 0, 0]]]',
        '[1, [], [["/p/lib/@a", "x", 0, 0]]]',
    ],
)
def test_a_list_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "swaps.json").write_text(text)
    with pytest.raises(RestoreError):
        npm_swaps.read(str(tmp_path), ("/p/lib",), RealTree())


def disk() -> MemoryTree:
    entries = {
        path: Entry(DIRECTORY) for path in ("/p", "/p/bin", "/p/lib", "/p/lib/st", "/p/lib/st/bin", "/p/lib/st/old")
    }
    return MemoryTree({**entries, "/p/bin/tool": link("old"), "/p/lib/st/bin/tool": link("new")})


@pytest.mark.parametrize("way", ["on", "back"])
def test_a_power_cut_at_any_call_loses_neither_the_old_nor_the_new_one(way: str) -> None:
    swaps = Swaps((Swap("/p/bin/tool", "/p/lib/st/bin/tool", "/p/lib/st/old/1"),), ())
    start, cases = disk().now, 0
    for at in range(60):
        for kept in product((False, True), repeat=5):
            files = disk()
            if way == "back":
                npm_swaps.carry_out(swaps, files)
            files.arm(stop=at)
            try:
                (npm_swaps.carry_out if way == "on" else npm_swaps.take_back)(swaps, files)
            except trees.KilledError:
                cases += 1
            else:
                assert cases > 100
                return
            bits = iter(kept)
            files.cut(lambda bits=bits: next(bits, True))  # type: ignore[misc]
            files.arm()
            assert sorted(entry.content for entry in files.now.values() if entry.content) == [b"new", b"old"], (
                at,
                kept,
            )
            npm_swaps.take_back(swaps, files)
            assert files.now == start, (at, kept)
    pytest.fail("it never came to its end")
