"""Which schedules are run: all with few preemptions, or chance with a fixed seed, with kills and power cuts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from support.disk.crashes import Check, Checker
from support.disk.cut_states import cuts
from support.disk.footprints import Footprints
from support.disk.schedules import Actor, Run
from support.repositories.operations import BUSY, REFUSED, SINGLE, explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.repositories.world import World


_TASTE = 60


class Explored(NamedTuple):
    """What was run: schedules to their end, those that came to a state known already, and calls in all of them."""

    schedules: int
    merged: int
    steps: int
    distinct: int


class _Bounded:
    """All schedules with at most `bound` preemptions, one after the other, each from the beginning.

    A preemption is to go on with another process although the last one could go on. Two schedules that come to the
    same disk with all processes at the same place, having seen the same, have the same future: one of them is enough.

    With `chance` any of those that wait is the next one, and the same one in each run; else the last one.
    """

    def __init__(self, bound: int, footprints: Footprints | None, chance: random.Random | None = None) -> None:
        self.waiting: list[tuple[int, ...]] = [()]
        self._chance = chance
        self._bound = bound
        self._footprints = footprints
        self._known: dict[tuple[object, ...], int] = {}
        self._prefix: tuple[int, ...] = ()
        self._taken: list[int] = []
        self._left = bound
        self._print = (-1, 0)

    def next(self) -> int:
        """Takes up the next schedule; returns how many steps of it were run before."""
        if self._chance is not None:
            at = self._chance.randrange(len(self.waiting))
            self.waiting[at], self.waiting[-1] = self.waiting[-1], self.waiting[at]
        self._prefix = self.waiting.pop()
        self._taken = []
        self._leave(self._bound)
        self._print = (-1, 0)
        return max(0, len(self._prefix) - 1)

    def choose(self, run: Run, ready: list[Actor]) -> Actor | None:
        """See `Choose`: the prefix again, then whoever was last, keeping the others for later schedules."""
        at = len(self._taken)
        if at < len(self._prefix):
            chosen = next(actor for actor in ready if actor.number == self._prefix[at])
        else:
            if len(ready) > 1 and self._is_known(run):
                return None
            chosen = run.last if run.last in ready else ready[0]
            self._keep_others(run, ready, chosen)
        if run.last in ready and chosen is not run.last:
            self._leave(self._left - 1)
        self._taken.append(chosen.number)
        return chosen

    def _leave(self, left: int) -> None:
        self._left = left
        if self._footprints is not None:
            self._footprints.decisive = left > 0

    def _keep_others(self, run: Run, ready: list[Actor], chosen: Actor) -> None:
        if self._left or run.last not in ready:
            others = (actor for actor in ready if actor is not chosen)
            self.waiting += [(*self._taken, other.number) for other in others]

    def _is_known(self, run: Run) -> bool:
        if self._footprints is None:
            return False
        if self._print[0] != run.disk.changes:
            self._print = run.disk.changes, run.disk.fingerprint()
        seen = tuple(actor.process.seen for actor in run.actors)
        key = (self._print[1], seen, run.last.number if run.last else -1)
        if self._known.get(key, -1) >= self._left:
            return True
        self._known[key] = self._left
        return False


def bounded(world: World, operations: tuple[str, ...], bound: int) -> Explored:
    """Runs all schedules with at most `bound` preemptions; raises Broken with the schedule that breaks something.

    Schedules that cannot differ from those that are run are left out.

    Args:
        world: Where.
        operations: What the processes do.
        bound: How many preemptions.
    """
    footprints = _taste(world, operations)
    # Those with fewer preemptions are quick too.
    for few in range(bound):
        _explore_completely(world, operations, few, footprints)
    return _explore_completely(world, operations, bound, footprints)


def bounded_at_once(world: World, operations: tuple[str, ...], bound: int, seed: int | None = None) -> Explored:
    """As `bounded`, but not with fewer preemptions first: quicker where something is to be found.

    With a seed schedules are taken in any order, the same one for the same seed.
    """
    return _explore_completely(world, operations, bound, _taste(world, operations), seed=seed)


def _taste(world: World, operations: tuple[str, ...]) -> Footprints:
    """Returns what the processes touch in some schedules: quickly nearly all that they touch in any."""
    footprints = Footprints()
    for number in range(_TASTE):
        chance = random.Random(number)  # noqa: S311 -- the same in every run
        Run(world, operations, _Chance(chance, len(operations), faults=False).choose, footprints=footprints).go()
    return footprints


def merged_and_cut(
    world: World, operations: tuple[str, ...], bound: int, limit: int, seed: int | None = None
) -> Explored:
    """As `bounded_and_cut`, but leaves schedules out as `bounded` does: it sees less, and comes further.

    The seed is that of `bounded_at_once`.
    """
    return _explore_completely(world, operations, bound, _taste(world, operations), limit, seed)


def bounded_and_cut(world: World, operations: tuple[str, ...], bound: int, limit: int) -> Explored:
    """As `bounded`, with a power cut whenever an operation has ended: what was acknowledged must be there.

    No schedule is left out: what is not durable yet makes no difference to processes, but it does to a power cut.
    """
    explored = _explore(world, operations, bound, None, limit)
    assert explored is not None
    return explored


def _explore_completely(
    world: World,
    operations: tuple[str, ...],
    bound: int,
    footprints: Footprints,
    limit: int = 0,
    seed: int | None = None,
) -> Explored:
    explored = None
    while explored is None:
        footprints.take_up()
        explored = _explore(world, operations, bound, footprints, limit, seed)
    return explored


def _explore(
    world: World,
    operations: tuple[str, ...],
    bound: int,
    footprints: Footprints | None,
    limit: int = 0,
    seed: int | None = None,
) -> Explored | None:
    """Returns None when calls matter that did not: then all is to be explored again."""
    chance = None if seed is None else random.Random(seed)  # noqa: S311 -- the same in every run
    search = _Bounded(bound, footprints, chance)
    checker = Checker(world)

    def cut(run: Run) -> None:
        # The run itself tells its trace when this fails.
        _cut(run, str(operations), checker, random.Random(1), limit, str)  # noqa: S311 -- always the same

    schedules = merged = steps = 0
    while search.waiting:
        trusted = search.next()
        run = Run(
            world,
            operations,
            search.choose,
            footprints=footprints,
            trusted=trusted,
            acknowledged=cut if limit else None,
        )
        if run.go():
            schedules += 1
            checker.check(Check(run.disk, explain(run.ended), "create", str(operations), run.trace))
        else:
            merged += 1
        steps += len(run.calls)
        if footprints is not None and footprints.news and footprints.missed():
            return None
    return Explored(schedules, merged, steps, checker.distinct)


class _Chance:
    """One schedule by chance: random priorities that change at a few points (PCT), or every call at random."""

    def __init__(self, chance: random.Random, actors: int, *, faults: bool = True) -> None:
        self._chance = chance
        length = 40 * actors
        self._priority = list(range(actors))
        chance.shuffle(self._priority)
        self._changes = {chance.randrange(length) for _ in range(chance.randint(1, 4))}
        self._always = chance.random() < 0.3
        self._kill = chance.randrange(length) if faults and chance.random() < 0.5 else -1
        self._stop = chance.randrange(length) if faults and chance.random() < 0.5 else -1

    def choose(self, run: Run, ready: list[Actor]) -> Actor | None:
        """See `Choose`; None is a power cut."""
        if run.steps == self._stop:
            return None
        if self._always:
            chosen = self._chance.choice(ready)
        else:
            if run.last and run.steps in self._changes:
                self._priority[run.last.number] = -run.steps
            chosen = max(ready, key=lambda actor: self._priority[actor.number])
        if run.steps == self._kill:
            chosen.process.kill()
        return chosen


def by_chance(world: World, seed: int, runs: int, limit: int, operations: tuple[str, ...] = ()) -> Explored:
    """Runs operations in random schedules, with kills and power cuts; the same ones for the same seed.

    Args:
        world: Where.
        seed: Which.
        runs: How many.
        limit: How many of the states that a power cut leaves are checked.
        operations: What; any three to six when there are none.
    """
    checker = Checker(world)
    steps = 0
    for number in range(runs):
        chance = random.Random(f"{seed} {number}")  # noqa: S311 -- the same in every run
        chosen = operations or tuple(chance.choice([*SINGLE, "gc", "pack"]) for _ in range(chance.randint(3, 6)))
        run = Run(world, chosen, _Chance(chance, len(chosen)).choose)
        run.disk.late_names = chance.random() < 0.5
        steps += _run(run, f"seed {seed}, run {number}, {chosen}", checker, chance, limit)
    return Explored(runs, 0, steps, checker.distinct)


def _run(run: Run, where: str, checker: Checker, chance: random.Random, limit: int) -> int:
    if run.go():
        checker.check(Check(run.disk, explain(run.ended), "create", where, run.trace))
        return run.steps
    _cut(run, where, checker, chance, limit, run.trace)
    return run.steps


def _cut(run: Run, where: str, checker: Checker, chance: random.Random, limit: int, trace: Callable[[], str]) -> None:
    # What a refusal rests on was seen, and need not have been durable.
    ended = tuple((name, BUSY if outcome == REFUSED else outcome) for name, outcome in run.ended)
    for left in cuts(run.disk, limit, chance).disks:
        checker.check(Check(left, explain(ended), "create", f"{where}: power cut", trace))
