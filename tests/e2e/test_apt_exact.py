"""What is collected is exactly what dpkg and apt themselves say, on this machine and in roots put into every state."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems import apt
from cortexrepo.ecosystems.live_system import LiveSystem
from cortexrepo.ecosystems.rooted_system import RootedSystem
from cortexrepo.model.package import AUTO, HOLD, RESIDUAL
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.system import System
    from cortexrepo.model.package import Package

FORMAT = "${Package}\t${Architecture}\t${Version}\t${Status}\n"


def run(*command: str, feed: str = "") -> str:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, input=feed, capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def collected(system: System) -> tuple[Package, ...]:
    [found] = apt.collect(system, ())
    assert (found.status, found.error) == (OK, "")
    assert found.manifest is not None
    return found.manifest.packages


def lines(packages: tuple[Package, ...]) -> list[str]:
    """Returns the packages as `dpkg-query -W` prints them: it never shows what is not installed."""
    found = []
    for row in packages:
        state = row.attribute("state") or f"{'hold' if row.flags & HOLD else 'install'} ok installed"
        if not state.endswith(" not-installed"):
            found.append(f"{row.name}\t{row.arch}\t{row.version}\t{state}")
    return sorted(found)


def needs(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")


def test_this_machine_is_as_dpkg_query_says() -> None:
    needs("dpkg-query")
    assert lines(collected(LiveSystem({}))) == sorted(run("dpkg-query", "-W", "-f", FORMAT).splitlines())


@pytest.mark.parametrize(("command", "flag"), [("showauto", AUTO), ("showhold", HOLD)])
def test_this_machines_marks_are_as_apt_mark_says(command: str, flag: int) -> None:
    needs("apt-mark", "dpkg")
    native = run("dpkg", "--print-architecture").strip()
    names = {
        row.name if row.arch in {native, "all", ""} else f"{row.name}:{row.arch}"
        for row in collected(LiveSystem({}))
        if row.flags & flag
    }
    assert names == set(run("apt-mark", command).split())


class Root:
    """A throw-away root with a dpkg database of its own; packages for it are built on the spot."""

    def __init__(self, base: Path) -> None:
        needs("dpkg", "dpkg-deb", "dpkg-query")
        self.path, self.debs = base / "root", base / "debs"
        self.admin = self.path / "var/lib/dpkg"
        for name in ("updates", "info", "triggers", "alternatives", "parts"):
            (self.admin / name).mkdir(parents=True)
        (self.path / "var/log").mkdir(parents=True)
        (self.admin / "status").touch()
        (self.admin / "available").touch()
        self.native = run("dpkg", "--print-architecture").strip()
        self.foreign = "i386" if self.native != "i386" else "amd64"

    def build(
        self, name: str, version: str, arch: str = "all", *, control: str = "", triggers: str = "", **scripts: str
    ) -> str:
        """Builds a package with one configuration file and the given maintainer scripts; returns its file."""
        tree = self.debs / f"{name}-{len(list(self.debs.glob('*')))}"
        (tree / "DEBIAN").mkdir(parents=True)
        text = f"Package: {name}\nVersion: {version}\nArchitecture: {arch}\nMaintainer: x <x@example.com>\n{control}"
        (tree / "DEBIAN/control").write_text(
            text + "Description: t\n Version: 9.9 is not a version\n Status: nor this\n"
        )
        (tree / "etc").mkdir()
        (tree / f"etc/{name}.conf").write_text("a\n")
        (tree / "DEBIAN/conffiles").write_text(f"/etc/{name}.conf\n")
        if triggers:
            (tree / "DEBIAN/triggers").write_text(triggers)
        for script, body in scripts.items():
            path = tree / "DEBIAN" / script
            path.write_text(f"#!/bin/sh\n{body}\n")
            path.chmod(0o755)
        file = f"{tree}.deb"
        run("dpkg-deb", "--root-owner-group", "-b", str(tree), file)
        return file

    def dpkg(self, *arguments: str, feed: str = "", fails: bool = False) -> None:
        command = ["dpkg", f"--root={self.path}", "--force-not-root", "--force-bad-path", "--force-script-chrootless"]
        done = subprocess.run([*command, *arguments], input=feed, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) is fails, done.stderr

    def check(self) -> dict[tuple[str, str], Package]:
        """Returns the rows by name and architecture, after comparing them with dpkg-query's."""
        system = RootedSystem(str(self.path))
        try:
            packages = collected(system)
        finally:
            system.close()
        expected = run("dpkg-query", f"--admindir={self.admin}", "-W", "-f", FORMAT).splitlines()
        assert lines(packages) == sorted(expected)
        return {(row.name, row.arch): row for row in packages}


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def test_epochs_and_tildes_are_kept_as_they_are(root: Root) -> None:
    root.dpkg("-i", root.build("plain", "1:2.0~rc1-3+b1", root.native), root.build("zero", "0:1.0~~a"))
    rows = root.check()
    assert rows["plain", root.native].version == "1:2.0~rc1-3+b1"
    assert len(rows) == 2


