"""Runs spin, the model checker, over a model in Promela, and says what came out."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_DEPTH = 100_000
_SECONDS = 3600
_UNFINISHED = re.compile(r"max search depth too small|out of memory|Search not completed|pan: reached")


class Verdict(NamedTuple):
    """What came out: `safe`, a property's name like `P1`, `deadlock`, or `unfinished`; and what to show about it."""

    result: str
    states: int
    report: str


def missing() -> str:
    """Returns what is needed and not there, or an empty string."""
    if shutil.which("spin") is None:
        return "spin is not installed"
    if shutil.which("gcc") is None:
        return "gcc is not installed"
    done = subprocess.run(["gcc", "-E", "-"], input="#include <stdio.h>", capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else "gcc has no C library to compile with"


def check(model: Path, switches: Sequence[str], place: Path, *, fast: bool, thrifty: bool) -> Verdict:
    """Searches everything that the model can do.

    Args:
        model: The Promela file.
        switches: Its macros, like `KILLS=2`.
        place: An empty directory to work in.
        fast: Optimise the checker. Takes longer than it saves below a million states.
        thrifty: Keep states folded. Takes half as long again; without it ten million states need more than a gigabyte.
    """
    macros = [f"-D{switch}" for switch in switches]
    _run(["spin", "-a", *macros, str(model)], place)
    # Without SAFETY it would also look for cycles, which no property here is about. COLLAPSE is lossless.
    options = ["-O2" if fast else "-O0", "-DSAFETY", *(["-DCOLLAPSE"] if thrifty else [])]
    _run(["gcc", "-w", *options, "-o", "pan", "pan.c"], place)
    output = _run(["./pan", f"-m{_DEPTH}", "-w25" if fast else "-w20"], place)
    states = re.search(r"(\S+) states, stored", output)
    verdict = Verdict(_result(output), int(float(states[1])) if states else 0, output)
    if "errors: 1" in output:
        steps = _run(["spin", "-k", f"{model.name}.trail", "-t", "-p", "-g", *macros, str(model)], place)
        verdict = verdict._replace(report="\n".join(steps.splitlines()[-120:]))
    return verdict


def _result(output: str) -> str:
    broken = re.search(r"assertion violated (P\d)_", output)
    if broken:
        return broken[1]
    if "invalid end state" in output and "errors: 1" in output:
        return "deadlock"
    return "unfinished" if "errors: 0" not in output or _UNFINISHED.search(output) else "safe"


def _run(command: list[str], place: Path) -> str:
    done = subprocess.run(
        command,
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0 and command[0] != "./pan":
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}")
    return done.stdout
