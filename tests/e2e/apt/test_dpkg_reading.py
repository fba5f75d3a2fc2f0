"""A status file that dpkg refuses is never taken as whole, and one that dpkg reads is read as dpkg reads it."""

from __future__ import annotations

import os
import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.machines.dpkg_roots import FORMAT, lines, needs
from support.machines.statusfiles import bent

from cortexrepo.ecosystems.apt import read as apt
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected

_STRICTER = ("which dpkg never writes", "duplicate stanza", "cut off in its last stanza", "more than one installed")
"""Reasons for which a file is not whole although dpkg reads it."""


class Both:
    """One machine, read by dpkg-query and by the collector."""

    def __init__(self, base: Path) -> None:
        needs("dpkg-query")
        self.base, self.admin = base, base / "var/lib/dpkg"
        for name in ("updates", "info", "triggers"):
            (self.admin / name).mkdir(parents=True)

    def dpkg(self) -> str | None:
        """Returns what dpkg-query prints, or None where it refuses."""
        done = subprocess.run(
            ["dpkg-query", f"--admindir={self.admin}", "-W", "-f", FORMAT],
            capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def ours(self) -> Collected:
        system = RootedSystem(str(self.base))
        try:
            [found] = apt.collect(system, ())
        finally:
            system.close()
        return found

    def compare(self) -> str:
        """Returns in what the two contradict, or an empty string."""
        theirs, ours = self.dpkg(), self.ours()
        if theirs is None:
            return "dpkg refuses what is called whole" if ours.status == OK else ""
        if any(reason in ours.error for reason in _STRICTER):
            return ""
        if ours.manifest is None or (ours.status != OK and "unreadable characters" not in ours.error):
            return f"dpkg reads it, and the answer is {ours.error}"
        rows = "".join(f"{line}\n" for line in lines(ours.manifest.packages))
        return "" if sorted(theirs.split("\n")) == sorted(rows.split("\n")) else f"dpkg says\n{theirs}and not\n{rows}"


def _hunt(base: Path, seed: int, count: int) -> list[str]:
    both = Both(base)
    choice = random.Random(seed)  # noqa: S311 -- always the same, so that a red run can be repeated
    found = []
    for number in range(count):
        (both.admin / "status").write_bytes(data := bent(choice))
        wrong = both.compare()
        if wrong:
            found.append(f"{number}: {wrong}\n{data!r}")
    return found


def test_damaged_status_files_are_read_as_dpkg_reads_them(tmp_path: Path) -> None:
    assert _hunt(tmp_path, 1, 400) == []


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2, 22))
def test_many_damaged_status_files_are_read_as_dpkg_reads_them(tmp_path: Path, seed: int) -> None:
    assert _hunt(tmp_path, seed, 4000) == []
