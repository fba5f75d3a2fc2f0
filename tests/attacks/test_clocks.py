"""Two hosts whose clocks differ use one repository directory at once."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from support.processes.counts import count
from support.repositories.inventories import MACHINE, inventory

from cortexrepo.errors import CortexError, RevisionError
from cortexrepo.repository import place
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

HOUR = 3_600_000
DAY = 24 * HOUR
TRUE = 1_790_000_000_000
OTHER = MACHINE[::-1]
ROUNDS = 25
DIFFERENCES = (HOUR, -HOUR, 10 * DAY, -10 * DAY, 0)


def _host(location: Path, ahead_ms: int) -> Repository:
    """Returns the repository as a host sees it whose clock is ahead."""
    return Repository(*place.find(str(location), None, os.geteuid()), partial(_clock, ahead_ms))


def _clock(ahead_ms: int) -> int:
    return TRUE + ahead_ms + int(time.monotonic() * 1000) % HOUR


def _work(host: Repository, machine: str, write: Callable[[str], None], *, collects: bool) -> None:
    for number in range(ROUNDS):
        made = host.create(inventory(number, machine)).id
        write(f"made {made}")
        if number % 5 == 4:
            host.delete([made])
            write(f"deleted {made}")
        if number % 10 == 9:
            host.undelete([made])
            write(f"undeleted {made}")
        if collects and number % 4 == 3:
            try:
                host.upkeep.gc(keep_deleted_ms=14 * DAY)
            except CortexError as error:
                write(f"gc refused {error.kind}")


def _in_processes(jobs: Sequence[Callable[[Callable[[str], None]], None]]) -> list[list[str]]:
    """Runs each job in a process of its own, and returns the lines of each."""
    started = []
    for job in jobs:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                job(lambda line, to=writing: _line(to, line))  # type: ignore[misc]
                code = 0
            except BaseException as error:  # noqa: BLE001 -- the other process asserts
                _line(writing, f"failed {error!r}")
            finally:
                sys.stdout.flush()
                os._exit(code)
        os.close(writing)
        started.append((child, reading))
    said = []
    for child, reading in started:
        with open(reading, encoding="utf-8") as lines:
            said.append(lines.read().splitlines())
        os.waitpid(child, 0)
    return said


def _line(to: int, line: str) -> None:
    os.write(to, f"{line}\n".encode())


@pytest.mark.parametrize("machines", [(MACHINE, OTHER), (MACHINE, MACHINE)], ids=["two machines", "one id twice"])
@pytest.mark.parametrize("difference", DIFFERENCES)
def test_whatever_two_hosts_were_told_is_true_whatever_their_clocks_say(
    tmp_path: Path, machines: tuple[str, str], difference: int
) -> None:
    Repository.init(tmp_path / "r")
    hosts = [_host(tmp_path / "r", ahead) for ahead in (0, difference)]
    jobs = [partial(_job, host, machines[number], number == 0) for number, host in enumerate(hosts)]
    said = _in_processes(jobs)
    assert [line for lines in said for line in lines if line.startswith("failed")] == []
    expected: set[str] = set()
    for what, snapshot in (line.split(" ", 1) for lines in said for line in lines if not line.startswith("gc ")):
        (expected.discard if what == "deleted" else expected.add)(snapshot)
    for host in hosts:
        assert {one.id for one in host.snapshots()} == expected
        assert host.upkeep.verify().problems == ()
    # The order of one machine's snapshots is that of their numbers, which no clock has a say in.
    for lines, machine in zip(said, machines, strict=True):
        made = [line.split()[1] for line in lines if line.startswith("made") and line.split()[1] in expected]
        listed = [one.id for one in hosts[0].snapshots() if one.machine == machine and one.id in set(made)]
        assert listed == made[::-1]
    count("two hosts with different clocks on one directory", hosts=2, snapshots=len(expected))


def _job(host: Repository, machine: str, collects: bool, write: Callable[[str], None]) -> None:  # noqa: FBT001
    _work(host, machine, write, collects=collects)


@pytest.mark.parametrize("difference", [-HOUR, HOUR, -10 * DAY, 10 * DAY, 400 * DAY])
def test_what_one_host_deletes_the_other_can_bring_back_within_the_grace_period(
    tmp_path: Path, difference: int
) -> None:
    """The host that collects is the one that is right; a mark from the future waits for longer, never shorter."""
    Repository.init(tmp_path / "r")
    right, other = _host(tmp_path / "r", 0), _host(tmp_path / "r", difference)
    made = [right.create(inventory(number)).id for number in range(3)]
    other.delete([made[0]])
    right.upkeep.gc(keep_deleted_ms=14 * DAY)
    assert right.undelete([made[0]]) == (made[0],)
    assert {one.id for one in other.snapshots()} == set(made)


def test_a_clock_that_is_wrong_by_more_than_the_grace_period_ends_it(tmp_path: Path) -> None:
    """The limit that docs/reliability.md names: the one thing that a clock decides."""
    Repository.init(tmp_path / "r")
    right, ahead = _host(tmp_path / "r", 0), _host(tmp_path / "r", 15 * DAY)
    made = [right.create(inventory(number)).id for number in range(3)]
    right.delete([made[0]])
    ahead.upkeep.gc(keep_deleted_ms=14 * DAY)
    with pytest.raises(RevisionError):
        right.undelete([made[0]])
    assert {one.id for one in right.snapshots()} == set(made[1:])
    assert right.upkeep.verify().problems == ()
