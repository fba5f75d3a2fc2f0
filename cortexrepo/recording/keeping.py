"""Keeping: files for the packages of a snapshot, from wherever they are available, into the repository.

First from what is on the machine: package managers' caches, and the files of what is installed. Only where that is
asked for from the sources that the package managers are configured with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.files import Wanted
from cortexrepo.errors import CollectError, CorruptError, CortexError, RequestError, RestoreError
from cortexrepo.model.artifact import ROOT, SOURCE, Artifact, Lack, comes_in_a_file, joined, own_name
from cortexrepo.model.progress import untold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.ecosystems.contract.files import Answer, File, Place
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
    shelf: Taker, readings: Iterable[Reading], place: Place, *, online: bool, progress: Progress | None = None
) -> Keeping:
    """Keeps a file for every package that has none. The snapshot must have been published before: see `Artifacts.has`.

    Args:
        shelf: Where to keep them.
        readings: What the snapshot holds.
        place: Where to look.
        online: Ask the configured sources for what is not on the machine.
        progress: Is told what is done, how many of how many.
    """
    work = _Work(shelf, place, progress or untold)
    try:
        for (ecosystem, holder), found in _ordered(_grouped(readings, place)):
            work.keep(ecosystem, holder, found, online=online)
    except CortexError as error:
        return Keeping(tuple(work.kept), work.present, tuple(work.lacks), error)
    return Keeping(tuple(work.kept), work.present, tuple(work.lacks))


def _grouped(readings: Iterable[Reading], place: Place) -> dict[tuple[str, str], dict[Key, list[Wanted]]]:
    """Returns the packages that come in files, by ecosystem and holder, each with all places where it is installed."""
    found: dict[tuple[str, str], dict[Key, list[Wanted]]] = {}
    for reading in readings:
        if registry.files(reading.ecosystem) is None:
            continue
        holder = "" if registry.is_one(reading.ecosystem) else place.whose.environment(reading.environment)
        for package in reading.manifest.packages if reading.manifest else ():
            if comes_in_a_file(package):
                rows = found.setdefault((reading.ecosystem, holder), {}).setdefault(_key(package, holder), [])
                rows.append(Wanted(reading.environment, reading.facts, package))
    return found


def _ordered(
    groups: dict[tuple[str, str], dict[Key, list[Wanted]]],
) -> list[tuple[tuple[str, str], dict[Key, list[Wanted]]]]:
    """Returns root's first, within each ecosystem: what is root's serves everybody, and need not be kept again."""
    ecosystems = list(dict.fromkeys(ecosystem for ecosystem, _ in groups))
    return sorted(groups.items(), key=lambda one: (ecosystems.index(one[0][0]), one[0][1] != ROOT))


def _key(package: Package, holder: str) -> Key:
    return own_name(package), package.arch, package.version, holder


class _Work:
    """What was done so far."""

    def __init__(self, shelf: Taker, place: Place, progress: Progress) -> None:
        self.kept: list[Artifact] = []
        self.present = 0
        self.lacks: list[Lack] = []
        self._shelf = shelf
        self._place = place
        self._progress = progress

    def keep(self, ecosystem: str, holder: str, packages: dict[Key, list[Wanted]], *, online: bool) -> None:
        missing = {
            key: rows for key, rows in packages.items() if not self._shelf.has(ecosystem, rows[0].package, holder)
        }
        self.present += len(packages) - len(missing)
        reasons: dict[Key, str] = {}
        there = registry.files(ecosystem)
        assert there is not None
        for ask in (there.local, there.source) if online else (there.local,):
            # What is not available in one environment may be so in another.
            for number in range(max(map(len, missing.values()), default=0)):
                wanted = [rows[number] for rows in missing.values() if number < len(rows)]
                self._take(ecosystem, holder, ask(wanted, self._place), missing, reasons)
        for key, rows in missing.items():
            self.lacks.append(Lack(ecosystem, rows[0].environment, rows[0].package, reasons[key]))

    def _take(
        self,
        ecosystem: str,
        holder: str,
        answers: Iterator[Answer],
        missing: dict[Key, list[Wanted]],
        reasons: dict[Key, str],
    ) -> None:
        count = len(missing)
        answered = set()
        try:
            for number, (wanted, found) in enumerate(answers):
                self._progress(f"keeping files of {ecosystem}", number, count)
                key = _key(wanted.package, holder)
                answered.add(key)
                if isinstance(found, str):
                    reasons[key] = found
                elif reason := self._one(ecosystem, holder, wanted, found):
                    reasons[key] = reason
                else:
                    del missing[key]
        except (CollectError, RestoreError) as error:
            # A program that cannot be started: the same for all that were not answered.
            reasons.update(dict.fromkeys(missing.keys() - answered, str(error)))

    def _one(self, ecosystem: str, holder: str, wanted: Wanted, found: File) -> str:
        marks = (ROOT, "") if holder else ("", "")
        if holder and found.origin != SOURCE:
            # Whose each file is, is looked at after it was read: nobody can give a file of theirs to root.
            made = joined(holder, self._place.whose.paths(found.made_of))
            marks = made, wanted.environment
            if made != holder:
                return f"{found.name} is made of files that somebody else than the holder of the environment can change"
        try:
            kept, is_new = self._shelf.keep(ecosystem, wanted.package, found.name, found.pieces, found.origin, *marks)
        except (CollectError, CorruptError, RequestError) as error:
            return str(error)
        if is_new:
            self.kept.append(kept)
        else:
            self.present += 1
        return ""
