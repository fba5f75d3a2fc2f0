from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.command_line import CommandLine
from support.roots import make_root

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cortex(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "repo", make_root(tmp_path / "root"))
