"""The tools that are compared: this one first, all ratios are to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.peers.borg import Borg
from bench.peers.cortex import Cortex
from bench.peers.git import Git
from bench.peers.old import Old
from bench.peers.restic import Restic

if TYPE_CHECKING:
    from bench.peers.base import Peer

TOOLS: tuple[type[Peer], ...] = (Cortex, Git, Restic, Borg, Old)
