"""A create that is held up before its first file is linked, while its equal twin is acknowledged, packed or deleted.

What is acknowledged is there, and stays, whatever the other one and `gc` did meanwhile.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.machines.roots import make_root
from support.processes.command_line import CommandLine

from cortexrepo.repository.upkeep import tidiness
from cortexrepo.store.local import locking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.processes.command_line import Result

Step = tuple[str, ...]
FIRST = "FIRST"
"""Stands for the id of the twin that was acknowledged meanwhile."""
DELETE, GC, NOW = ("delete", FIRST, "--yes"), ("gc",), ("gc", "--expire-deleted", "now")
SAME: Step = ("create", "same")
VARIANTS: dict[str, tuple[Step, Step, tuple[Step, ...]]] = {
    "packed and deleted": (SAME, SAME, (GC, DELETE)),
    "deleted": (SAME, SAME, (DELETE,)),
    "deleted and packed": (SAME, SAME, (DELETE, GC)),
    "deleted and removed": (SAME, SAME, (DELETE, NOW)),
    "packed, deleted and removed": (SAME, SAME, (GC, DELETE, NOW)),
    "deleted and brought back": (SAME, SAME, (DELETE, ("undelete", FIRST))),
    "deleted, removed and made again": (SAME, SAME, (DELETE, NOW, SAME)),
    "pruned": (SAME, SAME, (("create", "later"), ("prune", "--keep-last", "1", "--yes"), NOW)),
    "tagged": (SAME, SAME, (("tag", "golden", FIRST), GC)),
    "kept": (SAME, SAME, (GC,)),
    "with another message": (SAME, ("create", "other"), (GC, DELETE)),
    "without a message": (("create",), ("create",), (GC, DELETE)),
    "with one tag": (("create", "same", "--tag", "a"), SAME, (GC, DELETE)),
    "of one ecosystem": (("create", "same", "--only", "pip"), ("create", "same", "--only", "pip"), (GC, DELETE)),
    "of another ecosystem": (("create", "same", "--only", "pip"), ("create", "same", "--only", "npm"), (GC, DELETE)),
    "three of them": (SAME, SAME, (SAME, GC, DELETE)),
}


class Held:
    """Holds the next file up, once, and does something before it is linked: names are chosen by then."""

    def __init__(self, act: Callable[[], None]) -> None:
        """Takes what is done meanwhile."""
        self._link, self._act = os.link, act
        self.was = False

    def __call__(self, source: Any, target: Any, **more: Any) -> None:
        """Stands for os.link."""
        if not self.was:
            self.was = True
            self._act()
        self._link(source, target, **more)


def ids(cortex: CommandLine) -> list[str]:
    found = cortex("list", "--json").json()["snapshots"]
    assert isinstance(found, list)
    return [one["id"] for one in found]


def _said(found: Result) -> str:
    return str(found.json()["id"])


@pytest.mark.parametrize(
    ("variant", "other_root"),
    [*((one, False) for one in VARIANTS.values()), (VARIANTS["packed and deleted"], True)],
    ids=[*VARIANTS, "two roots"],
)
def test_the_one_that_was_held_up_is_refused_or_stays(
    cortex: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variant: tuple[Step, Step, tuple[Step, ...]],
    other_root: bool,  # noqa: FBT001
) -> None:
    slow, quick, steps = variant
    for number in range(3):
        cortex("create", f"s{number}")
    beside = CommandLine(cortex.repo, make_root(tmp_path / "beside", pip={"x": "1"})) if other_root else cortex
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    monkeypatch.setattr(locking, "TIMEOUT", 0.05)
    monkeypatch.setattr(tidiness, "Tidiness", lambda: tidiness.THOROUGH)
    kept: set[str] = set()

    def meanwhile() -> None:
        first = _said(beside(*quick, "--json"))
        kept.add(first)
        cortex("create", "later")  # what is newest of a machine is not packed
        for step in steps:
            done = beside(*[first if word == FIRST else word for word in step])
            if not done.code and step[0] in {"delete", "prune"}:
                kept.discard(first)
            if not done.code and step[0] == "undelete":
                kept.add(first)

    held = Held(meanwhile)
    monkeypatch.setattr(os, "link", held)
    found = cortex(*slow, "--json")
    assert held.was
    if not found.code:
        kept.add(_said(found))
    assert kept <= set(ids(cortex)), found
    assert cortex("gc", "--expire-deleted", "now").code == 0
    assert kept <= set(ids(cortex))
    assert cortex("verify").code == 0
