"""From steps to a proposal: where every file comes from, what apt would do, and everything that stands against it."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.availability import offers, source
from cortexrepo.ecosystems.apt.command import VARIABLES, apt_get, beside
from cortexrepo.ecosystems.apt.names import Orders, file_name, is_there, orders, place, stay, words
from cortexrepo.ecosystems.apt.places import USUAL
from cortexrepo.ecosystems.apt.restore import consequences as apt_consequences
from cortexrepo.ecosystems.apt.restore import hazards as apt_hazards
from cortexrepo.ecosystems.apt.restore import memory as apt_memory
from cortexrepo.ecosystems.apt.restore import missing as apt_missing
from cortexrepo.ecosystems.apt.restore import writing as apt_writing
from cortexrepo.ecosystems.apt.restore.archive import Archive, check, write_index
from cortexrepo.ecosystems.apt.restore.causes import spoken_of, unmet
from cortexrepo.ecosystems.apt.restore.foreseen import foreseen
from cortexrepo.ecosystems.apt.restore.rebuilt import OTHER, rebuilt
from cortexrepo.ecosystems.apt.restore.rebuilt import source as source_of_content
from cortexrepo.ecosystems.apt.restore.simulation import differences, expected, parse
from cortexrepo.ecosystems.apt.state import architectures, by_place, here, interrupted
from cortexrepo.ecosystems.contract.restoring import KEEP, LEAVE_OUT, Proposal
from cortexrepo.errors import CorruptError
from cortexrepo.machine.parallel import at_once
from cortexrepo.model.content import DIGEST
from cortexrepo.model.package import HOLD
from cortexrepo.model.plan import ARTIFACT, CACHE, IN_PLACE, INSTALL, NO_WAY_BACK, REINSTALL, Obstacle, Risk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Room, Work
    from cortexrepo.machine.programs import Finished
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Source, Step

_GROWTH = re.compile(
    r"After this operation, (?P<number>[0-9.,]+) (?P<unit>[kMGTPE]?)B (?P<way>of additional|disk space)"
)
_UNITS = " kMGTPE"
_BROKEN_NOW = "E: Unmet dependencies."
"""So apt says that what is installed is broken before anything is done."""
_MEND = "see how apt would mend the packages, then do it: `apt-get --simulate --fix-broken install`"
_TOGETHER = f"restore the packages that need one another together, or {LEAVE_OUT}"
_SHOWN = 20
"""So many dependencies that are not met are named."""
_INSTALLED = "/usr"


def propose(work: Work, room: Room) -> Proposal:
    """See `Restorer.propose`."""
    known = architectures(work.now.packages)
    steps = tuple(_held(step) for step in work.steps) if work.hold else work.steps
    found = apt_hazards.obstacles(steps, work.now.packages, known)
    if any(obstacle.kind == "unsafe" for obstacle in found):
        # Nothing is asked of apt with words that are not safe.
        return Proposal(steps, tuple(found))
    if interrupted():
        found.insert(0, Obstacle("broken", "apt", "", "", "dpkg was interrupted", apt_hazards.WAY_OUT))
    asked = orders(steps, known[0])
    follows = apt_consequences.found(asked, work.now, known[0], room.machine)
    found += follows.obstacles
    risks = [*apt_hazards.risks(steps, known[0]), *follows.risks]
    if not asked.put and not asked.take:
        return Proposal(steps, tuple(found), tuple(risks))
    is_new = any(step.kind == INSTALL for step in steps)
    against, told = apt_writing.judged(follows.directories, follows.mounted, room, is_new=is_new)
    found += against
    risks += told
    return _Asking(work, room, known, steps, asked).answer(found, risks)._replace(with_release=follows.with_release)


class _Asking:
    """What is asked of apt, in three calls whatever the number of packages."""

    def __init__(self, work: Work, room: Room, known: Sequence[str], steps: tuple[Step, ...], asked: Orders) -> None:
        self._work, self._room, self._known, self._native = work, room, known, known[0]
        self._asked = asked
        enabled = [row for row in asked.put if row.arch in ("all", *known)]
        put = {file_name(row) for row in asked.put}
        self._back = [row for row in _leaving(steps) if file_name(row) not in put]
        self._offered = offers((*enabled, *self._back), self._native, room)
        self._places = here()
        self._rebuilt = rebuilt(steps)
        self._others: dict[Package, str] = {}
        self._sources = {place(row, self._native): self._source(row) for row in asked.put}
        self._steps = tuple(self._sourced(step) for step in steps)
        self._again = any(step.kind == REINSTALL for step in steps)

    def answer(self, found: list[Obstacle], risks: list[Risk]) -> Proposal:
        missing = [row for row in self._asked.put if self._sources[place(row, self._native)] is None]
        others = [row for row in missing if row in self._others]
        found += [apt_hazards.obstacle("missing", row, self._others[row], KEEP) for row in others]
        known = [row for row in missing if row.arch in ("all", *self._known) and row not in others]
        found += apt_missing.obstacles(known, self._offered, self._places, self._room)
        risks += self._no_way_back()
        there = by_place(self._work.now.packages, self._native)
        risks += foreseen(self._asked, there, self._native, self._at_hand)
        space = 0
        if not missing:
            settings = self._unlisted(found)
            if not any(obstacle.kind == "missing" for obstacle in found):
                space = self._simulate(found, settings)
        return Proposal(self._steps, tuple(found), tuple(risks), space)

    def _source(self, row: Package) -> Source | None:
        """Returns where a file comes from; what is in one that is at hand is known before anything is downloaded."""
        given = (row, self._offered, self._room, self._places.archives)
        found = source(*given)
        is_kept = found is not None and found.place == ARTIFACT and bool(row.attribute(DIGEST))
        if row not in self._rebuilt and not is_kept and (found is None or self._fits(row, found)):
            return found
        other = source_of_content(*given)
        if other is None and found is not None:
            self._others.setdefault(row, OTHER)
        return other

    def _at_hand(self, row: Package) -> str:
        """Returns the path of a package's own file; empty where it has to be downloaded first."""
        archive, chosen = Archive(self._room.staging), self._sources.get(place(row, self._native))
        if archive.has(row):
            return archive.path(row)
        return chosen.name if chosen is not None and chosen.place == CACHE else ""

    def _fits(self, row: Package, found: Source) -> bool:
        """Returns whether a file in apt's cache has the content of a row; what nobody knows of it is not looked at."""
        if found.place != CACHE or not row.attribute(DIGEST):
            return True
        try:
            check(row, found.name)
        except (CorruptError, OSError) as error:
            self._others[row] = str(error)
            return False
        return True

    def _sourced(self, step: Step) -> Step:
        if step.kind in IN_PLACE or step.after is None or not is_there(step.after):
            return step
        return step._replace(source=self._sources.get(place(step.after, self._native)))

    def _unlisted(self, found: list[Obstacle]) -> list[str]:
        """Returns the settings by which apt knows what no source offers; such a file must then be looked into."""
        archive = Archive(self._room.staging)
        paths = []
        for row in self._asked.put:
            chosen = self._sources[place(row, self._native)]
            if chosen is None or file_name(row) in self._offered:
                continue
            try:
                paths.append(_readable(row, chosen, archive, self._room))
            except (CorruptError, OSError) as error:
                found.append(apt_hazards.obstacle("missing", row, f"the package's file cannot be used: {error}"))
        if not paths:
            return []
        write_index(archive.index, paths)
        return [*beside(archive.index), "Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache="]

    def _simulate(self, found: list[Obstacle], settings: list[str]) -> int:
        """Adds an obstacle for every difference; returns how much room on the disk the steps need."""
        again = ("--reinstall",) if self._again else ()
        named = [*words(self._asked, self._native), *([] if self._again else stay(self._work.kept, self._native))]
        settings = [*settings, *apt_memory.settings(self._places.archives or USUAL.archives)]
        command = apt_get("install", *named, options=("--simulate", *again), settings=settings)
        sizes = apt_get("install", *named, options=("--print-uris", *again), settings=settings)
        run = self._room.machine.run
        ended, printed = at_once(partial(run, command, variables=VARIABLES), partial(run, sizes, variables=VARIABLES))
        if ended.code:
            found += _impossible(ended, self._work.now.packages)
            return 0
        wrong = differences(expected(self._asked, self._native), parse(ended.output, self._native))
        found += [
            Obstacle("simulation", "apt", "", "", f"apt would not follow the plan: {line}", _TOGETHER, (name,))
            for line in wrong
            for name in [line.partition(":")[0]]
        ]
        return 0 if wrong else self._space(found, grown(printed.output))

    def _space(self, found: list[Obstacle], growth: int) -> int:
        fetched = sum(chosen.size or 0 for chosen in self._sources.values() if chosen and chosen.place != CACHE)
        fetched += sum(self._offered[name].size for name in map(file_name, self._back) if name in self._offered)
        free = self._room.machine.free
        for path, need in (
            (self._places.archives or USUAL.archives, fetched),
            (self._room.staging, fetched),
            (_INSTALLED, growth),
        ):
            if need > free(path):
                reason = f"{need} bytes are needed at {path}, and {free(path)} bytes are free"
                found.append(Obstacle("space", "apt", "", "", reason, f"make room: `df {path}` shows the free space"))
        return fetched + growth

    def _no_way_back(self) -> list[Risk]:
        reason = "the installed version is not kept and cannot be downloaded: undo could not bring this version back"
        lost = [row for row in self._back if self._source(row) is None]
        other = "the same version with other files takes its place: undo may not bring these files back"
        found = [apt_hazards.risk(NO_WAY_BACK, row, reason) for row in lost]
        return found + [apt_hazards.risk(NO_WAY_BACK, row, other) for row in self._rebuilt.values()]


