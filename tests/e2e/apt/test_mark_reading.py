"""Automatic marks are read as apt-mark reads them, and a file that apt refuses is never taken as whole."""

from __future__ import annotations

import os
import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.machines.dpkg_roots import needs

from cortexrepo.ecosystems.apt import read as apt
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import AUTO
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from pathlib import Path

_STANZA = "Package: {}\nStatus: install ok installed\nMaintainer: x\nArchitecture: {}\n{}Version: 1\nDescription: d\n\n"
_SAME = "Multi-Arch: same\n"
_STATUS = "".join(
    _STANZA.format(name, arch, _SAME if name == "both" else "")
    for name, arch in (
        ("dpkg", "amd64"), ("one", "amd64"), ("two", "amd64"), ("doc", "all"), ("lib", "i386"), ("both", "amd64"),
        ("both", "i386"),
    )
)  # fmt: skip
_NAMES = ("one", "two", "doc", "lib", "both", "gone", "ONE", "")
_ARCHES = ("amd64", "amd64", "i386", "all", "any", "native", "arm64", "", None)
_VALUES = ("1", "1", "1", "0", "2", "-1", "+1", "1x", " 1", "yes", "", "01", "2147483648", "9" * 30)
_LINES = (
    "garbage",
    "# comment",
    " continued",
    ": x",
    "X: 1",
    "Package: two",
    "Auto-Installed: 0",
    "\r",
    "\0",
    "\tx: y",
)


def _states(choice: random.Random) -> bytes:
    stanzas = []
    for _ in range(choice.randint(1, 5)):
        arch = choice.choice(_ARCHES)
        lines = [f"Package: {choice.choice(_NAMES)}"] + ([] if arch is None else [f"Architecture: {arch}"])
        lines.append(f"Auto-Installed: {choice.choice(_VALUES)}")
        if choice.random() < 0.15:
            lines.insert(choice.randrange(len(lines) + 1), choice.choice(_LINES))
        if choice.random() < 0.1:
            choice.shuffle(lines)
        stanzas.append("\n".join(lines) + "\n")
    return ("\n".join(stanzas) + choice.choice(("\n", "", "\n\n"))).encode()


class Both:
    """One machine, read by apt-mark and by the collector."""

    def __init__(self, base: Path) -> None:
        needs("apt-mark", "dpkg")
        self.base = base
        for path in ("var/lib/dpkg", "var/lib/apt/lists/partial", "var/cache/apt", "etc/apt/apt.conf.d"):
            (base / path).mkdir(parents=True)
        (base / "var/lib/dpkg/status").write_text(_STATUS)
        (base / "var/lib/dpkg/arch").write_text("amd64\ni386\n")
        settings = [f"Dir={base}", f"Dir::State::status={base}/var/lib/dpkg/status", "APT::Architecture=amd64"]
        settings += ["APT::Architectures::=amd64", "APT::Architectures::=i386", "Dir::Cache::pkgcache="]
        self.command = ["apt-mark", "showauto", *(word for setting in settings for word in ("-o", setting))]

    def compare(self, states: bytes) -> str:
        """Returns in what the two contradict, or an empty string."""
        (self.base / "var/lib/apt/extended_states").write_bytes(states)
        done = subprocess.run(
            self.command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
        )
        system = RootedSystem(str(self.base))
        try:
            [found] = apt.collect(system, ())
        finally:
            system.close()
        if found.status != OK:
            return ""
        if done.returncode != 0:
            return f"apt refuses what is called whole: {done.stderr}"
        assert found.manifest is not None
        marked = {
            row.name if row.arch in {"amd64", "all"} else f"{row.name}:{row.arch}"
            for row in found.manifest.packages
            if row.flags & AUTO
        }
        return "" if marked == set(done.stdout.split()) else f"apt says {done.stdout.split()}, and not {marked}"


def _hunt(base: Path, seed: int, count: int) -> list[str]:
    both = Both(base)
    choice = random.Random(seed)  # noqa: S311 -- always the same, so that a red run can be repeated
    found = []
    for _ in range(count):
        states = _states(choice)
        wrong = both.compare(states)
        if wrong:
            found.append(f"{wrong}\n{states!r}")
    return found


def test_marks_of_every_kind_are_read_as_apt_reads_them(tmp_path: Path) -> None:
    assert _hunt(tmp_path, 1, 60) == []


@pytest.mark.nightly
def test_many_marks_are_read_as_apt_reads_them(tmp_path: Path) -> None:
    assert _hunt(tmp_path, 2, 5000) == []
