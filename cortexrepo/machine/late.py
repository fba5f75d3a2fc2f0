"""Programs whose time is over: they are killed, and who cannot be killed is named and left alone."""

from __future__ import annotations

import shlex
import signal
import time
from typing import TYPE_CHECKING

from cortexrepo.errors import RestoreError
from cortexrepo.machine.dying import end_group, has_ended

if TYPE_CHECKING:
    import subprocess

_PATIENCE = 5.0
"""So many seconds a program that was killed is waited for: one that waits for a device cannot be ended before."""


def let_go(process: subprocess.Popen[bytes]) -> None:
    """Ends a program that has not ended, and closes its pipes. One that the kernel lets nobody end is left alone."""
    if process.returncode is None:
        end_group(process.pid)
        if has_ended(process.pid, time.monotonic() + _PATIENCE):
            process.wait()
        else:
            process.returncode = -signal.SIGKILL  # what it will be: nobody waits for it any more
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def late(process: subprocess.Popen[bytes], name: str) -> RestoreError:
    """Ends a program whose time is over, with all of its group, and returns the error that says so."""
    end_group(process.pid)
    if not has_ended(process.pid, time.monotonic() + _PATIENCE):
        return RestoreError(
            f"{name} did not end in time, and its process {process.pid} cannot be ended: "
            "the process waits for a disk or a file system that does not answer",
            hint=f"see what the process waits for: `ps -o pid,stat,wchan:30,args -p {process.pid}`; "
            "when the file system answers, run the same command again",
        )
    return RestoreError(
        f"{name} was stopped: the program did not end in time",
        hint=f"run the program by hand: `{shlex.quote(name)} --version`; "
        "or name other environments: `cortex snapshot restore REV --environment OTHER`",
    )
