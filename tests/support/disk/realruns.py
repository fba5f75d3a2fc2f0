"""Real processes on a real directory, each call of theirs the last or failing, held against the simulated ones.

The harnesses on the simulated disk are worth what that disk is worth. Here the kernel says which calls a process makes,
strace strikes it there, and what is left in the directory is compared with the simulation, byte by byte.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgpack

import cortexrepo
from cortexrepo.cli.exit_codes import BY_KIND, DONE
from support.disk import realdisks, strace, traced
from support.disk.crashes import Check, Checker
from support.disk.cut_states import cuts, durable
from support.disk.process import Current, Free
from support.disk.strace import KILL, Fault
from support.repositories.operations import DONE as ACKNOWLEDGED
from support.repositories.operations import REFUSED, UNKNOWN, At, after, attempt
from support.repositories.world import BEFORE, LOCATION, Broken, check_clean, check_complete, observe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.disk.disk import Disk
    from support.disk.process import Call
    from support.disk.strace import Traced
    from support.repositories.world import State, World

ERRORS = {
    "create": ("EIO", "ENOSPC", "EMFILE", "EACCES", "EINTR"),
    "write": ("ENOSPC", "EIO", "EINTR"),
    "sync": ("EIO", "ENOSPC", "EINTR"),
    "link": ("EACCES", "EIO", "ENOSPC"),
    "rename": ("ENOSPC", "EIO", "EACCES"),
    "unlink": ("EIO", "EACCES"),
    "mkdir": ("EACCES", "ENOSPC", "EIO"),
    "rmdir": ("EIO", "EACCES"),
    "lock": ("ENOLCK", "EIO", "EINTR"),
}
"""What each kind of call may answer."""
_SIMULATED = {
    "create": "create",
    "open": "create",
    "write": "write",
    "sync": "sync",
    "sync_directory": "sync",
    "link": "link",
    "rename": "rename",
    "rename_new": "rename",
    "unlink": "unlink",
    "make_directory": "mkdir",
    "remove_directory": "rmdir",
    "hold": "lock",
    "flock": "lock",
    "abandoned": "lock",
}
"""The simulated calls that change something or lock, and what strace sees. Letting a lock go is not among them: whether
a process dies before or after that is the same to all others."""
_REFUSALS = {"request", "revision", "tag"}
_SOME_STATES = 16
_AT_ONCE = 2


class Struck(NamedTuple):
    """A run in which something happened to the process at its call `number`, and where that was."""

    number: int
    what: str
    ended: Traced
    place: Path


class Point(NamedTuple):
    """A simulated process that is about to make a call: which one, and the disk as it is then."""

    what: tuple[str, str, str]
    disk: Disk


class _Recorder(Free):
    """Keeps the disk before every call that changes something."""

    def __init__(self, disk: Disk) -> None:
        self.points: list[Point] = []
        self._disk = disk

    def before(self, call: Call) -> None:
        """See `Guide.before`."""
        kind = _SIMULATED.get(call.name)
        if kind:
            self.points.append(Point((kind, call.path, call.source), durable(self._disk)))


class RealRuns:
    """One operation, from the same beginning each time.

    Attributes:
        calls: Those that the process makes when nothing happens to it.
    """

    def __init__(self, directory: Path, world: World, name: str) -> None:
        """Takes an empty directory to work in, what there is before, and the operation's name in `OPERATIONS`."""
        self._directory = directory
        self._world = world
        self._name = name
        self._checker = Checker(world)
        # Whoever imports a module first keeps it compiled, and the others open one file less.
        subprocess.run(self._command(directory / "first"), check=True)
        self._undisturbed = self._run(directory / "undisturbed", None)
        self.calls = self._undisturbed.calls

    def check_against_the_simulation(self) -> None:
        """Asserts that the real process makes the calls that the simulated one makes, and leaves what that leaves."""
        assert (self._undisturbed.code, self._undisturbed.out, self._undisturbed.err) == (DONE, "", "")
        disk = self._world.copy()
        simulated = self._simulate(disk)
        assert [call.what for call in self.calls] == [point.what for point in simulated]
        # What a real process was told, no disk knows.
        disk.acknowledged = frozenset()
        assert realdisks.read(self._directory / "undisturbed").fingerprint() == disk.fingerprint()

    def kill(self, *, every: bool, turn: int = 0) -> int:
        """Kills the process before each call, and checks what is then; returns how often.

        Args:
            every: Otherwise before the first call of every other kind.
            turn: Even or odd: with which of the kinds that begins; `fail` takes the others.
        """
        points = self._simulate(self._world.copy())
        numbers = self._all() if every else [found[0] for found in self._kinds()[turn % 2 :: 2]]
        for struck in self._strike([(number, KILL) for number in numbers]):
            where = f"{self._name} killed before {self.calls[struck.number]}"
            left = realdisks.read(struck.place)
            if left.fingerprint() != points[struck.number].disk.fingerprint():
                raise Broken(f"{where} leaves something else than the simulated one")
            self._recover(struck, left, after({BEFORE}, self._name, UNKNOWN), where)
        return len(numbers)

    def fail(self, *, every: bool, turn: int = 0) -> int:
        """Fails each call with every error, or the last call of each kind that `kill` leaves out with one."""
        others = self._kinds()[1 - turn % 2 :: 2]
        faults: list[tuple[int, str]] = []
        turns: Counter[str] = Counter()
        for number in self._all() if every else sorted(found[-1] for found in others):
            kind = self.calls[number].kind
            errors = ERRORS[kind]
            faults += [(number, error) for error in (errors if every else errors[turns[kind] % len(errors) :][:1])]
            turns[kind] += 1
        for struck in self._strike(faults):
            self._check_failed(struck, f"{self._name}, {struck.what} at {self.calls[struck.number]}")
        return len(faults)

    def _all(self) -> list[int]:
        return list(range(len(self.calls)))

    def _kinds(self) -> list[list[int]]:
        """Returns the numbers of all calls by kind and directory, in the order in which the process comes to them."""
        kinds: dict[tuple[str, str], list[int]] = {}
        for number, call in enumerate(self.calls):
            place = call.path.removeprefix(LOCATION).lstrip("/").partition("/")[0]
            kinds.setdefault((call.kind, place), []).append(number)
        return list(kinds.values())

    # -- running

    def _strike(self, faults: list[tuple[int, str]]) -> Iterator[Struck]:
        """Runs the process for each fault, several at once, and yields the runs in order."""

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for struck in pool.map(lambda fault: self._struck(*fault), faults):
                yield struck
                pool.submit(shutil.rmtree, struck.place)

    def _struck(self, number: int, what: str) -> Struck:
        call = self.calls[number]
        place = self._directory / f"{number} {what}"

        def run() -> Traced:
            shutil.rmtree(place, ignore_errors=True)
            return self._run(place, Fault(call.name, call.at, what))

        return Struck(number, what, strace.until(lambda ended: self._is_struck(ended, number), run), place)

    def _run(self, place: Path, fault: Fault | None) -> Traced:
        return strace.run(self._command(place), os.environ, place, place.with_suffix(".log"), fault)

    def _command(self, place: Path) -> list[str]:
        """Fills a place, and returns the arguments of a process that works there."""
        realdisks.write(self._world.disk.root, place)
        publish = "rename" if self._world.rename else "link"
        words = [f"{place}{LOCATION}", publish, self._name, json.dumps(self._world.ids)]
        # Python's own modules are looked for first, which makes a third of the calls.
        program = (
            f"import sys; sys.path += {_PATHS}; from support.disk.traced import main; sys.exit(main(*sys.argv[1:]))"
        )
        return [sys.executable, "-I", "-S", "-c", program, *words]

    def _simulate(self, disk: Disk) -> list[Point]:
        recorder = _Recorder(disk)
        repository = self._world.open(disk, traced.PROCESS, recorder)
        assert attempt(self._name, At(repository, self._world, disk)) == ACKNOWLEDGED
        return recorder.points

    # -- checking

    def _is_struck(self, ended: Traced, number: int) -> bool:
        """Returns whether it was this call that was struck, and what came before was as ever."""
        found, expected = ended.calls[: number + 1], self.calls[: number + 1]
        if [call.what for call in found] != [call.what for call in expected] or found[number].done:
            return False
        if ended.killed:
            return len(ended.calls) == number + 1
        return [call.injected for call in ended.calls].index(True) == number

    def _check_failed(self, struck: Struck, where: str) -> None:
        ended = struck.ended
        where = f"{where}, exit code {ended.code}: {ended.err}"
        outcome = _outcome(ended, where)
        if struck.what == "EINTR" and outcome != ACKNOWLEDGED:
            raise Broken(f"a call that a signal interrupted is made again: {where}")
        states = after({BEFORE}, self._name, outcome)
        left = realdisks.read(struck.place)
        self._cut(ended, left, states, where)
        self._recover(struck, left, states, where)

    def _cut(self, ended: Traced, left: Disk, states: frozenset[State], where: str) -> None:
        """Cuts the power now: what was acknowledged in spite of the error is durable."""
        disk = self._world.copy()
        realdisks.replay(disk, ended.calls)
        if disk.fingerprint() != left.fingerprint():
            raise Broken(f"the calls that strace has seen do not lead to what is there: {where}")
        chance = random.Random(1)  # noqa: S311 -- the same in every run
        for each in cuts(disk, _SOME_STATES, chance).disks:
            self._checker.check(Check(each, states, self._name, f"power cut after {where}"))

    def _recover(self, struck: Struck, left: Disk, states: frozenset[State], where: str) -> None:
        """Checks as `Checker` does, on the real directory: all is whole, nothing is lost, and work goes on."""
        try:
            self._work_goes_on(struck.place, left, states)
        except Exception as error:
            raise Broken(f"{where}: {type(error).__name__}: {error}") from error

    def _work_goes_on(self, place: Path, left: Disk, states: frozenset[State]) -> None:
        check_complete(left)
        # Names by chance again: those of the simulation are taken.
        Current.process = None
        at = traced.opened(f"{place}{LOCATION}", self._world)._replace(disk=left)
        found = observe(at.repository)
        if found not in states:
            raise Broken(f"found {sorted(found)}, which is none of {sorted(map(sorted, states))}")
        then = frozenset({found})
        for name in (self._name, "create after", "verify"):
            then = after(then, name, attempt(name, at))
        if observe(at.repository, whole=False) not in then:
            raise Broken(f"once more, and there is not {sorted(map(sorted, then))}")
        for _ in range(2):
            if attempt("gc", at) != ACKNOWLEDGED:
                raise Broken("a gc that nobody disturbs refuses")
        collected = realdisks.read(place)
        check_complete(collected)
        check_clean(collected)


def _outcome(ended: Traced, where: str) -> str:
    """Returns how a process ended; raises Broken for one that did not end as the documents say."""
    if ended.code == DONE and not ended.err and not ended.out:
        return ACKNOWLEDGED
    kind, _, _ = ended.err.partition(": ")
    # One line: no traceback.
    if kind not in BY_KIND or ended.code != BY_KIND[kind] or len(ended.err.splitlines()) != 1 or ended.out:
        raise Broken(f"not as documented: {where}")
    return REFUSED if kind in _REFUSALS else UNKNOWN


_PATHS = list(
    dict.fromkeys(
        str(Path(module.__file__ or "").parents[level])
        for module, level in ((traced, 2), (cortexrepo, 1), (msgpack, 1))
    )
)
"""Where the process imports from: the tests, the product, and what that needs."""
