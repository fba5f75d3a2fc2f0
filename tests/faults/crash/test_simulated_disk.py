"""What the simulated disk keeps and loses: the harnesses are worth what this is worth."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING

import pytest
from support.disk.crashes import KillAt, interruptions
from support.disk.cut_states import cuts
from support.disk.disk import Directory, Disk, File
from support.disk.process import Killed, Process
from support.repositories.operations import UNKNOWN, WRITES, At, attempt
from support.repositories.world import world

if TYPE_CHECKING:
    from support.disk.disk import Node

pytestmark = pytest.mark.usefixtures("named_by_process")


def _tree(node: Node, path: str = "") -> dict[str, bytes | None]:
    if isinstance(node, File):
        return {path: node.data}
    found: dict[str, bytes | None] = {path: None} if path else {}
    for name, child in node.entries.items():
        found |= _tree(child, f"{path}/{name}")
    return found


def _chance() -> random.Random:
    return random.Random(1)  # noqa: S311 -- the same in every run


def _cuts(disk: Disk) -> list[dict[str, bytes | None]]:
    return [_tree(left.root) for left in cuts(disk, 1 << 20, _chance()).disks]


def _process(disk: Disk | None = None) -> Process:
    process = Process(disk or Disk())
    process.make_directory("/d")
    process.make_directory("/e")
    process.sync_directory("/")
    return process


def _files(process: Process) -> set[frozenset[tuple[str, bytes | None]]]:
    return {frozenset((path, data) for path, data in tree.items() if data is not None) for tree in _cuts(process.disk)}


def test_a_file_may_be_lost_until_its_directory_is_synced() -> None:
    process = _process()
    process.write_new("/d/a", b"data")
    assert _files(process) == {frozenset(), frozenset({("/d/a", b"data")})}
    process.sync_directory("/d")
    assert _files(process) == {frozenset({("/d/a", b"data")})}


def test_content_that_was_not_synced_may_be_anything() -> None:
    process = _process()
    file = File()
    process.disk.add("/d/a", file)
    process.sync_directory("/d")
    process.disk.write(file, b"data")
    assert {tree["/d/a"] for tree in _cuts(process.disk)} == {b"", b"da", bytes(4), b"data"}
    process.disk.sync_file(file)
    assert [tree["/d/a"] for tree in _cuts(process.disk)] == [b"data"]


def test_what_was_removed_may_come_back_until_its_directory_is_synced() -> None:
    process = _process()
    process.write_new("/d/a", b"data")
    process.sync_directory("/d")
    process.unlink("/d/a")
    assert len(_files(process)) == 2
    process.sync_directory("/d")
    assert _files(process) == {frozenset()}


def test_names_are_lost_independently_of_each_other() -> None:
    process = _process()
    for path in ("/d/a", "/d/b", "/e/c"):
        process.write_new(path, b"")
    assert len(_files(process)) == 8
    process.sync_directory("/d")
    assert len(_files(process)) == 2


def test_a_directory_takes_with_it_what_is_in_it() -> None:
    process = _process()
    process.make_directory("/d/sub")
    process.write_new("/d/sub/a", b"")
    process.sync_directory("/d/sub")
    assert _files(process) == {frozenset(), frozenset({("/d/sub/a", b"")})}


@pytest.mark.parametrize(("atomic", "states"), [(True, 2), (False, 4)])
def test_a_rename_is_whole_where_renames_are_atomic(*, atomic: bool, states: int) -> None:
    process = _process(Disk(atomic_renames=atomic))
    process.write_new("/d/a", b"data")
    process.sync_directory("/d")
    process.rename("/d/a", "/e/b")
    assert len(_files(process)) == states
    process.sync_directory("/e")
    assert len(_files(process)) == states // 2


def test_a_rename_of_a_rename_is_lost_from_the_end() -> None:
    process = _process()
    process.write_new("/d/a", b"data")
    process.sync_directory("/d")
    process.rename("/d/a", "/e/b")
    process.rename("/e/b", "/d/c")
    assert _files(process) == {frozenset({(path, b"data")}) for path in ("/d/a", "/e/b", "/d/c")}


def test_too_many_states_are_sampled_the_ends_first() -> None:
    process = _process()
    for number in range(20):
        process.write_new(f"/d/{number}", b"")
    found = cuts(process.disk, 100, _chance())
    sizes = [len(_tree(left.root)) - 2 for left in found.disks]
    assert found.total == 1 << 20
    assert len(sizes) == 100
    assert {0, 1, 19, 20} <= set(sizes)


def test_a_killed_process_does_nothing_more_and_holds_nothing() -> None:
    process = _process()
    process.write_held("/d/a", b"data")
    other = Process(process.disk)
    assert not other.abandoned("/d/a")
    with contextlib.suppress(Killed), process.lock("/d/lock", exclusive=True, timeout=0):
        process.kill()
        assert other.abandoned("/d/a")
        with other.lock("/d/lock", exclusive=True, timeout=0) as held:
            assert held
    for path in ("/d/a", "/d/lock"):
        with pytest.raises(Killed):
            process.unlink(path)
    assert sorted(other.names("/d")) == ["a", "lock"]


@pytest.mark.parametrize("name", WRITES)
def test_a_kill_leaves_the_disk_as_it_was_before_that_call(name: str) -> None:
    shown = interruptions(world(), world().copy(), name, "first")
    for at, (where, disk, _) in enumerate(shown[:-1], 1):
        killed = world().copy()
        outcome = attempt(name, At(world().open(killed, "first", KillAt(at)), world(), killed))
        assert outcome == UNKNOWN
        assert killed.fingerprint() == disk.fingerprint(), where


def test_a_listing_may_or_may_not_see_what_comes_meanwhile() -> None:
    class Adding:
        def before(self, call: object) -> None:
            if "next name" in str(call):
                disk.root.entries.setdefault("z", Directory())

        def wait(self, call: object, free: object) -> bool:
            return False

    for late, expected in ((False, ["a", "b"]), (True, ["a", "b", "z"])):
        disk = Disk(late_names=late)
        for name in "ab":
            disk.add(f"/{name}", Directory())
        assert Process(disk, guide=Adding()).names("/") == expected
