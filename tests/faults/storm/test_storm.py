"""Real processes under a storm of SIGKILL: nothing that was acknowledged is lost, nothing bad is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from support.processes.workers import child_environment

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SECONDS = os.environ.get("CORTEX_STORM_SECONDS", "6")


def test_nothing_is_lost_in_a_storm_of_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "support.processes.storm", str(tmp_path / "repository"), SECONDS, "7"]
    done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    with capsys.disabled():
        sys.stdout.write(f"\nstorm of {SECONDS} s: {found}\n")
    assert found["bad"] == []
    assert min(found.get(word, 0) for word in ("killed", "made", "gone", "read")) > 10
    # Most are killed before they come to an end.
    assert found["collected"] > found["packed"] > 0
