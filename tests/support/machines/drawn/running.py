"""The command line of the project, run in a fork of this process: nothing has to be loaded once more."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from cortexrepo.cli.main import snapshot
from cortexrepo.restore.run.preloading import preload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOME = "/homes/root"
"""Where root's home is, and nothing of this machine's."""
_BROKEN = 99
"""The exit code where the command raised something, and no code of its own."""


class Said(NamedTuple):
    """How a command ended, and all that it wrote."""

    code: int
    text: str

    @property
    def is_exact(self) -> bool:
        """Whether it said that everything is as in the snapshot."""
        return self.code == 0


def load() -> None:
    """Loads all that a command may load."""
    preload()
    import cortexrepo.cli.commands.create
    import cortexrepo.cli.commands.restore
    import cortexrepo.cli.commands.undo  # noqa: F401


def cortex(*words: str, variables: Mapping[str, str] | None = None, first: Callable[[], None] | None = None) -> Said:
    """Runs `cortex snapshot WORDS`.

    Args:
        words: The words.
        variables: Variables besides those of this process.
        first: Is called in the new process before.
    """
    with tempfile.TemporaryFile() as file:
        child = os.fork()
        if child == 0:
            _run(words, variables or {}, first, file.fileno())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        file.seek(0)
        return Said(code, file.read().decode("utf-8", "backslashreplace"))


def _run(words: tuple[str, ...], variables: Mapping[str, str], first: Callable[[], None] | None, to: int) -> NoReturn:
    code = _BROKEN
    try:
        with open(os.devnull, encoding="ascii") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(to, 1)
        os.dup2(to, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 -- as long as the process
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 -- as long as the process
        os.environ.pop("CORTEX_CACHE", None)
        os.environ.update({"HOME": HOME, **variables})
        sys.argv = ["cortex", "snapshot", *words]
        if first is not None:
            first()
        snapshot.main(list(words), prog_name="cortex snapshot")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else _BROKEN
    except BaseException:  # noqa: BLE001 -- it is what the caller wants to know
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
