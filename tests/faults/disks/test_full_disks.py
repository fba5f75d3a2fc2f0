"""Disks without room: what was there stays readable, and all works again when there is room.

That a person is told so in one line is in tests/cli/test_disks.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.disk import namespaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARKS = {"1024": (0, 1, 19, 20, 21, 22, 40), "4096": (0, 99, 101, 198)}
"""For each size of a block, how many snapshots are deleted: a directory of marks just fits into its blocks, or not."""


@pytest.mark.parametrize("limit", ["size", "nr_inodes"])
@pytest.mark.parametrize(
    "history", ["create", "delete", "undelete", "tag --force", "gc", "delete, gc", "gc after one that died"]
)
def test_a_full_disk_of_any_size_loses_nothing(
    tmp_path: Path, history: str, limit: str, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    tell_counts(namespaces.run("fulldisks", tmp_path, "memory", history, limit))


@pytest.mark.parametrize("block", MARKS)
def test_the_ballast_lets_an_ext4_without_one_free_block_be_cleaned_up(
    tmp_path: Path, block: str, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    counts = map(str, MARKS[block])
    tell_counts(namespaces.run("fulldisks", tmp_path, "ext4", block, *counts, tools=("mkfs.ext4",)))
