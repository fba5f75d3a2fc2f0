"""Whole directories and links change places on a real disk, killed before every single call."""

from __future__ import annotations

import errno
import os
from itertools import product
from typing import TYPE_CHECKING

import pytest
from support.disk import trees
from support.disk.trees import Entry, MemoryTree, file, link
from support.machines.npmworld import changed, tree

from cortexrepo.disk.exchange import moves_file
from cortexrepo.disk.exchange.moves import Move, Moves, prepare
from cortexrepo.disk.exchange.moving import carry_out, take_back
from cortexrepo.disk.realtree import RealTree
from cortexrepo.disk.tree import DIRECTORY, Details
from cortexrepo.errors import RefusedError, RestoreError

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


def scene(prefix: Path) -> Moves:
    """A package of each kind: replaced, removed (the last of its scope), new (the first of its scope), and a link.

    One is replaced that is alone in its scope, and one root is not there yet.
    """
    modules, staging = prefix / "lib/node_modules", prefix / "lib/.cortex-restore-x"
    put(modules / "changed/package.json", "old")
    (modules / "changed/empty").mkdir()
    os.mkfifo(modules / "changed/fifo")
    put(modules / "@gone/last/package.json", "old")
    (modules / "@gone").chmod(0o750)
    put(modules / "@kept/one/package.json", "old")
    (modules / "@kept").chmod(0o711)
    put(modules / "kept/package.json", "kept")
    put(staging / "lib/node_modules/@kept/one/package.json", "new")
    put(staging / "share/page", "a page where no page was")
    put(staging / "lib/node_modules/changed/package.json", "new")
    put(staging / "lib/node_modules/@new/first/package.json", "new")
    (prefix / "bin").mkdir()
    (prefix / "bin/tool").symlink_to("../lib/node_modules/changed/old.js")
    (staging / "bin").mkdir()
    (staging / "bin/tool").symlink_to("../lib/node_modules/changed/new.js")
    (staging / "old").mkdir()
    old = ("lib/node_modules/changed", "bin/tool", "lib/node_modules/@gone/last", "lib/node_modules/@kept/one")
    new = (
        "lib/node_modules/changed",
        "bin/tool",
        "lib/node_modules/@new/first",
        "lib/node_modules/@kept/one",
        "share/page",
    )
    away = [Move(f"{prefix}/{path}", f"{staging}/old/{number}") for number, path in enumerate(old)]
    into = [Move(f"{staging}/{path}", f"{prefix}/{path}") for path in new]
    return prepare([*away, *into], str(staging), roots(prefix), RealTree(), whole=True)


def roots(prefix: Path) -> tuple[str, ...]:
    return (f"{prefix}/lib/node_modules", f"{prefix}/bin", f"{prefix}/share")


def exchanged(prefix: Path) -> dict[str, tuple[object, ...]]:
    moves = scene(prefix)
    carry_out(moves, RealTree())
    return tree(prefix)


def died(action: Callable[[], None]) -> bool:
    try:
        action()
    except KilledError:
        return True
    return False


def test_all_is_exchanged(tmp_path: Path) -> None:
    files = exchanged(tmp_path)
    modules = tmp_path / "lib/node_modules"
    assert sorted(os.listdir(modules)) == ["@kept", "@new", "changed", "kept"]
    assert files["lib/node_modules/@kept"] == (oct(0o40711),)
    assert (modules / "changed/package.json").read_text() == "new"
    assert files["bin/tool"] == ("link", "../lib/node_modules/changed/new.js")


def test_a_kill_before_any_call_leads_on_and_back(tmp_path: Path) -> None:
    end = exchanged(tmp_path / "end")
    for at in range(1000):
        dead = False
        for way in ("on", "back", "back and on"):
            prefix = tmp_path / f"{at} {way}"
            moves = scene(prefix)
            start = tree(prefix)
            dead = died(lambda moves=moves, at=at: carry_out(moves, Mortal(at)))  # type: ignore[misc]
            if way != "on":
                take_back(moves, RealTree())
                assert changed(start, tree(prefix)) == [], (at, way)
            if way != "back":
                carry_out(moves, RealTree())
                assert changed(end, tree(prefix)) == [], (at, way)
        if not dead:
            assert at > 10
            return


def test_a_kill_on_the_way_back_leads_back_and_on(tmp_path: Path) -> None:
    for at in range(1000):
        prefix = tmp_path / str(at)
        moves = scene(prefix)
        start = tree(prefix)
        carry_out(moves, RealTree())
        dead = died(lambda moves=moves, at=at: take_back(moves, Mortal(at)))  # type: ignore[misc]
        take_back(moves, RealTree())
        assert changed(start, tree(prefix)) == [], at
        if not dead:
            assert at > 10
            return


def test_what_somebody_else_put_there_stops_it_and_stays(tmp_path: Path) -> None:
    moves = scene(tmp_path)
    put(tmp_path / "lib/node_modules/@new/first/mine", "mine")
    with pytest.raises(RestoreError, match="another program created"):
        carry_out(moves, RealTree())
    assert (tmp_path / "lib/node_modules/@new/first/mine").read_text() == "mine"
    take_back(moves, RealTree())
    assert (tmp_path / "lib/node_modules/changed/package.json").read_text() == "old"


