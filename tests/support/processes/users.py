"""Commands as another user: only root can become one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from support.machines.roots import make_root
from support.processes.command_line import Result

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

NOBODY = 65534
SOMEBODY = NOBODY - 1

# Everything is loaded before the rights are given up: the source may be closed to that user.
_PROGRAM = """
import importlib, os, pkgutil, sys, unicodedata, cortexrepo
for module in pkgutil.walk_packages(cortexrepo.__path__, "cortexrepo."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
os.setgroups([]); os.setgid({user}); os.setuid({user})
from cortexrepo.cli.main import snapshot
snapshot.main(sys.argv[1:], prog_name="cortex snapshot")
"""


def open_path(path: Path) -> None:
    """Lets other users reach a test's own directory: pytest closes those that it makes."""
    for one in (path, *path.parents):
        if one.name.startswith(("pytest-", "popen-", "test")):
            one.chmod(0o755)


def open_interpreter() -> None:
    """Lets other users start this interpreter: tox closes the directory that it makes its environments in."""
    for one in (Path(sys.prefix), *Path(sys.prefix).parents):
        if one.name in {".tox", ".venv"}:
            one.chmod(one.stat().st_mode | 0o011)


def give(cortex: CommandLine, user: int) -> None:
    """Makes a user the owner of a repository."""
    for path in (cortex.repo, *cortex.repo.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)


def theirs_from(cortex: CommandLine) -> CommandLine:
    """Makes a repository of a user's, with two snapshots that have tags, and one that is deleted."""
    for number in range(3):
        make_root(cortex.root, apt={"bash": f"{number}"})
        cortex("create", f"number {number}", "--tag", f"t{number}")
    cortex("delete", "latest~2", "--yes")
    give(cortex, SOMEBODY)
    assert cortex("list").code == 0, "else no test would look at anything"
    return cortex


def run_as(user: int, cortex: CommandLine, *words: str) -> Result:
    """Runs a command as that user, in no group but the user's own."""
    found = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(user=user), *cortex.words(words)],
        env=cortex.unmeasured(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Result(found.returncode, found.stdout, cortex.unannounced(found.stderr))
