"""Processes killed and power cut at every call of an operation, and the check that follows."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from support.disk.cut_states import cuts, durable
from support.disk.process import Free
from support.repositories.operations import DONE, REFUSED, UNKNOWN, At, after, attempt
from support.repositories.world import BEFORE, LOCATION, Broken, check_clean, check_complete, observe

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.disk.disk import Disk
    from support.disk.process import Call
    from support.repositories.world import State, World


class KillAt(Free):
    """Kills the process before its call number `at`, the first being 1."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.calls = 0

    def before(self, call: Call) -> None:
        """See `Guide.before`."""
        self.calls += 1
        if self.calls == self.at:
            call.process.kill()


class Visiting(Free):
    """Has somebody look at the disk before every call."""

    def __init__(self, visit: Callable[[str], None]) -> None:
        self.calls = 0
        self._visit = visit

    def before(self, call: Call) -> None:
        """See `Guide.before`."""
        self.calls += 1
        self._visit(f"before call {self.calls} ({call})")


class Check(NamedTuple):
    """A disk that a fault left, what it may hold, what is done next, and how it came there."""

    disk: Disk
    states: frozenset[State]
    repeat: str
    where: str
    trace: Callable[[], str] = str


class Checker:
    """Checks disks, each different one once, and counts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.points = 0
        self.states = 0
        self._seen: set[tuple[int, frozenset[State], str]] = set()

    @property
    def distinct(self) -> int:
        """How many different disks there were."""
        return len(self._seen)

    def check(self, given: Check) -> None:
        """Checks a disk, which is used up by it: all is whole, nothing is lost, and work goes on."""
        self.states += 1
        key = (given.disk.fingerprint(), given.states, given.repeat)
        if key in self._seen:
            return
        self._seen.add(key)
        try:
            self._check(given)
        except Exception as error:
            raise Broken(f"{given.where}: {type(error).__name__}: {error}\n{given.trace()}") from error

    def _check(self, given: Check) -> None:
        disk, world = given.disk, self.world
        check_complete(disk)
        repository = world.open(disk, "checker")
        found = observe(repository)
        if found not in given.states:
            raise Broken(f"found {sorted(found)}, which is none of {sorted(map(sorted, given.states))}")
        states = frozenset({found})
        for name in (given.repeat, "create after", "verify"):
            states = after(states, name, attempt(name, At(repository, world, disk)))
        check_complete(disk)
        if observe(repository, whole=False) not in states:
            raise Broken(f"{given.repeat} once more, and there is not {sorted(map(sorted, states))}")
        self._collect(disk)

    def _collect(self, disk: Disk) -> None:
        repository = self.world.open(disk, "collector")
        for name in ("gc", "pack"):
            if attempt(name, At(repository, self.world, disk)) != DONE:
                raise Broken(f"a {name} that nobody disturbs refuses")
            check_complete(disk)
        check_clean(disk)


def kills(checker: Checker, name: str) -> None:
    """Kills an operation before every call of it."""
    _interrupt(checker, checker.world.copy(), frozenset({BEFORE}), name, "first")


def kills_before_one_that_keeps(checker: Checker, name: str) -> None:
    """Kills a collector before every call, and then one runs that keeps what was deleted for longer.

    That one takes back claims, so that what was about to go can be brought back: all of it must be there.
    """
    world = checker.world
    for point, left, _ in interruptions(world, world.copy(), name, "first"):
        checker.points += 1
        repository = world.open(left, "second")
        repository.upkeep.gc()
        try:
            check_complete(left)
            observe(repository)
        except Exception as error:
            raise Broken(f"{name} killed {point}: {error}") from error


def kill_pairs(checker: Checker, first: str, second: str, *, step: int = 1, start: int = 0) -> None:
    """Kills an operation before every call, and the next process before every call of its own.

    Where the first leaves the disk that it left before its last call, the second makes the same calls again: those
    points are counted, and not visited.

    Args:
        checker: Looks at what is left.
        first: The operation that is killed.
        second: The operation of the next process.
        step: Of the kills that leave different disks only each so many, and the run that nobody kills.
        start: Which of the kills is the first of these.
    """
    before: tuple[int, frozenset[State]] | None = None
    points, kill = 0, -1
    for where, disk, outcome in interruptions(checker.world, checker.world.copy(), first, "first"):
        states = after({BEFORE}, first, outcome)
        given = disk.fingerprint(), states
        if given != before:
            before, points, kill = given, 0, kill + 1
        if points or (kill % step != start % step and outcome == UNKNOWN):
            checker.points += points
        else:
            known = checker.points
            _interrupt(checker, disk, states, second, "second", f"{first} killed {where}, then ")
            points = checker.points - known


def _interrupt(
    checker: Checker, disk: Disk, states: frozenset[State], name: str, process: str, where: str = ""
) -> None:
    left: list[tuple[str, Disk]] = []
    seen = -1

    def visit(point: str) -> None:
        nonlocal seen
        checker.points += 1
        # Killed before a call or after one that only reads is the same to a disk.
        if disk.changes != seen:
            seen = disk.changes
            left.append((point, durable(disk)))

    outcome = attempt(name, At(checker.world.open(disk, process, Visiting(visit)), checker.world, disk))
    for point, cut in left:
        checker.check(Check(cut, after(states, name, UNKNOWN), name, f"{where}{name} killed {point}"))
    checker.points += 1
    checker.check(Check(disk, after(states, name, outcome), name, f"{where}{name} killed never"))


def interruptions(world: World, disk: Disk, name: str, process: str) -> list[tuple[str, Disk, str]]:
    """Runs an operation, and returns what it leaves when it is killed before each call, and at last when it is done.

    A process that is killed leaves the disk as it is: no `finally` comes to it. So one run shows all the points.
    """
    left: list[tuple[str, Disk, str]] = []
    guide = Visiting(lambda where: left.append((where, durable(disk), UNKNOWN)))
    outcome = attempt(name, At(world.open(disk, process, guide), world, disk))
    return [*left, ("never", disk, outcome)]


def power_cuts(checker: Checker, name: str, limit: int) -> None:
    """Cuts the power before every call of an operation, and after it."""
    _cut(checker, checker.world.copy(), frozenset({BEFORE}), name, limit, "")


class ExchangeAt(Free):
    """Has a collector put `refs.new/` in the place of `refs/` before call number `at` of the process."""

    def __init__(self, disk: Disk, at: int) -> None:
        self.calls = 0
        self._disk = disk
        self._at = at

    def before(self, call: Call) -> None:
        """See `Guide.before`."""
        self.calls += 1
        if self.calls == self._at:
            self._disk.exchange(f"{LOCATION}/refs", f"{LOCATION}/refs.new")


def exchanges(checker: Checker, name: str, limit: int) -> None:
    """Has `refs/` and `refs.new/` change places before every call of an operation, and cuts the power at its end."""
    at, calls = 0, 1
    while at < calls:
        at += 1
        checker.points += 1
        disk = checker.world.copy()
        guide = ExchangeAt(disk, at)
        outcome = attempt(name, At(checker.world.open(disk, "second", guide), checker.world, disk))
        calls = guide.calls
        for left in cuts(disk, limit, random.Random(1)).disks:  # noqa: S311 -- the same in every run
            states = after({BEFORE}, name, outcome)
            checker.check(Check(left, states, name, f"{name}: exchanged before call {at}, then a power cut"))


def kills_and_cuts(checker: Checker, first: str, second: str, limit: int, *, step: int = 1, start: int = 0) -> None:
    """Kills an operation before every call, then cuts the power before every call of the next process.

    Args:
        checker: Looks at what is left.
        first: The operation that is killed.
        second: The operation of the next process.
        limit: How many of the states that a power cut leaves are checked.
        step: Of the kills that leave different disks only each so many, and the run that nobody kills.
        start: Which of the kills is the first of these.
    """
    outcome, at, changes, point = UNKNOWN, 0, -1, 0
    while outcome == UNKNOWN:
        at += 1
        disk = checker.world.copy()
        outcome = attempt(first, At(checker.world.open(disk, "first", KillAt(at)), checker.world, disk))
        # Killed before a call or after one that only reads is the same to a disk.
        if disk.changes != changes or outcome != UNKNOWN:
            changes = disk.changes
            if point % step == start % step or outcome != UNKNOWN:
                _cut(checker, disk, after({BEFORE}, first, outcome), second, limit, f"{first} killed at {at}, then ")
            point += 1


def _cut(checker: Checker, disk: Disk, states: frozenset[State], name: str, limit: int, where: str) -> None:
    chance = random.Random(1)  # noqa: S311 -- the same in every run
    seen = {-1}

    def visit(point: str, outcome: str = UNKNOWN) -> None:
        checker.points += 1
        # A call that only read left everything as it was, and what may become of it.
        if disk.changes not in seen or outcome != UNKNOWN:
            seen.add(disk.changes)
            # What a refusal rests on was seen, and need not have been durable.
            possible = states if outcome == REFUSED else after(states, name, outcome)
            for left in cuts(disk, limit, chance).disks:
                checker.check(Check(left, possible, name, f"{where}{name}: power cut {point}"))

    guide = Visiting(visit)
    visit("after the end", attempt(name, At(checker.world.open(disk, "second", guide), checker.world, disk)))
