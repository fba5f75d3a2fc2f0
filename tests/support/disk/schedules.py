"""Several processes at once, one call at a time, in an order that somebody chooses: runs that can be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import greenlet

from support.disk.process import Current, Killed, Process
from support.repositories.operations import UNKNOWN, At, attempt
from support.repositories.world import Broken, check_complete

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.disk.footprints import Footprints
    from support.disk.process import Call
    from support.repositories.world import World

    Choose = Callable[["Run", list["Actor"]], "Actor | None"]
    """From a run and those that can go on to the one that does; None ends the run here."""


class Actor:
    """A process that does one operation, and stops before every call."""

    def __init__(self, run: Run, number: int, operation: str) -> None:
        self.number = number
        self.operation = operation
        self.process = Process(run.disk, f"{number} {operation}", run)
        self.outcome = ""
        self.broken: Broken | None = None
        self.blocked: Callable[[], bool] | None = None
        self._at = At(run.world.repository(self.process), run.world, run.disk)
        self._greenlet = greenlet.greenlet(self._work)

    def _work(self) -> None:
        try:
            self.outcome = attempt(self.operation, self._at)
        except Broken as error:
            self.broken = error

    @property
    def ended(self) -> bool:
        """Whether it has done its work, or was killed."""
        return bool(self._greenlet.dead)

    @property
    def ready(self) -> bool:
        """Whether it can go on: what it waits for, if anything, is free."""
        return self.blocked is None or self.blocked()

    def go(self, *, wait_is_over: bool = True) -> None:
        """Has it make the call that it stopped before, and go on to the next."""
        self.blocked = None
        Current.process = self.process
        self._greenlet.switch(*(() if not self._greenlet else (wait_is_over,)))

    def stop(self) -> None:
        """Ends it where it is; nothing that it would still do reaches the disk."""
        self.process.kill()
        if self._greenlet and not self.ended:
            self._greenlet.throw(Killed)


class Run:
    """One run of some operations under one schedule. It is the guide of all their processes."""

    def __init__(
        self,
        world: World,
        operations: tuple[str, ...],
        choose: Choose,
        *,
        footprints: Footprints | None = None,
        trusted: int = 0,
        acknowledged: Callable[[Run], None] | None = None,
    ) -> None:
        """Prepares a run.

        Args:
            world: Where.
            operations: What the processes do.
            choose: Who goes on.
            footprints: When given, a process stops only before calls that matter to another.
            trusted: So many steps were the same in a run that was checked.
            acknowledged: Looks at the run whenever an operation has ended.
        """
        self.world = world
        self.disk = world.copy()
        self.steps = 0
        self.last: Actor | None = None
        self.calls: list[Call] = []
        self._choose = choose
        self._footprints = footprints
        self._trusted = trusted
        self._acknowledged = acknowledged
        self._made = [0] * len(operations)
        self._checked = -1
        self._hub = greenlet.getcurrent()
        self.actors = [Actor(self, number, operation) for number, operation in enumerate(operations)]

    @property
    def ended(self) -> tuple[tuple[str, str], ...]:
        """How every operation ended; UNKNOWN for those that did not."""
        return tuple((actor.operation, actor.outcome or UNKNOWN) for actor in self.actors)

    def trace(self) -> str:
        """Returns the calls so far, a line each."""
        return "\n".join(map(str, self.calls))

    def before(self, call: Call) -> None:
        """See `Guide.before`: whoever is chosen goes on. What the call before left is looked at first."""
        self._check()
        if call.private:
            return
        self.calls.append(call)
        number = self._number(call)
        self._made[number] += 1
        if self._footprints is None or self._footprints.matters(number, call, self._made):
            self._hub.switch()

    @staticmethod
    def _number(call: Call) -> int:
        return int(call.process.name.partition(" ")[0])

    def _check(self) -> None:
        if self.disk.changes != self._checked and self.steps > self._trusted:
            self._checked = self.disk.changes
            check_complete(self.disk)

    def wait(self, call: Call, free: Callable[[], bool]) -> bool:
        """See `Guide.wait`."""
        self.calls.append(call)
        self.actors[self._number(call)].blocked = free
        return bool(self._hub.switch())

    def go(self) -> bool:
        """Runs until all have ended, and returns True; False when the run was ended before. Raises Broken."""
        try:
            while live := [actor for actor in self.actors if not actor.ended]:
                ready = [actor for actor in live if actor.ready]
                if not ready:
                    # All wait for one another: that is what a time-out is for.
                    live[0].go(wait_is_over=False)
                    continue
                chosen = self._choose(self, ready)
                if chosen is None:
                    return False
                self._step(chosen)
        except Broken as error:
            raise Broken(f"{error}\n{self.trace()}") from error
        finally:
            for actor in self.actors:
                actor.stop()
        return True

    def _step(self, actor: Actor) -> None:
        self.last = actor
        self.steps += 1
        actor.go()
        if actor.broken:
            raise actor.broken
        if actor.ended:
            self._check()
            if self._acknowledged and self.steps > self._trusted:
                self._acknowledged(self)