def _impossible(ended: Finished, now: Sequence[Package]) -> list[Obstacle]:
    """Returns why apt says no: a package and its dependency for each that is not met, else apt's own words."""
    output = ended.output + ended.errors
    there = {row.name: row for row in now if is_there(row)}
    is_there_now = _BROKEN_NOW in output
    hint = _MEND if is_there_now else _TOGETHER
    found = []
    for one in unmet(output)[:_SHOWN]:
        row = there.get(one.name.partition(":")[0])
        title = f"{row.name} {row.version}" if row is not None else one.name
        when = ", already before the restore" if is_there_now else ""
        reason = f"a dependency is not met{when}; apt says: {one.name} : {one.needs}"
        found.append(Obstacle("simulation", "apt", "", title, reason, hint, spoken_of(one.needs)))
    if found:
        return found
    complaints = [line[3:] for line in output.splitlines() if line.startswith("E: ")]
    reason = "apt cannot do this: " + ("; ".join(complaints) or f"apt-get ended with exit code {ended.code}")
    return [Obstacle("simulation", "apt", "", "", reason)]


def grown(output: str) -> int:
    """Returns by how many bytes apt says that more of the disk is used afterwards; 0 where it is less."""
    match = _GROWTH.search(output)
    if match is None or match["way"] != "of additional":
        return 0
    return int(float(match["number"].replace(",", "")) * 1000 ** _UNITS.index(match["unit"] or " "))


def _held(step: Step) -> Step:
    if step.kind in {*IN_PLACE, REINSTALL} or step.after is None or not is_there(step.after):
        return step
    return step._replace(after=step.after._replace(flags=step.after.flags | HOLD))


def _leaving(steps: Sequence[Step]) -> list[Package]:
    """Returns the rows that are installed now and will not be."""
    return [
        step.before for step in steps if step.kind not in IN_PLACE and step.before is not None and is_there(step.before)
    ]


def _readable(row: Package, chosen: Source, archive: Archive, room: Room) -> str:
    """Returns the path of the package's own file, where it can be looked into."""
    if archive.has(row):
        return archive.path(row)
    from cortexrepo.ecosystems.apt.restore.fetching import from_shelf

    if chosen.place == CACHE:
        try:
            check(row, chosen.name)
            return chosen.name
        except CorruptError:
            if not room.shelf.find("apt", row):
                raise
    from_shelf(row, archive, room)
    return archive.path(row)