def test_removed_purged_held_and_unpacked_packages_are_told_apart(root: Root) -> None:
    names = ("removed", "purged", "held")
    root.dpkg("-i", *(root.build(name, "1.0") for name in names))
    root.dpkg("-r", "removed")
    root.dpkg("-P", "purged")
    root.dpkg("--set-selections", feed="held hold\n")
    root.dpkg("--unpack", root.build("unpacked", "5"))
    rows = root.check()
    assert {name: (row.flags, row.attribute("state")) for (name, _), row in rows.items()} == {
        "removed": (RESIDUAL, "deinstall ok config-files"),
        "held": (HOLD, ""),
        "unpacked": (0, "install ok unpacked"),
    }


def test_failing_scripts_leave_their_state(root: Root) -> None:
    root.dpkg("-i", root.build("broken", "3", postinst="exit 1"), fails=True)
    root.dpkg("-i", root.build("stuck", "3", prerm="exit 1", postrm="exit 1", postinst="exit 0"))
    root.dpkg("-r", "stuck", fails=True)
    root.dpkg("-i", root.build("refused", "3", preinst="exit 1", postrm="exit 1"), fails=True)
    rows = root.check()
    assert rows["broken", "all"].attribute("state") == "install ok half-configured"
    assert rows["refused", "all"].attribute("state") == "install reinstreq half-installed"


def test_triggers_leave_their_state(root: Root) -> None:
    root.dpkg("-i", root.build("interested", "1", triggers="interest-await x\n", postinst="exit 0"))
    root.dpkg("-i", "--no-triggers", root.build("waiting", "1", triggers="activate-await x\n"))
    rows = root.check()
    assert rows["interested", "all"].attribute("state") == "install ok triggers-pending"
    assert rows["waiting", "all"].attribute("state") == "install ok triggers-awaited"
    assert not any(row.flags for row in rows.values())


def test_both_architectures_of_a_pair_are_rows(root: Root) -> None:
    same = {"control": "Multi-Arch: same\n"}
    root.dpkg("-i", root.build("pair", "4", root.native, **same))
    root.dpkg("--add-architecture", root.foreign)
    root.dpkg("-i", root.build("pair", "4", root.foreign, **same))
    assert set(root.check()) == {("pair", root.native), ("pair", root.foreign)}


def test_what_a_killed_dpkg_left_in_its_journal_counts(root: Root) -> None:
    kill = "kill -9 $PPID; sleep 0.2"
    root.dpkg("-i", root.build("dpkg", "1", root.native), root.build("moved", "1", root.native))
    root.dpkg("-i", root.build("moved", "2"), root.build("crash", "6", postinst=kill), fails=True)
    assert [path.name for path in (root.admin / "updates").iterdir() if path.name.isdigit()]
    rows = root.check()
    assert rows["crash", "all"].attribute("state") == "install ok half-configured"
    assert rows["moved", "all"].version == "2"
    assert ("moved", root.native) not in rows


def test_a_purge_that_only_the_journal_knows_counts(root: Root) -> None:
    kill = "kill -9 $PPID; sleep 0.2"
    root.dpkg("-i", root.build("gone", "1", root.native), root.build("later", "1", prerm=kill))
    root.dpkg("-P", "gone", "later", fails=True)
    assert [path.name for path in (root.admin / "updates").iterdir() if path.name.isdigit()]
    assert ("gone", root.native) not in root.check()


def test_a_hold_on_what_is_not_installed_is_kept(root: Root) -> None:
    root.dpkg("-i", root.build("dpkg", "1", root.native))
    about = (
        f"Package: ghost\nArchitecture: {root.native}\nVersion: 1\nMaintainer: x <x@example.com>\nDescription: t\n\n"
    )
    root.dpkg("--merge-avail", "-", feed=about)
    root.dpkg("--set-selections", feed="ghost hold\n")
    written = (root.admin / "status").read_text()
    rows = root.check()
    if "Package: ghost" not in written:
        pytest.skip("this dpkg does not keep a hold on what is not installed")
    assert next(row for (name, _), row in rows.items() if name == "ghost").flags == HOLD | RESIDUAL
