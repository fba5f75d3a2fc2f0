"""Two hosts on one directory, for real: commands in processes of which some see another time (faketime)."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root
from support.processes.command_line import CommandLine, Result
from support.processes.counts import count

from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 2
DAY = 86_400_000
CLOCKS = ("+15d", "-400d", "+10y")


class Host:
    """A machine with its own id and its own clock, on a directory that another one uses too."""

    def __init__(self, place: Path, repository: Path, machine: str, clock: str) -> None:
        self.cortex = CommandLine(repository, make_root(place))
        (self.cortex.root / "etc").mkdir(parents=True, exist_ok=True)
        (self.cortex.root / "etc/machine-id").write_text(f"{machine * 32}\n")
        self._clock = clock

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Starts a command by this host's clock; files have the time of their server, as on a shared disk."""
        faked = ["faketime", "-f", self._clock] if self._clock else []
        variables = self.cortex.environment(NO_FAKE_STAT="1")
        command = [*faked, *self.cortex.command(*words)]
        return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __call__(self, *words: str) -> Result:
        """Runs a command by this host's clock."""
        return ended(self.start(*words))


def ended(process: subprocess.Popen[bytes]) -> Result:
    out, err = process.communicate()
    return Result(process.returncode, out.decode(), err.decode())


@pytest.fixture(params=CLOCKS)
def hosts(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Host, Host]:
    """One host whose clock is right, and one whose clock is not."""
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed")
    repository = tmp_path / "repository"
    right = Host(tmp_path / "right", repository, "a", "")
    wrong = Host(tmp_path / "wrong", repository, "b", request.param)
    for host in (right, wrong):
        done = host("create", "first")
        assert done.code == 0, done.err
    times = [one.created_at for one in Repository.open(repository).snapshots()]
    assert max(times) - min(times) > DAY, "the clock is faked"
    return right, wrong


def test_what_two_hosts_do_at_once_is_there_for_both_whatever_their_clocks_say(hosts: tuple[Host, Host]) -> None:
    for number in range(ROUNDS):
        done = list(map(ended, [host.start("create", f"{number}") for host in hosts] + [hosts[number % 2].start("gc")]))
        assert [one.code for one in done[:2]] == [0, 0], done
        assert done[2].code in {0, 4, 11}, done
    kept = Repository.open(hosts[0].cortex.repo).snapshots()
    machines = {one.machine: [other.sequence for other in kept if other.machine == one.machine] for one in kept}
    # The order of one machine's snapshots is that of their numbers, which no clock has a say in.
    assert list(machines.values()) == [list(range(ROUNDS + 1, 0, -1))] * 2
    for host in hosts:
        assert host("verify").code == 0
    count("two hosts with different clocks, by faketime", commands=3 * ROUNDS, snapshots=len(kept))


def test_what_one_host_deletes_the_other_collects_no_sooner_than_it_may(hosts: tuple[Host, Host]) -> None:
    right, wrong = hosts
    for deleting, collecting in ((right, wrong), (wrong, right)):
        last = Repository.open(right.cortex.repo).snapshots()[0].id
        assert deleting("delete", last, "--yes").code == 0
        assert collecting("gc").code == 0
        assert deleting("undelete", last).code == 0, "the clock that is ahead takes nothing that was deleted just now"
        assert last in [one.id for one in Repository.open(right.cortex.repo).snapshots()]
    assert wrong("verify").code == 0
