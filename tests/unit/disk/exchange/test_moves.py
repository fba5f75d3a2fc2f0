"""Moves end at their start or at their end, from wherever they were stopped."""

from __future__ import annotations

import errno
import json
import random
from typing import TYPE_CHECKING

import pytest
from support.disk.trees import Entry, KilledError, MemoryTree, file, link

from cortexrepo.disk.exchange import moves_file
from cortexrepo.disk.exchange.moves import Move, Moves, prepare, waves
from cortexrepo.disk.exchange.moving import UNFINISHED, carry_out, take_back
from cortexrepo.disk.tree import DIRECTORY, Details
from cortexrepo.errors import RefusedError, RestoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PRIVATE = "/e/site/.private"
ROOTS = ("/e/bin", "/e/site")
HIDDEN = Details(0o700, 7, 8)

OLD = {
    "/e/site/plain.py": file("plain, old"),
    "/e/site/equal.py": file("equal"),
    "/e/site/pack/deep/one.py": file("one"),
    "/e/site/pack/deep/two.py": file("two"),
    "/e/site/turns/into/a_file": file("inside"),
    "/e/site/becomes": file("a file that becomes a directory"),
    "/e/site/leads": link("elsewhere, and becomes a directory"),
    "/e/bin/tool": link("elsewhere"),
    "/e/bin/going": file("a script that goes"),
}
NEW = {
    "/e/site/plain.py": file("plain, new"),
    "/e/site/equal.py": file("equal"),
    "/e/site/turns": file("a file now"),
    "/e/site/becomes/new.py": file("a directory now"),
    "/e/site/leads/now/here.py": file("a directory now, where a link was"),
    "/e/site/fresh/from/nothing.py": file("new"),
    "/e/site/empty/used.py": file("in a directory that was empty"),
    "/e/bin/tool": file("a script now"),
    "/e/bin/coming": file("a script that comes"),
}
KEPT = {
    "/e/site/empty": Entry(DIRECTORY, b"", HIDDEN),
    "/e/site/other.py": file("not ours"),
    "/e/bin/python": link("/usr/bin/python3"),
}


def with_parents(entries: dict[str, Entry]) -> dict[str, Entry]:
    found = dict(entries)
    for path in entries:
        while path := path.rpartition("/")[0]:
            found.setdefault(path, Entry(DIRECTORY))
    return {"/": Entry(DIRECTORY), **found}


STAGED = {path.replace("/e/", PRIVATE + "/new/"): entry for path, entry in NEW.items()}
STASHED = {path.replace("/e/", PRIVATE + "/old/"): entry for path, entry in OLD.items()}
MOVES = [
    *(Move(path, path.replace("/e/", PRIVATE + "/old/")) for path in OLD),
    *(Move(path.replace("/e/", PRIVATE + "/new/"), path) for path in NEW),
]
START = with_parents(OLD | KEPT | STAGED) | {"/e/site/pack/deep": Entry(DIRECTORY, b"", HIDDEN)}
END = with_parents(NEW | KEPT | STASHED)
ONE_DISK: tuple[str, ...] = ()
TWO_DISKS = ("/e/bin",)


def tree(devices: tuple[str, ...] = ONE_DISK) -> tuple[MemoryTree, Moves]:
    files = MemoryTree(START, devices)
    moves = prepare(MOVES, PRIVATE, ROOTS, files)
    files.arm()
    return files, moves


def stopped(files: MemoryTree, call: Callable[[], None]) -> bool:
    """Runs `call` with a tree that is armed; returns whether it was stopped."""
    try:
        call()
    except KilledError:
        files.arm()
        return True
    files.arm()
    return False


def failed(call: Callable[[], None]) -> bool:
    """Returns whether `call` ends with the error that was planted."""
    try:
        call()
    except RestoreError as error:
        return "planted" in str(error)
    return False


def killed_carrying_out(devices: tuple[str, ...]) -> Iterator[tuple[MemoryTree, Moves]]:
    """Yields the tree as it is when the process dies before each call."""
    for number in range(100_000):
        files, moves = tree(devices)
        files.arm(stop=number)
        if not stopped(files, lambda files=files, moves=moves: carry_out(moves, files)):  # type: ignore[misc]
            return
        yield files, moves


