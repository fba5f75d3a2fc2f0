"""Throw-away roots with a dpkg database of their own, changed by the real dpkg; what it says of them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.apt import read as apt
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import HOLD
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.machine.files import System
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


class Root:
    """A throw-away root with a dpkg database of its own; packages for it are built on the spot."""

    def __init__(self, base: Path) -> None:
        needs("dpkg", "dpkg-deb", "dpkg-query")
        self.path, self.debs = base / "root", base / "debs"
        self.admin = self.path / "var/lib/dpkg"
        for name in ("updates", "info", "triggers", "alternatives", "parts"):
            (self.admin / name).mkdir(parents=True)
        (self.path / "var/log/apt").mkdir(parents=True)
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

    def options(self) -> list[str]:
        """Returns what dpkg is told. Without `--log` it writes to the log of the machine that the test runs on."""
        where = [f"--root={self.path}", f"--log={self.path}/var/log/dpkg.log"]
        return [*where, "--force-not-root", "--force-bad-path", "--force-script-chrootless"]

    def dpkg(self, *arguments: str, feed: str = "", fails: bool = False, zone: str = "UTC") -> None:
        command = ["dpkg", *self.options(), *arguments]
        environment = {**os.environ, "TZ": zone}
        done = subprocess.run(command, input=feed, capture_output=True, text=True, check=False, env=environment)
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
