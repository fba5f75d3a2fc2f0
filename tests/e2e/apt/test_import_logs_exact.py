"""The states that are rebuilt from real logs of dpkg and apt are exactly those that the machine was in."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.dpkg_roots import Root, collected, needs
from support.packages.contents import bared
from support.processes.command_line import CommandLine

from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import RESIDUAL
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cortexrepo.model.package import Package

Rows = list[tuple[str, str, str, int, tuple[tuple[str, str], ...]]]
SAME = {"control": "Multi-Arch: same\n"}
KILL = "kill -9 $PPID; sleep 0.2"


def told(packages: Iterable[Package]) -> Rows:
    """Returns what a log can tell: names, architectures, versions, states."""
    return [(row.name, row.arch, row.version, row.flags & RESIDUAL, row.attributes) for row in packages]


class Machine(NamedTuple):
    """A root with logs, the states that it was in, and the commands that led to them.

    dpkg and apt take the time from a clock that is minutes slow, less with every step: it shows them far apart, though
    they are not.
    """

    root: Root
    states: list[Rows]
    minutes: list[int]

    def zone(self) -> str:
        self.minutes[0] -= 2
        return f"XXX0:{self.minutes[0]:02d}"

    def dpkg(self, *words: str, fails: bool = False) -> None:
        self.root.dpkg(*words, fails=fails, zone=self.zone())
        self.see()

    def apt(self, *words: str) -> None:
        environment = {**os.environ, "TZ": self.zone(), "DEBIAN_FRONTEND": "noninteractive", "SUDO_UID": "1"}
        subprocess.run(["apt-get", *self.options(), *words], check=True, capture_output=True, env=environment)
        self.see()

    def options(self) -> list[str]:
        path = str(self.root.path)
        told = [f"Dir={path}", "Dir::Bin::dpkg=/usr/bin/dpkg", f"Dir::State::status={path}/var/lib/dpkg/status"]
        told += [f"DPkg::Options::={option}" for option in self.root.options()]
        return ["-qq", "-y", "--allow-downgrades", *(word for option in told for word in ("-o", option))]

    def see(self) -> None:
        """Remembers the state that it is in now, if it is another one."""
        system = RootedSystem(str(self.root.path))
        try:
            rows = told(bared(collected(system)))
        finally:
            system.close()
        if not self.states or rows != self.states[-1]:
            self.states.append(rows)

    def rebuilt(self, repo: Path) -> list[Rows]:
        """Imports, and returns the states from the oldest on."""
        made = CommandLine(repo, self.root.path)("import-logs")
        assert (made.code, made.err) == (0, ""), made.err
        again = CommandLine(repo, self.root.path)("import-logs")
        assert again.out == f"recorded 0 states; {len(self.states)} states recorded before\n"
        repository = Repository.open(repo)
        found = []
        for snapshot in reversed(repository.snapshots()):
            [reading] = repository.inventory(snapshot).readings
            assert reading.status == OK
            assert reading.manifest is not None
            found.append(told(reading.manifest.packages))
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(Root(tmp_path), [], [59])
    made.root.dpkg("-i", made.root.build("dpkg", "1", made.root.native))
    (made.root.path / "var/log/dpkg.log").unlink()
    made.see()
    return made


def test_what_dpkg_did_is_rebuilt_state_by_state(machine: Machine, tmp_path: Path) -> None:
    build, native, foreign = machine.root.build, machine.root.native, machine.root.foreign
    machine.dpkg(
        "-i", build("plain", "1:2.0~rc1-3+b1", native), build("doc", "0:1.0~~a"), build("pair", "4", native, **SAME)
    )
    machine.dpkg("-i", build("plain", "1:2.0", native), build("doc", "2"))
    machine.dpkg("--add-architecture", foreign)
    machine.dpkg("-i", build("pair", "4", foreign, **SAME))
    machine.dpkg("-r", f"pair:{foreign}", "doc")
    machine.dpkg("-i", build("plain", "1:1.0"))
    machine.dpkg("-i", build("doc", "3"), build("plain", "1:1.0", native))
    machine.dpkg("-P", f"pair:{foreign}", "doc", "plain")
    machine.dpkg("--unpack", build("later", "1"))
    machine.dpkg("--configure", "later")
    assert len(machine.states) == 10
    assert machine.rebuilt(tmp_path / "repo") == machine.states


def test_what_failed_halfway_is_rebuilt_in_the_state_that_it_was_left_in(machine: Machine, tmp_path: Path) -> None:
    build = machine.root.build
    machine.dpkg("-i", build("broken", "3", postinst="exit 1"), fails=True)
    machine.dpkg("-i", build("refused", "3", preinst="exit 1", postrm="exit 1"), fails=True)
    machine.dpkg("-i", build("stuck", "3", prerm="exit 1"))
    machine.dpkg("-r", "stuck", fails=True)
    machine.dpkg("-i", build("clung", "3", postrm="exit 1"))
    machine.dpkg("-r", "clung", fails=True)
    machine.dpkg("-P", "clung", fails=True)
    machine.dpkg("-i", build("old", "1", prerm="exit 1", postinst="[ $1 != abort-upgrade ]"))
    machine.dpkg("-i", build("old", "2", prerm="exit 1"), fails=True)
    machine.dpkg("-i", build("back", "1"))
    machine.dpkg("-i", build("back", "2", preinst="exit 1"), fails=True)
    machine.dpkg("-i", build("back", "3", preinst="exit 1", postrm="exit 1"), fails=True)
    machine.dpkg("-i", build("back", "4"))
    machine.dpkg("-i", build("broken", "4"), build("refused", "4"))
    assert any("reinstreq" in str(rows) for rows in machine.states)
    assert machine.rebuilt(tmp_path / "repo") == machine.states


def test_what_a_killed_dpkg_left_is_rebuilt(machine: Machine, tmp_path: Path) -> None:
    build = machine.root.build
    machine.dpkg("-i", build("a", "1"), build("b", "1", prerm=KILL), build("c", "1", postrm=KILL))
    machine.dpkg("-i", build("a", "2", preinst=KILL), fails=True)
    machine.dpkg("-r", "b", fails=True)
    machine.dpkg("-P", "c", fails=True)
    machine.dpkg("-i", build("a", "3"))
    assert machine.rebuilt(tmp_path / "repo") == machine.states


def test_triggers_and_what_was_deconfigured_are_rebuilt(machine: Machine, tmp_path: Path) -> None:
    build = machine.root.build
    machine.dpkg("-i", build("interested", "1", triggers="interest-await x\n", postinst="exit 0"))
    machine.dpkg("--no-triggers", "-i", build("waiting", "1", triggers="activate-await x\n"))
    machine.dpkg("--configure", "-a")
    machine.dpkg("-i", build("interested", "2"))
    machine.dpkg("-i", build("other", "1", control="Breaks: interested\n"), "--auto-deconfigure", fails=True)
    machine.dpkg("-r", "waiting", "other")
    assert machine.rebuilt(tmp_path / "repo") == machine.states


def test_what_apt_did_is_rebuilt_with_its_commands_beside_what_dpkg_did(machine: Machine, tmp_path: Path) -> None:
    needs("apt-get")
    build, path = machine.root.build, machine.root.path
    for name in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "etc/apt/preferences.d"):
        (path / name).mkdir(parents=True)
    machine.apt("install", build("tool", "1", control="Depends: lib\n"), build("lib", "1"))
    machine.dpkg("-i", build("lib", "2"))
    machine.apt("-o", "APT::Cmd::Comment=x", "install", build("lib", "3"))
    machine.apt("remove", "tool")
    machine.apt("purge", "tool", "lib")
    assert machine.rebuilt(tmp_path / "repo") == machine.states
    causes = [snapshot.cause for snapshot in Repository.open(tmp_path / "repo").snapshots()]
    assert [cause.command.rpartition(" -o ")[2].partition(" ")[2].split(" ")[0] for cause in causes] == [
        "purge", "remove", "install", "", "install", ""
    ]  # fmt: skip
    assert [cause.command for cause in causes][3] == "dpkg"
    assert {cause.user for cause in causes if cause.command.startswith("apt-get")} == {"daemon"}


def test_this_machines_logs_are_read_and_left_as_they_are(tmp_path: Path) -> None:
    needs("dpkg-query")
    system = LiveSystem({})
    before = [system.stamp(f"/var/log/{name}") for name in ("dpkg.log", "apt/history.log")]
    found = CommandLine(tmp_path / "repo", tmp_path)("import-logs", "--root", "/", "--dry-run", "--json")
    assert found.code in {0, 1, 3}
    assert found.json()["schema"] in {"cortex.snapshot.import-logs/1", "cortex.snapshot.error/1"}
    assert [system.stamp(f"/var/log/{name}") for name in ("dpkg.log", "apt/history.log")] == before
    assert not (tmp_path / "repo").exists()
