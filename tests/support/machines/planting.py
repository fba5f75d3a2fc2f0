"""Runs the test that is to see each planted bug of `remedies.py`, in a process of its own; prints how it ended.

`python -P -m support.machines.planting DIRECTORY [BUG ...]`, from anywhere: one line of JSON for each bug.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis.stateful  # noqa: F401 -- loaded once, before all forks
import pytest

from support.machines import people, roots  # noqa: F401
from support.machines.remedies import BUGS

if TYPE_CHECKING:
    from support.machines.remedies import Bug, Patch

TESTS = Path(__file__).parents[2]


def _planted(patch: Patch, reached: mmap.mmap, number: int) -> object:
    """Returns what is planted; a function notes that it was called, also in a process that has become another user."""
    planted = patch.replacement
    if not callable(planted) or isinstance(planted, type):
        reached[number] = 1
        return planted

    def noting(*given: object, **named: object) -> object:
        reached[number] = 1
        return planted(*given, **named)

    return noting


def _run(bug: Bug, directory: Path, output: Path) -> tuple[int, bool]:
    """Returns the exit code of pytest, and whether all that was planted was reached."""
    reached = mmap.mmap(-1, len(bug.patches))
    process = os.fork()
    if process == 0:
        try:
            with output.open("wb") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(1, 2)
            for number, patch in enumerate(bug.patches):
                setattr(patch.owner, patch.name, _planted(patch, reached, number))
            words = [
                "-q",
                "-x",
                "--tb=line",
                "--assert=plain",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:xdist",
                f"--basetemp={directory}",
            ]
            code = pytest.main([*words, f"--rootdir={TESTS.parent}", f"{TESTS}/{bug.seen_by}"])
            sys.stdout.flush()
            os._exit(code)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(99)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return code, all(reached[: len(bug.patches)])


def main() -> None:
    """Runs them one after the other."""
    place = Path(sys.argv[1])
    for number, name in enumerate(sys.argv[2:] or BUGS):
        output = place / f"{number}.txt"
        code, reached = _run(BUGS[name], place / f"pytest-{number}", output)
        end = output.read_text(errors="replace")[-2000:]
        sys.stdout.write(json.dumps({"bug": name, "code": code, "reached": reached, "end": end}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