@pytest.mark.parametrize("devices", [ONE_DISK, TWO_DISKS])
def test_everything_is_carried_out_and_taken_back(devices: tuple[str, ...]) -> None:
    files, moves = tree(devices)
    carry_out(moves, files)
    assert files.now == END
    carry_out(moves, files)
    assert files.now == END
    take_back(moves, files)
    assert files.now == START
    take_back(moves, files)
    assert files.now == START
    # Away and in again for the file that the link becomes, away for the script that goes, in for the one that comes.
    assert files.copies == (8 if devices else 0)


@pytest.mark.parametrize("devices", [ONE_DISK, TWO_DISKS])
def test_killed_before_any_call_it_goes_on_to_the_end_or_back(
    devices: tuple[str, ...], tell_counts: Callable[[dict[str, int]], None]
) -> None:
    points = 0
    for files, moves in killed_carrying_out(devices):
        points += 1
        there = dict(files.now)
        carry_out(moves, files)
        assert files.now == END
        files.now = there
        take_back(moves, files)
        assert files.now == START
    assert points > 150
    tell_counts({"kills": points})


@pytest.mark.parametrize("devices", [ONE_DISK, TWO_DISKS])
def test_killed_while_it_is_taken_back_it_goes_on_either_way(devices: tuple[str, ...]) -> None:
    for number in range(100_000):
        files, moves = tree(devices)
        carry_out(moves, files)
        files.arm(stop=number)
        if not stopped(files, lambda files=files, moves=moves: take_back(moves, files)):  # type: ignore[misc]
            assert number > 150
            return
        there = dict(files.now)
        take_back(moves, files)
        assert files.now == START
        files.now = there
        carry_out(moves, files)
        assert files.now == END


