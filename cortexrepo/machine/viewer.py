"""A program that has the terminal for itself and shows a person a text."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def show(command: Sequence[str], environment: Mapping[str, str], text: bytes) -> bool:
    """Gives a program a text and returns once the person has left it; False where it could not be started."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603 -- no shell
    except OSError:
        return False
    # Ctrl-C is the program's, which has the terminal: it ends a search there.
    inherited = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.communicate(text)  # a program that was left early is no error
    finally:
        signal.signal(signal.SIGINT, inherited)
    return True
