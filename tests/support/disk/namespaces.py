"""Programs that mount: each has its mounts to itself, in a namespace that ends, with all of them, when it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.processes.workers import child_environment

if TYPE_CHECKING:
    from pathlib import Path

UNAVAILABLE = 77
"""How a program ends that may not mount here, or has no device to do it with; its standard error says why."""


def run(
    module: str, directory: Path, *words: str, tools: tuple[str, ...] = (), package: str = "support.disk"
) -> dict[str, int]:
    """Runs a module of a package where nobody else sees what it mounts, and returns the counts that it prints.

    Skips, with the reason, where a tool is missing or that is not allowed; fails when the program fails.
    """
    environment = {**child_environment(), "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    for tool in ("unshare", "mount", *tools):
        if shutil.which(tool, path=environment["PATH"]) is None:
            pytest.skip(f"needs {tool}")
    ended = subprocess.run(
        ["unshare", "--mount", sys.executable, "-m", f"{package}.{module}", str(directory), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if ended.returncode == UNAVAILABLE or ended.stderr.startswith("unshare: "):
        pytest.skip(f"may not mount here: {ended.stderr.strip()}")
    assert ended.returncode == 0, ended.stderr
    counts = json.loads(ended.stdout)
    assert isinstance(counts, dict)
    return counts
