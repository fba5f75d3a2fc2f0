"""Ways back: what leads an environment from how it is to how it was, for every ecosystem that can be restored."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from glob import glob
from typing import TYPE_CHECKING, NamedTuple, cast

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.restoring import Room, Work
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.model.plan import Part
from cortexrepo.recording.collecting import collect
from cortexrepo.restore.plan.steps import steps_between
from cortexrepo.restore.run.crew import Carried
from support.disk.entries import entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cortexrepo.ecosystems.contract.restoring import Proposal
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Manifest
    from cortexrepo.restore.run.crew import Phase

    Act = Callable[[Part, Room], None]

Listing = dict[str, tuple[object, ...]]
"""Everything below some roots: modes, contents, targets of links."""
Phases = tuple["Phase", ...]
WHOLE: Phases = ("fetch", "apply", "finish")
"""The phases of a restore that nothing stops."""
_CHANGES = {
    "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "subprocess.Popen",
}  # fmt: skip


class Way(NamedTuple):
    """One environment that was at `target` and has changed since. Its functions run where the environment is.

    Attributes:
        ecosystem: Its name.
        environment: The path of the environment; empty where there is one for the machine.
        home: Where programs have their home.
        staging: The directory of the part.
        roots: Patterns for all that belongs to the environment.
        kept: Files of packages that are kept, and where.
        sources: Patterns for all that files of packages come from: nothing needs it once a part is fetched.
        target: What was installed.
        then: All that was below the roots.
    """

    ecosystem: str
    environment: str
    home: str
    staging: str
    roots: tuple[str, ...]
    kept: Mapping[Artifact, str]
    sources: tuple[str, ...]
    target: Manifest | None = None
    then: Listing | None = None

    def reading(self) -> Reading:
        """Returns what is installed now, and the facts of the environment."""
        found = collect(
            only=[self.ecosystem], environments=list(filter(None, [self.environment])), environment={"HOME": self.home}
        )
        (reading,) = [one for one in found.readings if one.environment == self.environment]
        assert reading.manifest is not None, reading
        return reading

    def manifest(self) -> Manifest:
        """Returns what is installed now."""
        found = self.reading().manifest
        assert found is not None
        return found

    def listing(self) -> Listing:
        """Returns all that is below the roots now."""
        found: Listing = {}
        for root in (path for pattern in self.roots for path in glob(pattern)):
            found[root] = entry(root)
            for folder, names, files in os.walk(root):
                found |= {path: entry(path) for path in (f"{folder}/{name}" for name in (*names, *files))}
        return found

    def lose_sources(self) -> None:
        """Takes away all that files of packages come from."""
        for path in (path for pattern in self.sources for path in glob(pattern)):
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)

    def from_here(self) -> Way:
        """Returns the way back to how it is now."""
        return self._replace(target=self.manifest(), then=self.listing())

    def work(self) -> Work:
        """Returns what has to be done."""
        assert self.target is not None
        reading, now = self.reading(), self.manifest()
        steps = steps_between(self.ecosystem, now, self.target, registry.compare)
        return Work(self.ecosystem, self.environment, reading.facts, reading.facts, now, self.target, steps)

    def room(self, told: Callable[[str], None] = lambda _: None) -> Room:
        """Returns what a part has to work with."""
        os.makedirs(self.staging, mode=0o700, exist_ok=True)
        return Room(LiveMachine({}, self.home), Carried(self.kept), self.staging, told)

    def propose(self) -> Proposal:
        """Returns what the restorer proposes."""
        return registry.restorer(self.ecosystem).propose(self.work(), self.room())

    def part(self) -> Part:
        """Returns what is to be done, which nothing may stand against."""
        proposal = self.propose()
        assert proposal.obstacles == (), proposal.obstacles
        facts = self.reading().facts
        return Part(self.ecosystem, self.environment, facts, proposal.steps, proposal.space)

    def do(self, phase: Phase, part: Part) -> None:
        """Does one phase of a restore."""
        self._act(phase)(part, self.room())

    def changes(self, phase: Phase, part: Part) -> int:
        """Does one phase; returns at how many places in it `killed` can end it."""
        return _Counted(-1, everything=False).run(self._act(phase), part, self)

    def killed(self, phase: Phase, part: Part, place: int, *, everything: bool) -> int:
        """As `changes`, but ends this process for good at one of the places, and with it all that it has started."""
        return _Counted(place, everything=everything).run(self._act(phase), part, self)

    def cut_short(self, phase: Phase, part: Part, seconds: float) -> None:
        """As `do`, but ends this process for good after some time, whatever it or a program of its is doing then."""
        signal.setitimer(signal.ITIMER_REAL, seconds)
        self.do(phase, part)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _act(self, phase: Phase) -> Act:
        return cast("Act", getattr(registry.restorer(self.ecosystem), phase))


class _Counted:
    """Counts changes of the disk, programs that are started, and lines that programs write."""

    def __init__(self, last: int, *, everything: bool) -> None:
        """Takes before which of them the process is killed, and whether all that it has started is killed with it."""
        self._last = last
        self._everything = everything
        self._count = 0

    def run(self, act: Act, part: Part, way: Way) -> int:
        """Calls a function of a restorer; returns the count."""
        room = way.room(lambda _: self._one())
        sys.addaudithook(self._noticed)
        act(part, room)
        return self._count

    def _noticed(self, event: str, arguments: tuple[object, ...]) -> None:
        flags = arguments[2] if event == "open" else 0
        if event in _CHANGES or (isinstance(flags, int) and flags & os.O_CREAT):
            self._one()

    def _one(self) -> None:
        if self._count == self._last:
            for process in _descendants() if self._everything else ():
                os.kill(process, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1


def _descendants() -> list[int]:
    """Returns the processes that this one has started, and those that they have started."""
    parents: dict[int, int] = {}
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as file:
                parents[int(number)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [os.getpid()]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found[1:]
