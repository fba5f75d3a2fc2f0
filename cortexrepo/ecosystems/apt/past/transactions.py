"""dpkg's log as transactions: what was changed in one go and by which command, from when on it is complete. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.past.dpkglog import STARTUP, Line
from cortexrepo.ecosystems.apt.past.packagelog import PENDING, Contradiction, PackageLog
from cortexrepo.ecosystems.apt.past.windows import PAUSE
from cortexrepo.model.imported import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.apt.past.apthistory import Entry
    from cortexrepo.ecosystems.apt.past.packagelog import Key, Known, Step
    from cortexrepo.ecosystems.apt.past.windows import Windows
    from cortexrepo.machine.localtime import Clock

MOST = 1 << 18
"""So many changes are kept, the newest ones; and so many packages are followed."""

_HELD = 1024


class Transaction:
    """What was changed in one go.

    Attributes:
        start: The moment of its first line, in seconds since 1970.
        end: That of its last one.
        entry: What apt says of it; None for what was done without apt.
        whole: Whether its beginning is known, so that it can be undone.
        changes: Each package's state before and after.
    """

    __slots__ = ("changes", "end", "entry", "start", "whole")

    def __init__(self, moment: int, entry: Entry | None, *, whole: bool) -> None:
        """Begins with no change."""
        self.start = self.end = moment
        self.entry = entry
        self.whole = whole
        self.changes: dict[Key, tuple[Known | None, Known | None]] = {}

    def changed(self) -> dict[Key, tuple[Known | None, Known | None]]:
        """Returns the packages whose state is another one afterwards."""
        return {key: change for key, change in self.changes.items() if change[0] != change[1]}


class Gathered(NamedTuple):
    """The transactions from the oldest on, and why there are no older ones."""

    transactions: tuple[Transaction, ...]
    gap: Gap | None


class Gatherer:
    """Takes the lines of the log one after the other, from the oldest on, and puts them together."""

    def __init__(self, work: Windows, clock: Clock, native: str, most: int = MOST) -> None:
        """Takes when apt was at work, a clock that was not asked for anything else, and the machine's architecture."""
        self._windows = work
        self._clock = clock
        self._packages = PackageLog(native)
        self._most = most
        self._done: deque[Transaction] = deque()
        self._count = 0
        self._current: Transaction | None = None
        self._lost = self._fragment = ""
        self._gap: Gap | None = None
        self._in_run = False
        self._held: list[tuple[Line, int]] = []

    def lose(self, reason: str) -> None:
        """Takes note that lines are missing here."""
        self._release()
        self._lost = self._fragment = reason
        self._in_run = False

    def add(self, line: Line) -> None:
        """Takes the next line.

        A run of dpkg that finds triggers waiting says so before it says that it has begun.
        """
        moment = self._clock.moment(line.clock)
        if line.state == PENDING and (self._held or self._is_later(moment)) and len(self._held) < _HELD:
            self._held.append((line, moment))
            return
        begins = line.verb == STARTUP and bool(self._held) and self._is_nearer(moment)
        if begins:
            self._take(line, moment)
        self._release()
        if not begins:
            self._take(line, moment)

    def _is_later(self, moment: int) -> bool:
        return self._current is None or moment > self._current.end

    def _is_nearer(self, moment: int) -> bool:
        """Returns whether what is held was written when the run that begins now did, rather than by the one before."""
        held = self._held[0][1]
        return self._current is None or moment - held < held - self._current.end

    def _release(self) -> None:
        held, self._held = self._held, []
        for line, moment in held:
            self._take(line, moment)

    def _take(self, line: Line, moment: int) -> None:
        if line.verb == STARTUP or self._current is None or self._lost:
            self._begin(line, moment)
        if self._lost:
            self._break(moment, self._lost)
            self._packages.restart()
            self._lost = ""
        self._in_run = self._in_run or line.verb == STARTUP
        assert self._current is not None
        self._current.end = moment
        step = self._packages.follow(line)
        if isinstance(step, Contradiction) and self._packages.key(line.name, line.arch) not in self._current.changes:
            # What came between this transaction and the ones before is for `leading` to judge.
            step = self._packages.again(line)
        if isinstance(step, Contradiction):
            self._break(moment, step.reason)
            self._packages.restart(line)
        elif step is not None:
            self._note(step)
            self._bound(moment)
        if not self._in_run and line.name:
            self._break(moment, self._fragment or f"the log begins in the middle of a change of {line.name}")

    def close(self, now: int) -> Gathered:
        """Returns what there is; `now` is in seconds since 1970. Nothing may be added afterwards."""
        self._release()
        if self._lost:
            self._gap = Gap(now * 1000, self._lost)
            self._packages.restart()
            return Gathered((), self._gap)
        if self._current is not None:
            self._done.append(self._current)
        return Gathered(tuple(self._done), self._gap)

    def _begin(self, line: Line, moment: int) -> None:
        """Begins a transaction, unless the line still belongs to the one before."""
        current = self._current
        last = (current.entry, current.end) if current is not None else (None, 0)
        entry = self._windows.entry(moment, line.state, *last)
        if current is not None and entry is current.entry and (entry or abs(moment - current.end) <= PAUSE):
            return
        if current is not None:
            self._done.append(current)
            self._count += len(current.changes)
        self._current = Transaction(moment, entry, whole=True)

    def _note(self, step: Step) -> None:
        assert self._current is not None
        changes = self._current.changes
        known = changes.get(step.key)
        changes[step.key] = (step.before if known is None or step.corrected else known[0], step.after)

    def _break(self, moment: int, reason: str) -> None:
        """Gives up what is before this line."""
        assert self._current is not None
        self._done.clear()
        self._count = 0
        self._current.whole = False
        self._current.changes.clear()
        self._gap = Gap(moment * 1000, reason)

    def _bound(self, moment: int) -> None:
        """Gives up the oldest transactions where there are more changes than can be kept."""
        assert self._current is not None
        most = self._most
        while self._done and self._count + len(self._current.changes) > most:
            self._count -= len(self._done.popleft().changes)
            oldest = self._done[0] if self._done else self._current
            oldest.whole = False
            self._gap = Gap(
                oldest.start * 1000, f"the logs hold more than {most} changes: only the newest changes are used"
            )
        if len(self._current.changes) > most or len(self._packages) > most:
            self._break(moment, f"one transaction holds more than {most} changes")
            self._packages.restart()


def gather(pieces: Iterable[Line | str], gatherer: Gatherer, now: int) -> Gathered:
    """Returns what the lines tell; a text among them says why lines are missing there."""
    for piece in pieces:
        if isinstance(piece, str):
            gatherer.lose(piece)
        else:
            gatherer.add(piece)
    return gatherer.close(now)
