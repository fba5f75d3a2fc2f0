"""What the kernel says: real processes that strace kills or fails at each of their own calls.

The other tests here believe the seam and the simulated disk. These see whether all that changes a directory goes
through the one, and does what the other does.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.disk import strace
from support.disk.realcommands import COMMANDS, RealCommand, prepare
from support.disk.realruns import RealRuns
from support.disk.strace import Fault
from support.processes.counts import count
from support.repositories.operations import WRITES
from support.repositories.world import world

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [name for name in WRITES if name not in {"create twin", "create with a tag"}]
"""Those two make no call that "create" and "tag" do not make."""
READING = ("list", "verify", "read")
STRUCK = [*NAMES, "create unchanged", *READING]

pytestmark = pytest.mark.usefixtures("can_trace")


@pytest.fixture(name="can_trace", scope="module")
def _can_trace() -> None:
    if reason := strace.missing():
        pytest.skip(reason)


@pytest.fixture(name="prepared", scope="module")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


def _strike(runs: RealRuns, *, every: bool, turn: int = 0) -> None:
    runs.check_against_the_simulation()
    killed, failed = runs.kill(every=every, turn=turn), runs.fail(every=every, turn=turn)
    count("real processes, by strace", killed=killed, with_an_error=failed)


def test_a_call_that_nobody_thought_of_is_found(tmp_path: Path) -> None:
    directory = tmp_path / "watched"
    directory.mkdir()
    lines = (
        "import mmap, os, sys",
        "os.chdir(sys.argv[1] + '/..')",
        "file = os.open(sys.argv[1] + '/a', os.O_RDWR | os.O_CREAT)",
        "os.pwrite(file, b'data', 0)",
        "os.ftruncate(file, 2)",
        "mmap.mmap(file, 2).close()",
        "os.utime(sys.argv[1] + '/a')",
        "os.symlink('/nowhere', sys.argv[1] + '/b')",
        "above = os.open('.', os.O_RDONLY)",
        "os.close(above)",
        "os.unlink('b', dir_fd=os.open(sys.argv[1], os.O_RDONLY))",
    )
    command = [sys.executable, "-I", "-S", "-c", "\n".join(lines), str(directory)]
    found = strace.run(command, os.environ, directory, tmp_path / "log")
    assert (found.code, found.err) == (0, "")
    kinds = ["create", "pwrite64", "ftruncate", "mmap", "utimensat", "symlink", "unlinkat"]
    assert [call.kind for call in found.calls] == kinds


@pytest.mark.parametrize("what", ["EIO", strace.KILL])
def test_a_fault_that_does_not_strike_is_noticed(what: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        strace.run(["true"], os.environ, tmp_path, tmp_path.with_suffix(".log"), Fault("mkdir", 1, what))


@pytest.mark.usefixtures("named_by_process")
@pytest.mark.parametrize("name", STRUCK)
def test_a_real_process_struck_at_a_call_of_each_kind_loses_nothing_and_is_as_simulated(
    name: str, tmp_path: Path
) -> None:
    # What one operation is killed at the next one fails at, where both make such a call.
    _strike(RealRuns(tmp_path, world(), name), every=False, turn=STRUCK.index(name))


@pytest.mark.nightly
@pytest.mark.usefixtures("named_by_process")
@pytest.mark.parametrize("rename", [False, True], ids=["link", "rename"])
@pytest.mark.parametrize("name", [*WRITES, "create unchanged", *READING])
def test_nor_does_one_struck_at_any_call_with_any_error(name: str, tmp_path: Path, *, rename: bool) -> None:
    _strike(RealRuns(tmp_path, world(rename=rename), name), every=True)


def _strike_command(directory: Path, root: Path, name: str, step: int) -> None:
    before = None if name == "create anew" else root.parent / "before"
    command = RealCommand(directory, root, before, name.partition(" anew")[0])
    calls, reads = len(command.undisturbed.calls), len(command.undisturbed.reads)
    count(
        "the real command, by strace",
        killed=command.kill(range(0, calls, step)),
        with_an_error=command.fail(range(step // 2, calls, step)),
        failed_reading=command.fail_reading(range(0, reads, step)),
    )


@pytest.mark.parametrize("name", ["create anew", *COMMANDS])
def test_a_real_command_struck_at_some_calls_loses_nothing(name: str, tmp_path: Path, prepared: Path) -> None:
    _strike_command(tmp_path, prepared, name, 8)


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["create anew", *COMMANDS])
def test_nor_does_one_struck_at_any_call(name: str, tmp_path: Path, prepared: Path) -> None:
    _strike_command(tmp_path, prepared, name, 1)
