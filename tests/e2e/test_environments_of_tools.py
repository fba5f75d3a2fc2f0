"""Environments that real tools make in a home are seen, wherever the tool puts them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cortexrepo.recording.collecting import collect

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = (
    ("venv", "Documents/thesis/.venv", ("-m", "venv", "--without-pip")),
    ("virtualenv", "Envs/shop", ("-m", "virtualenv", "-q", "--no-download", "--no-seed")),
    ("uv", "src/app/.venv", ("-m", "uv", "-q", "venv", "--offline", "-p", sys.executable)),
)


@pytest.mark.parametrize(("tool", "place", "words"), TOOLS, ids=[row[0] for row in TOOLS])
def test_an_environment_of_a_real_tool_is_seen(tmp_path: Path, tool: str, place: str, words: tuple[str, ...]) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed beside the tests")
    home = tmp_path.resolve() / "home"
    (home / place).parent.mkdir(parents=True)
    variables = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, *words, str(home / place)], env=variables, check=True)
    found = collect(only=["pip"], environment={"HOME": str(home)})
    assert [one.status for one in found.readings if one.environment == str(home / place)] == ["ok"]
