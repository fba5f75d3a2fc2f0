"""Real power cuts on a real ext4, before every change: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.disk import namespaces
from support.repositories.history import HISTORIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _cut(tmp_path: Path, history: str, commits: int) -> dict[str, int]:
    return namespaces.run("powercuts", tmp_path, history, str(commits), tools=("mkfs.ext4",))


@pytest.mark.parametrize("history", HISTORIES)
def test_a_power_cut_before_any_change_loses_nothing(
    tmp_path: Path, history: str, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    tell_counts(_cut(tmp_path, history, 0))


@pytest.mark.nightly
@pytest.mark.parametrize("history", HISTORIES)
def test_nor_does_one_after_the_journal_was_committed_at_any_change(
    tmp_path: Path, history: str, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    tell_counts(_cut(tmp_path, history, 8))
