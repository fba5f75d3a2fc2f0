"""Who holds a lock: the process that does, and nobody where the kernel does not tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cortexrepo.disk.holders import HeldError, holders
from cortexrepo.disk.lock import hold

_HOLD = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH); print('held', flush=True); input()"


def test_the_processes_that_hold_a_lock_are_named(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(HeldError) as caught, hold(str(path), exclusive=True, timeout=0):
            pass
        other.stdin.write(b"\n")
    if not Path("/proc/locks").read_text().strip():
        pytest.skip("the kernel does not tell here who holds a lock")
    assert caught.value.holders == (other.pid,)


def test_a_table_says_who_holds_a_file_and_not_who_waits(tmp_path: Path) -> None:
    path, table = tmp_path / "lock", tmp_path / "locks"
    path.touch()
    info = path.stat()
    place = f"{os.major(info.st_dev):02x}:{os.minor(info.st_dev):02x}:{info.st_ino}"
    table.write_text(
        f"1: FLOCK  ADVISORY  READ 17 {place} 0 EOF\n"
        f"1: -> FLOCK  ADVISORY  WRITE 18 {place} 0 EOF\n"
        f"2: POSIX  ADVISORY  WRITE 19 {place} 0 EOF\n"
        f"3: FLOCK  ADVISORY  READ 20 {place}1 0 EOF\n"
        f"4: FLOCK  ADVISORY  READ 0 {place} 0 EOF\n"
        f"5: FLOCK  ADVISORY  READ -1 {place} 0 EOF\n"
        f"6: FLOCK  ADVISORY  READ 21 {place} 0 EOF\n"
        f"7: FLOCK  ADVISORY  READ 17 {place} 0 EOF\n"
        "nothing\n"
    )
    with path.open() as file:
        assert holders(file.fileno(), str(table)) == (17, 21)
        assert holders(file.fileno(), str(tmp_path / "missing")) == ()