def test_a_full_disk_is_an_error_from_which_one_can_go_on(tmp_path: Path) -> None:
    moves = scene(tmp_path / "p")
    full = Mortal(3, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "name"))
    with pytest.raises(RestoreError, match="No space left"):
        carry_out(moves, full)
    carry_out(moves, RealTree())
    assert changed(tree(tmp_path / "p"), exchanged(tmp_path / "end")) == []


def test_an_old_one_that_is_gone_stops_only_the_way_back(tmp_path: Path) -> None:
    moves = scene(tmp_path)
    os.unlink(moves.moves[1].source)
    carry_out(moves, RealTree())
    assert changed(tree(tmp_path), exchanged(tmp_path / "end")) == ["lib/.cortex-restore-x/old/1"]
    with pytest.raises(RestoreError, match=r"neither .*bin/tool nor "):
        take_back(moves, RealTree())


def test_a_new_one_that_is_gone_again_stops_only_the_way_forth(tmp_path: Path) -> None:
    moves, start = scene(tmp_path), tree(tmp_path)
    carry_out(moves, RealTree())
    os.unlink(tmp_path / "bin/tool")
    take_back(moves, RealTree())
    assert changed(start, tree(tmp_path)) == ["lib/.cortex-restore-x/bin", "lib/.cortex-restore-x/bin/tool"]
    with pytest.raises(RestoreError, match=r"neither .*bin/tool nor "):
        carry_out(moves, RealTree())


def test_a_directory_on_another_file_system_is_not_copied(tmp_path: Path) -> None:
    class Elsewhere(RealTree):
        def rename(self, source: str, target: str) -> None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source)

    moves, start = scene(tmp_path), tree(tmp_path)
    with pytest.raises(RestoreError, match=os.strerror(errno.EXDEV)):
        carry_out(moves, Elsewhere())
    take_back(moves, RealTree())
    assert changed(start, tree(tmp_path)) == []


def test_whole_directories_are_moved_only_where_that_was_asked_for(tmp_path: Path) -> None:
    moves = scene(tmp_path)
    with pytest.raises(RefusedError, match="is not a file"):
        prepare(moves.moves, moves.private, moves.roots, RealTree())


def test_nothing_is_moved_with_its_directory_and_by_itself(tmp_path: Path) -> None:
    moves = scene(tmp_path)
    inner = Move(f"{moves.moves[0].source}/empty", f"{moves.private}/old/x")
    for listed in ([moves.moves[0], inner], [inner, moves.moves[0]]):
        with pytest.raises(RefusedError, match="twice"):
            prepare(listed, moves.private, moves.roots, RealTree(), whole=True)


def test_the_list_is_read_as_it_was_written_complete_or_not_at_all(tmp_path: Path) -> None:
    moves = scene(tmp_path / "p")
    for at in range(10):
        directory = tmp_path / str(at)
        directory.mkdir()
        dead = died(lambda directory=directory, at=at: moves_file.write(moves, str(directory), Mortal(at)))  # type: ignore[misc]
        assert _read(directory, moves) in ((None, moves) if dead else (moves,))
        moves_file.write(moves, str(directory), RealTree())
        assert _read(directory, moves) == moves
        moves_file.remove(str(directory), RealTree())
        assert _read(directory, moves) is None


def _read(directory: Path, moves: Moves) -> Moves | None:
    return moves_file.read(str(directory), ("/elsewhere", moves.private), moves.roots, RealTree())


def disk() -> MemoryTree:
    folders = (
        "/p",
        "/p/bin",
        "/p/lib",
        "/p/lib/all",
        "/p/lib/all/pack",
        "/p/st",
        "/p/st/bin",
        "/p/st/lib",
        "/p/st/old",
    )
    files = {
        "/p/bin/tool": link("old link"),
        "/p/lib/all/pack/a": file("old file"),
        "/p/st/bin/tool": link("new link"),
        "/p/st/lib/pack/a": file("new file"),
    }
    return MemoryTree({**{path: Entry(DIRECTORY) for path in (*folders, "/p/st/lib/pack")}, **files})


def listed(files: MemoryTree) -> Moves:
    away = [Move("/p/lib/all/pack", "/p/st/old/0"), Move("/p/bin/tool", "/p/st/old/1")]
    into = [Move("/p/st/lib/pack", "/p/lib/all/pack"), Move("/p/st/bin/tool", "/p/bin/tool")]
    return prepare([*away, *into], "/p/st", ("/p/lib/all", "/p/bin"), files, whole=True)


@pytest.mark.parametrize("way", [carry_out, take_back], ids=["on", "back"])
def test_a_power_cut_at_any_call_loses_neither_the_old_nor_the_new_one(
    way: Callable[[Moves, MemoryTree], None], tell_counts: Callable[[dict[str, int]], None]
) -> None:
    start, cases = disk().now, 0
    for at in range(200):
        for kept in product((False, True), repeat=5):
            files = disk()
            moves = listed(files)
            if way is take_back:
                carry_out(moves, files)
            files.arm(stop=at)
            try:
                way(moves, files)
            except trees.KilledError:
                cases += 1
            else:
                assert cases > 1000
                tell_counts({"cuts": cases})
                return
            bits = iter(kept)
            files.cut(lambda bits=bits: next(bits, True))  # type: ignore[misc]
            files.arm()
            contents = sorted(entry.content for entry in files.now.values() if entry.content)
            assert contents == [b"new file", b"new link", b"old file", b"old link"], (at, kept)
            take_back(moves, files)
            assert files.now == start, (at, kept)
    pytest.fail("it never came to its end")
