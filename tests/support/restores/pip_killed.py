"""A restore of pip in a process of its own, which is killed for good before one of its calls to the disk."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from cortexrepo.disk.tree import RealTree
from cortexrepo.ecosystems.pip.restore import change as pip_change
from cortexrepo.ecosystems.pip.restore import staging as pip_staging

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.plan import Part

_CALLS = ("rename", "unlink", "make_directory", "remove_directory", "set_details", "sync_directory", "write")


class Counting:
    """Counts the calls that change something, and ends the process at one of them."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.calls = 0

    def tree(self) -> RealTree:
        """Returns the disk, whose calls count together with those of all others from here."""
        counting = self

        class Tree(RealTree):
            pass

        def counted(name: str) -> Callable[..., object]:
            real = getattr(RealTree, name)

            def call(self: RealTree, *arguments: object) -> object:
                if counting.calls == counting.last:
                    os.kill(os.getpid(), signal.SIGKILL)
                counting.calls += 1
                return real(self, *arguments)

            return call

        for name in _CALLS:
            setattr(Tree, name, counted(name))
        return Tree()


def run_killed(act: Callable[[Part, Room], None], part: Part, room: Room, last: int) -> int:
    """Runs a function of the restorer in a process of its own; returns the signal that ended it, or 0."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            counting = Counting(last)
            for module in (pip_staging, pip_change):
                module.RealTree = counting.tree  # type: ignore[attr-defined]
            act(part, room)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def calls_of(act: Callable[[Part, Room], None], part: Part, room: Room) -> int:
    """Returns how many calls a function makes that change something; it is really done."""
    counting = Counting(-1)
    try:
        for module in (pip_staging, pip_change):
            module.RealTree = counting.tree  # type: ignore[attr-defined]
        act(part, room)
    finally:
        for module in (pip_staging, pip_change):
            module.RealTree = RealTree  # type: ignore[attr-defined]
    return counting.calls