@pytest.mark.parametrize("step", [47, pytest.param(11, marks=pytest.mark.nightly)])
def test_killed_twice_in_any_directions_it_goes_on_either_way(
    step: int, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    points = 0
    for first, (files, moves) in enumerate(killed_carrying_out(TWO_DISKS)):
        there = dict(files.now)
        for again in (carry_out, take_back):
            for second in range(first % step, 100_000, step):
                files.now = dict(there)
                files.arm(stop=second)
                if not stopped(files, lambda files=files, moves=moves, again=again: again(moves, files)):  # type: ignore[misc]
                    break
                points += 1
                last, expected = (carry_out, END) if (first + second) % 2 else (take_back, START)
                last(moves, files)
                assert files.now == expected, (first, again, second)
    assert points > 5000 * 11 // step
    tell_counts({"pairs of kills": points})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("direction", [carry_out, take_back])
def test_a_call_that_fails_is_an_error_after_which_both_ways_are_open(
    number: int, direction: Callable[[Moves, MemoryTree], None]
) -> None:
    for call in range(100_000):
        files, moves = tree(TWO_DISKS)
        if direction is take_back:
            carry_out(moves, files)
        files.arm(fail=(call, number))
        if not failed(lambda files=files, moves=moves: direction(moves, files)):  # type: ignore[misc]
            assert call > 150
            return
        files.arm()
        there = dict(files.now)
        carry_out(moves, files)
        assert files.now == END
        files.now = there
        take_back(moves, files)
        assert files.now == START


@pytest.mark.parametrize("devices", [ONE_DISK, TWO_DISKS])
@pytest.mark.parametrize("seed", range(4))
def test_a_power_cut_loses_nothing_that_cannot_be_mended(devices: tuple[str, ...], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- the same cuts in every run
    for number in range(0, 100_000, 3):
        files, moves = tree(devices)
        files.arm(stop=number)
        if not stopped(files, lambda files=files, moves=moves: carry_out(moves, files)):  # type: ignore[misc]
            return
        share = chance.random()
        files.cut(lambda share=share: chance.random() < share)  # type: ignore[misc]
        there = dict(files.now)
        carry_out(moves, files)
        assert files.now == END
        files.now = there
        take_back(moves, files)
        assert files.now == START


def test_what_was_carried_out_is_durable() -> None:
    files, moves = tree(TWO_DISKS)
    carry_out(moves, files)
    files.cut(lambda: False)
    assert files.now == END
    take_back(moves, files)
    files.cut(lambda: False)
    assert files.now == START


def test_old_files_are_away_durably_before_new_ones_come() -> None:
    _, moves = tree()
    first, second = waves(moves)
    assert [move for move in MOVES if moves.is_away(move)] == first
    assert [move for move in MOVES if not moves.is_away(move)] == second


def test_a_file_of_somebody_else_stops_it_and_stays() -> None:
    files, moves = tree()
    files.arm(stop=40)
    assert stopped(files, lambda: carry_out(moves, files))
    files.now["/e/bin/coming"] = file("somebody else's")
    with pytest.raises(RestoreError, match="another program created"):
        carry_out(moves, files)
    take_back(moves, files)
    assert files.now == START | {"/e/bin/coming": file("somebody else's")}


def test_a_file_of_somebody_else_stops_the_way_back_and_stays() -> None:
    files, moves = tree()
    carry_out(moves, files)
    files.now["/e/bin/going"] = file("somebody else's")
    with pytest.raises(RestoreError, match="another program created"):
        take_back(moves, files)
    assert files.now["/e/bin/going"] == file("somebody else's")
    del files.now["/e/bin/going"]
    take_back(moves, files)
    assert files.now == START


def test_a_lost_file_is_an_error_that_names_it() -> None:
    files, moves = tree()
    del files.now[MOVES[-1].source]
    with pytest.raises(RestoreError, match=r"neither .*coming"):
        carry_out(moves, files)


def test_what_a_killed_copy_left_is_removed() -> None:
    seen = 0
    for files, moves in killed_carrying_out(TWO_DISKS):
        if any(path.endswith(UNFINISHED) for path in files.now):
            seen += 1
            take_back(moves, files)
            assert not any(path.endswith(UNFINISHED) for path in files.now)
    assert seen > 3


CONFLICTS = {
    "no source": ([Move("/e/site/nothing", PRIVATE + "/old/x")], "is missing"),
    "a directory": ([Move("/e/site/empty", PRIVATE + "/old/x")], "is missing, or is not a file"),
    "taken": ([Move(PRIVATE + "/new/bin/coming", "/e/site/other.py")], "is in the way"),
    "taken later": (
        [Move(PRIVATE + "/new/site/plain.py", "/e/site/plain.py"), Move("/e/site/plain.py", PRIVATE + "/old/p")],
        "in the way|twice",
    ),
    "a directory in the way": ([Move(PRIVATE + "/new/bin/coming", "/e/site/pack")], "is in the way"),
    "a file as parent": ([Move(PRIVATE + "/new/bin/coming", "/e/site/other.py/below")], "is not a directory"),
    "a link as parent": ([Move(PRIVATE + "/new/bin/coming", "/e/bin/python/below")], "is not a directory"),
    "outside": ([Move("/etc/passwd", PRIVATE + "/old/x")], "outside of the directories"),
    "to outside": ([Move("/e/site/other.py", "/e/other.py")], "outside of the directories"),
    "upwards": ([Move("/e/site/../../etc/passwd", PRIVATE + "/old/x")], "not a plain absolute path"),
    "relative": ([Move("e/site/other.py", PRIVATE + "/old/x")], "not a plain absolute path"),
    "two slashes": ([Move("//e/site/other.py", PRIVATE + "/old/x")], "not a plain absolute path"),
    "a zero byte": ([Move("/e/site/other.py\0", PRIVATE + "/old/x")], "not a plain absolute path"),
    "the root itself": ([Move("/e/site", PRIVATE + "/old/x")], "outside of the directories"),
    "not by the private directory": ([Move("/e/site/other.py", "/e/site/moved.py")], "neither into its place"),
    "within the private directory": ([Move(MOVES[-1].source, PRIVATE + "/old/x")], "neither into its place"),
    "twice": ([Move("/e/bin/tool", PRIVATE + "/old/x"), Move("/e/bin/tool", PRIVATE + "/old/y")], "twice"),
    "twice to one": (
        [Move("/e/bin/tool", PRIVATE + "/old/x"), Move("/e/bin/going", PRIVATE + "/old/x")],
        "moves two files",
    ),
    "below one another": (
        [Move("/e/bin/tool", PRIVATE + "/old/x"), Move("/e/bin/going", PRIVATE + "/old/x/y")],
        "moves two files",
    ),
    "again": (
        [Move("/e/bin/tool", PRIVATE + "/old/x"), Move(PRIVATE + "/old/x", "/e/bin/again")],
        "twice",
    ),
}


@pytest.mark.parametrize(("moves", "reason"), CONFLICTS.values(), ids=CONFLICTS.keys())
def test_a_conflict_is_found_before_anything_is_touched(moves: list[Move], reason: str) -> None:
    files = MemoryTree(START)
    with pytest.raises(RefusedError, match=reason):
        prepare(moves, PRIVATE, ROOTS, files)
    assert files.now == START


def test_the_list_is_read_as_it_was_written() -> None:
    files, moves = tree()
    files.now["/j"] = files._disk["/j"] = Entry(DIRECTORY)
    assert moves_file.read("/j", PRIVATE, ROOTS, files) is None
    moves_file.write(moves, "/j", files)
    files.cut(lambda: False)
    assert moves_file.read("/j", PRIVATE, ROOTS, files) == moves
    moves_file.write(moves, "/j", files)
    moves_file.remove("/j", files)
    assert moves_file.read("/j", PRIVATE, ROOTS, files) is None


def test_a_list_is_there_complete_or_not_at_all() -> None:
    for number in range(100):
        files, moves = tree()
        files.now["/j"] = files._disk["/j"] = Entry(DIRECTORY)
        files.arm(stop=number)
        if not stopped(files, lambda files=files, moves=moves: moves_file.write(moves, "/j", files)):  # type: ignore[misc]
            assert number > 3
            return
        assert moves_file.read("/j", PRIVATE, ROOTS, files) in (None, moves)
        moves_file.write(moves, "/j", files)
        assert moves_file.read("/j", PRIVATE, ROOTS, files) == moves


def body(**changes: object) -> bytes:
    """Returns a small list of moves with parts of it exchanged."""
    parts: dict[str, object] = {
        "version": 1,
        "private": PRIVATE,
        "roots": ["/e/bin", "/e/site"],
        "moves": [["/e/bin/tool", PRIVATE + "/old/tool"]],
        "directories": [["/e/site/pack", 0o755, 0, 0]],
    }
    return json.dumps(list((parts | changes).values())).encode()


HOSTILE = {
    "nothing": b"",
    "no JSON": b"[1, ",
    "not UTF-8": b"\xff\xfe",
    "a mapping": b"{}",
    "too deep": b"[" * 100_000,
    "too short": b"[1]",
    "another version": body(version=2),
    "other roots": body(roots=["/e/bin", "/"]),
    "other private": body(private="/e/bin/x"),
    "outside": body(moves=[["/etc/passwd", PRIVATE + "/old/x"]]),
    "upwards": body(moves=[["/e/bin/../../etc/passwd", PRIVATE + "/old/x"]]),
    "a triple": body(moves=[["/e/bin/tool", PRIVATE + "/old/x", "/e/bin/y"]]),
    "a number": body(moves=[["/e/bin/tool", 1]]),
    "twice": body(moves=[["/e/bin/tool", PRIVATE + "/old/x"], ["/e/bin/tool", PRIVATE + "/old/y"]]),
    "a directory outside": body(directories=[["/etc", 0o777, 0, 0]]),
    "a mode": body(directories=[["/e/site/pack", 0o100777, 0, 0]]),
    "a truth": body(directories=[["/e/site/pack", True, 0, 0]]),
    "an owner": body(directories=[["/e/site/pack", 0o755, -1, 0]]),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_list_that_makes_no_sense_is_refused(content: bytes) -> None:
    files = MemoryTree(START | {"/j": Entry(DIRECTORY), "/j/moves.json": Entry("file", content)})
    with pytest.raises((RestoreError, RefusedError)):
        moves_file.read("/j", PRIVATE, ROOTS, files)


def test_the_small_list_itself_makes_sense() -> None:
    files = MemoryTree(START | {"/j": Entry(DIRECTORY), "/j/moves.json": Entry("file", body())})
    assert moves_file.read("/j", PRIVATE, ROOTS, files) is not None
