"""A restore of a whole machine that is killed at points all over its way: it can be ended, and it can be taken back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.machines import FIRST, SECOND, clean, command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.machines import MachineBed

if shutil.which("npm") is None or shutil.which("node") is None:
    pytest.skip("node and npm are not installed", allow_module_level=True)

LOG = "/var/lib/cortex/restore/log"
PATIENCE = 120.0


class Killed(NamedTuple):
    """A machine that is restored again and again from the same beginning, and how many lines its log has then."""

    machine: MachineBed
    lines: int

    def points(self, count: int) -> list[int]:
        """Returns after how many lines it is killed."""
        return sorted({1 + number * self.lines // count for number in range(count)})


@pytest.fixture(scope="module")
def killed(empty: MachineBed) -> Iterator[Killed]:
    with empty.fresh(pythons=1) as made:
        made.install(FIRST)
        made.mark()
        made.cortex("create", "first", "--tag", "a", code=None)
        made.install(SECOND)
        made.cortex("create", "second", "--tag", "b", code=None)
        with made.fresh() as machine:
            machine.document("restore", "a", "--yes")
            count = len(machine.bed.path(LOG).read_text().splitlines())
        yield Killed(made, count)


def lines() -> int:
    try:
        with open(LOG, encoding="utf-8", errors="replace") as file:
            return sum(1 for _ in file)
    except FileNotFoundError:
        return 0


def killed_after(count: int, everything: bool, path: str) -> bool:  # noqa: FBT001 -- called in a bed
    """Runs in a bed: restores `a`, is killed when the log has so many more lines; returns whether it was."""
    start = lines()
    process = subprocess.Popen(
        command("restore", "a", "--yes"),
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + PATIENCE
    while process.poll() is None and lines() - start < count and time.monotonic() < end:
        time.sleep(0.002)
    was = process.poll() is None
    if was:
        process.send_signal(signal.SIGKILL)
    process.wait()
    if everything:
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/comm", encoding="utf-8") as file:
                    name = file.read().strip()
                if name in {"apt-get", "dpkg", "npm", "node"} and int(entry) != os.getpid():
                    os.kill(int(entry), signal.SIGKILL)
            except OSError:
                continue
    return was


def sweep(killed: Killed, count: int, tell_counts: Callable[[dict[str, int]], None]) -> None:
    found = dict.fromkeys(("killed", "resumed", "aborted", "nothing was begun"), 0)
    for number, point in enumerate(killed.points(count)):
        with killed.machine.fresh() as machine:
            for word in settle(machine, number, point):
                found[word] += 1
    tell_counts(found)
    assert found["resumed"] >= count // 4
    assert found["aborted"] >= count // 4


def settle(machine: MachineBed, number: int, point: int) -> tuple[str, ...]:
    """Kills a restore, then has it go on or back; returns the words for what was done."""
    if not machine.bed.call(killed_after, point, number % 3 == 0, os.environ.get("PYTHONPATH", "")):
        assert clean(machine, "a"), point
        return ()
    way, place, word = (("resume", "a", "resumed"), ("abort", "b", "aborted"))[number % 2]
    ended = machine.cortex("restore", f"--{way}", code=None)
    if "no restore was interrupted" in ended.err:
        assert clean(machine, "b") or clean(machine, "a"), point
        return "killed", "nothing was begun"
    assert ended.code == 0, (point, way, ended)
    assert clean(machine, place), (point, way)
    return "killed", word


def test_killed_at_points_all_over_its_way(killed: Killed, tell_counts: Callable[[dict[str, int]], None]) -> None:
    sweep(killed, 4, tell_counts)


@pytest.mark.nightly
def test_killed_at_many_points(killed: Killed, tell_counts: Callable[[dict[str, int]], None]) -> None:
    sweep(killed, 60, tell_counts)
