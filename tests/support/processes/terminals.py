"""Running `cortex snapshot` on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine


def terminal(cortex: CommandLine, *words: str, columns: int = 80, lines: int = 50, **variables: str) -> list[str]:
    """Runs a command with a terminal as standard output and returns the lines it shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = cortex.environment(**{"TERM": "xterm", **variables})
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        cortex.command(*words), stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=environment
    )
    os.close(theirs)
    shown = _read(ours)
    process.wait(timeout=60)
    return shown.decode().replace("\r\n", "\n").splitlines()


def session(cortex: CommandLine, *words: str, keys: bytes, **variables: str) -> tuple[int, str]:
    """Runs a command in a session of its own, whose terminal it is; returns its exit code, and what it shows.

    Args:
        cortex: The command line.
        words: Its words.
        keys: What the person types as soon as something is shown.
        variables: Variables of the process.
    """
    command, environment = cortex.command(*words), cortex.environment(TERM="xterm", **variables)
    number, ours = pty.fork()
    if number == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 80, 0, 0))
        os.execve(command[0], command, environment)  # noqa: S606 -- no shell
    shown = os.read(ours, 65536)
    while b"\n" not in shown.partition(b"repository: ")[2]:
        shown += os.read(ours, 65536)
    os.write(ours, keys)
    shown += _read(ours)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), shown.decode()


def _read(ours: int) -> bytes:
    shown = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:
            break
        if not more:
            break
        shown += more
    os.close(ours)
    return shown
