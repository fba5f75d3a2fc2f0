"""The power is cut before every call with which a history changes a disk, and after the last one.

`python -m support.disk.powercuts DIRECTORY HISTORY COMMITS`

Each time a process of its own does the history on a fresh copy of one ext4 image; the image is then mounted again,
which replays its journal, and what is there is compared with what was acknowledged.

COMMITS says at how many of the earlier calls, chosen at random, the journal is committed as well, in another cut each:
what a program has not made durable may be half durable all the same.
"""

from __future__ import annotations

import json
import os
import random
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.errors import RequestError
from support.disk.faults import FaultyFileSystem
from support.disk.mounts import Ext4, Memory
from support.repositories.history import HISTORIES, History, Place, check, check_clean, observe, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.repositories.history import State, Step

T = TypeVar("T")
_CUT, _FAILED = 99, 1
_SHOWN = 5
_READING = frozenset({"read", "names", "info", "abandoned", "release"})
"""They leave the disk as it is: a cut before one of them is the same as one before the next call."""


class _CuttingFileSystem(FaultyFileSystem):
    """The disk, until the power is cut before change number `cut`; the journal is committed before change `commit`."""

    def __init__(self, disk: Ext4, tell: Callable[[str], None], cut: int, commit: int) -> None:
        super().__init__(RealFileSystem())
        self._disk, self._tell, self._cut, self._commit = disk, tell, cut, commit
        self._changes = 0

    def _do(self, name: str, path: str, call: Callable[[], T]) -> T:
        if name not in _READING:
            self._before_a_change(name, path)
            self._changes += 1
        return super()._do(name, path, call)

    def _before_a_change(self, name: str, path: str) -> None:
        if self._changes == self._commit:
            self._disk.commit()
        if self._changes == self._cut:
            self._tell(f"cut before {name} {path}")
            self._disk.cut()
            os._exit(_CUT)


class _Outcome(NamedTuple):
    """What a process did: how many steps it acknowledged, whether it came to the cut, and where that was."""

    acknowledged: int
    was_cut: bool
    where: str


class _Sweep:
    """All cuts of one history."""

    def __init__(self, directory: Path, history: History) -> None:
        self._history = history
        self._golden = Ext4(directory / "golden", directory / "disk")
        self._disk = Ext4(directory / "image", directory / "disk")
        self._location = directory / "disk" / "repository"
        # A small journal, and no room kept for root: what matters is the order in which things come to the disk.
        self._golden.make(24, "-J", "size=4", "-m", "0")
        history.prepare(self._place(RealFileSystem()))
        self._golden.unmount()

    def run(self, commits: int) -> tuple[dict[str, int], list[str]]:
        """Returns the counts, and what went wrong."""
        chance = random.Random(7)  # noqa: S311 -- the same cuts every time
        wrong: list[str] = []
        cuts = at = 0
        came = True
        while came:
            for commit in (-1, *chance.sample(range(at + 1), min(commits, at + 1))):
                outcome, error = self._once(at, commit)
                came = outcome.was_cut
                cuts += 1
                if error:
                    wrong.append(f"change {at}, commit {commit}, {outcome}: {error}")
            at += 1
        return {"points": at, "cuts": cuts}, wrong

    def _once(self, at: int, commit: int) -> tuple[_Outcome, str]:
        self._disk.copy(self._golden)
        try:
            outcome = self._work(at, commit)
            if not outcome.was_cut:
                self._disk.cut()
        finally:
            self._disk.unmount()
        self._disk.mount()
        try:
            self._check(outcome.acknowledged)
        except Exception:  # noqa: BLE001 -- whatever it is, it is a finding, and the other cuts are made all the same
            return outcome, traceback.format_exc()
        finally:
            self._disk.unmount()
        return outcome, ""

    def _work(self, at: int, commit: int) -> _Outcome:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ours)
            os._exit(self._steps(at, commit, theirs))
        os.close(theirs)
        with os.fdopen(ours, encoding="utf-8", errors="replace") as told:
            lines = told.read().splitlines()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in {0, _CUT}, lines
        return _Outcome(lines.count("acknowledged"), code == _CUT, lines[-1])

    def _steps(self, at: int, commit: int, pipe: int) -> int:
        """Runs in the child: what it says has left it before the next call is made."""

        def tell(line: str) -> None:
            os.write(pipe, f"{line}\n".encode())

        place = self._place(_CuttingFileSystem(self._disk, tell, at, commit))
        try:
            for step in self._history.steps:
                step.run(place)
                tell("acknowledged")
        except BaseException:  # noqa: BLE001 -- the parent reports it
            tell(traceback.format_exc())
            return _FAILED
        return 0

    def _place(self, files: FaultyFileSystem | RealFileSystem) -> Place:
        return Place(self._location, self._location.with_name("copy"), files)

    # -- after the cut

    def _check(self, acknowledged: int) -> None:
        place = self._place(RealFileSystem())
        states = [self._history.before, *(step.after for step in self._history.steps)]
        before, after = states[acknowledged], states[min(acknowledged + 1, len(states) - 1)]
        repository = opened(place)
        if repository is None:
            # It was being made, and that was not acknowledged.
            assert before == {}
            assert acknowledged == 0
        elif acknowledged or not self._history.damaged:
            check(repository, before, after)
        for step in self._history.steps[acknowledged:]:
            self._again(place, step)
        repository = place.open()
        check(repository, states[-1], states[-1])
        check_clean(repository)

    def _again(self, place: Place, step: Step) -> None:
        """Does what was cut short, and what comes after it. It may say that it is done already."""
        try:
            step.run(place)
        except RequestError:
            pass
        seen: State = observe(place.open())
        assert seen == step.after, (seen, step.after)


def main(directory: str, name: str, commits: str) -> int:
    """Prints the counts; what went wrong goes to standard error."""
    memory = Memory(Path(directory))
    counts, wrong = _Sweep(memory.path, HISTORIES[name]).run(int(commits))
    sys.stdout.write(json.dumps(counts))
    sys.stderr.write(f"{len(wrong)} of {counts['cuts']} cuts lost something\n" + "\n".join(wrong[:_SHOWN]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
