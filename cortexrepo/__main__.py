"""Where a process begins: the console script `cortex`, and `python -m cortexrepo`, with or without `snapshot`."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Runs `sys.argv`, with or without the word `snapshot`, and exits."""
    try:
        _snapshot()
    except KeyboardInterrupt:
        sys.exit(_interrupted())


def script() -> None:
    """The console script `cortex`: runs `sys.argv` and exits."""
    # A command is over before cycles could add up; looking for them costs a tenth of what loading takes.
    gc.disable()
    try:
        _run(_cortex)
    except KeyboardInterrupt:
        sys.exit(_interrupted())


def _snapshot() -> NoReturn:
    from cortexrepo.cli.main import snapshot

    words = sys.argv[1:]
    snapshot.main(words[1:] if words[:1] == ["snapshot"] else words, prog_name="python -m cortexrepo")


def _cortex() -> NoReturn:
    from cortexrepo.cli.main import cortex

    cortex.main(prog_name="cortex")


def _interrupted() -> int:
    """Says that the program was interrupted while it was loaded; later a command says so itself."""
    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.write("cortex: interrupted\n")
    return 130


def _run(command: Callable[[], NoReturn]) -> None:
    """Runs a command and ends the process as it says, without taking apart what the kernel takes back at once."""
    try:
        command()
    except SystemExit as ended:
        import threading

        if not isinstance(ended.code, int) or threading.active_count() > 1:
            raise
        for stream in (sys.stdout, sys.stderr):
            # What is written is flushed then and there: here nothing is left that could fail.
            with suppress(AttributeError, OSError, ValueError):
                stream.flush()
        os._exit(ended.code)


if __name__ == "__main__":
    main()
