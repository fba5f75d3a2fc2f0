"""Keeping: files for the packages of a snapshot, from wherever they are available, into the repository.

First from what is on the machine: package managers' caches, and the files of what is installed. Only where that is
asked for from the sources that the package managers are configured with. Root reads nothing of another user's for it:
see `cortexrepo.recording.makers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.files import Wanted
from cortexrepo.errors import CollectError, CorruptError, CortexError, RequestError, RestoreError
from cortexrepo.model.artifact import ROOT, SOURCE, Artifact, Lack, comes_in_a_file, joined, own_name
from cortexrepo.model.progress import untold
from cortexrepo.recording.making import FOREIGN, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.files import Answer, File, Place, Provider
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Package
    from cortexrepo.model.progress import Progress

    Key = tuple[str, str, str, str]
    """What a file installs, and for whose environments it is."""


class Taker(Protocol):
    """Where files are kept: `repository.artifacts`."""

    def has(self, ecosystem: str, package: Package, holder: str = "") -> bool:
        """See `Artifacts.has`."""
        ...

    def keep(
        self,
        ecosystem: str,
        package: Package,
        file: str,
        pieces: Callable[[], Iterable[bytes]],
        origin: str,
        holder: str = "",
        environment: str = "",
    ) -> tuple[Artifact, bool]:
        """See `Artifacts.keep`."""
        ...


class Makers(Protocol):
    """How files are made from environments that this process does not read: `recording.makers`."""

    def user(self, reading: Reading, holder: str) -> int | None:
        """Returns the user with whose rights the files of an environment are read; None for those of this process.

        Raises CollectError where nobody reads them.
        """
        ...

    def made(self, user: int, holder: str, rows: Sequence[Row], place: Place) -> Iterator[tuple[int, Answer]]:
        """Yields answers, each with the number of its row: the last one of a row counts."""
        ...


class Keeping(NamedTuple):
    """What became of the packages of a snapshot.

    Attributes:
        kept: The files that are kept now and were not before.
        present: How many packages had one already; one that several users have counts for each.
        lacks: The packages whose files are not available, and why.
        failure: What ended it before all were looked for, such as a full disk, or None.
    """

    kept: tuple[Artifact, ...]
    present: int
    lacks: tuple[Lack, ...]
    failure: CortexError | None = None


def keep(
    shelf: Taker,
    readings: Iterable[Reading],
    place: Place,
    *,
    online: bool,
    progress: Progress | None = None,
    makers: Makers | None = None,
) -> Keeping:
    """Keeps a file for every package that has none. The snapshot must have been published before: see `Artifacts.has`.

    Args:
        shelf: Where to keep them.
        readings: What the snapshot holds.
        place: Where to look.
        online: Ask the configured sources for what is not on the machine.
        progress: Is told what is done, how many of how many.
        makers: Who makes files for root; without, this process reads all that it may.
    """
    work = _Work(shelf, place, progress or untold, makers)
    try:
        work.keep(_ordered(_grouped(readings, place, makers)), online=online)
    except CortexError as error:
        return Keeping(tuple(work.kept), work.present, tuple(work.lacks), error)
    return Keeping(tuple(work.kept), work.present, tuple(work.lacks))


class _Group:
    """The packages of one ecosystem whose files are for one holder's environments, and are read by one user.

    Attributes:
        ecosystem: The ecosystem's name.
        holder: The holder; empty where there is one environment for the machine.
        user: The user that reads, None for this process.
        refusal: Why nobody reads, or an empty string.
        missing: What has no file yet, each package with all places where it is installed.
        reasons: Why it has none.
    """

    def __init__(self, ecosystem: str, holder: str, user: int | None, refusal: str) -> None:
        self.ecosystem = ecosystem
        self.holder = holder
        self.user = user
        self.refusal = refusal
        self.missing: dict[Key, list[Wanted]] = {}
        self.reasons: dict[Key, str] = {}


def _grouped(readings: Iterable[Reading], place: Place, makers: Makers | None) -> list[_Group]:
    """Returns the packages that come in files."""
    found: dict[tuple[str, str, int | None, str], _Group] = {}
    for reading in readings:
        if registry.files(reading.ecosystem) is None or reading.manifest is None:
            continue
        ecosystem, environment = reading.ecosystem, reading.environment
        holder = "" if registry.is_one(ecosystem) else place.whose.environment(ecosystem, environment)
        user, refusal = None, ""
        if makers is not None and holder:
            try:
                user = makers.user(reading, holder)
            except CollectError as error:
                refusal = str(error)
        group = found.setdefault((ecosystem, holder, user, refusal), _Group(ecosystem, holder, user, refusal))
        for package in reading.manifest.packages:
            if comes_in_a_file(package):
                rows = group.missing.setdefault(_key(package, holder), [])
                rows.append(Wanted(environment, reading.facts, package))
    return list(found.values())


def _ordered(groups: list[_Group]) -> list[_Group]:
    """Returns root's first, within each ecosystem: what is root's serves everybody, and need not be kept again."""
    ecosystems = list(dict.fromkeys(group.ecosystem for group in groups))
    return sorted(groups, key=lambda one: (ecosystems.index(one.ecosystem), one.holder != ROOT))


def _key(package: Package, holder: str) -> Key:
    return own_name(package), package.arch, package.version, holder


class _Work:
    """What was done so far."""

    def __init__(self, shelf: Taker, place: Place, progress: Progress, makers: Makers | None) -> None:
        self.kept: list[Artifact] = []
        self.present = 0
        self.lacks: list[Lack] = []
        self._shelf = shelf
        self._place = place
        self._progress = progress
        self._makers = makers

    def keep(self, groups: Sequence[_Group], *, online: bool) -> None:
        """Keeps the files that this process looks for, then those of each user."""
        for group in groups:
            if group.user is None:
                self._begin(group)
                if group.refusal:
                    group.reasons.update(dict.fromkeys(group.missing, group.refusal))
                else:
                    self._ask(group, _provider(group).local)
                self._end(group, online=online)
        for user in dict.fromkeys(group.user for group in groups if group.user is not None):
            theirs = [group for group in groups if group.user == user]
            for group in theirs:
                self._begin(group)
            self._made(user, theirs)
            for group in theirs:
                self._end(group, online=online)

    def _begin(self, group: _Group) -> None:
        """Leaves out what has a file already."""
        for key, rows in list(group.missing.items()):
            if self._shelf.has(group.ecosystem, rows[0].package, group.holder):
                del group.missing[key]
                self.present += 1

    def _end(self, group: _Group, *, online: bool) -> None:
        """Asks the sources, where they are to be asked, and notes what there is no file of."""
        if online:
            self._ask(group, _provider(group).source)
        for key, rows in group.missing.items():
            self.lacks.append(Lack(group.ecosystem, rows[0].environment, rows[0].package, group.reasons[key]))

    def _ask(self, group: _Group, ask: Callable[[Sequence[Wanted], Place], Iterator[Answer]]) -> None:
        # What is not available in one environment may be so in another.
        for number in range(max(map(len, group.missing.values()), default=0)):
            self._take(group, ask([rows[number] for rows in group.missing.values() if number < len(rows)], self._place))

    def _take(self, group: _Group, answers: Iterator[Answer]) -> None:
        count = len(group.missing)
        answered = set()
        try:
            for number, (wanted, found) in enumerate(answers):
                self._progress(f"keeping files of {group.ecosystem}", number, count)
                answered.add(_key(wanted.package, group.holder))
                self._note(group, wanted, found)
        except (CollectError, RestoreError) as error:
            # A program that cannot be started: the same for all that were not answered.
            group.reasons.update(dict.fromkeys(group.missing.keys() - answered, str(error)))

    def _made(self, user: int, groups: Sequence[_Group]) -> None:
        """Keeps what one user's process makes, for all ecosystems."""
        wanted = [(group, Row(group.ecosystem, tuple(rows))) for group in groups for rows in group.missing.values()]
        assert self._makers is not None
        if not wanted:
            return
        holder = groups[0].holder
        for row, (one, found) in self._makers.made(user, holder, [row for _, row in wanted], self._place):
            group = wanted[row][0]
            self._progress(f"keeping files of {group.ecosystem}", row, len(wanted))
            self._note(group, one, found)

    def _note(self, group: _Group, wanted: Wanted, found: File | str) -> None:
        key = _key(wanted.package, group.holder)
        reason = found if isinstance(found, str) else self._one(group.ecosystem, group.holder, wanted, found)
        if reason:
            group.reasons[key] = reason
        else:
            del group.missing[key]

    def _one(self, ecosystem: str, holder: str, wanted: Wanted, found: File) -> str:
        marks = (ROOT, "") if holder else ("", "")
        if holder and found.origin != SOURCE:
            # Whose each file is, is looked at after it was read: nobody can give a file of theirs to root.
            made = joined(holder, self._place.whose.paths(found.made_of))
            marks = made, wanted.environment
            if made != holder:
                return f"{found.name} {FOREIGN}"
        try:
            kept, is_new = self._shelf.keep(ecosystem, wanted.package, found.name, found.pieces, found.origin, *marks)
        except (CollectError, CorruptError, RequestError) as error:
            return str(error)
        if is_new:
            self.kept.append(kept)
        else:
            self.present += 1
        return ""


def _provider(group: _Group) -> Provider:
    found = registry.files(group.ecosystem)
    assert found is not None
    return found
