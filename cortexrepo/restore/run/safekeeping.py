"""Keeping what goes: the files of packages that a restore takes away, into the repository, as far as a limit lets it.

Without them, what no source offers could not come back: `undo` restores the snapshot from before a restore, and takes
from the repository what it keeps. A collector drops these files as any others, with the last snapshot that needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.restoring import NOTE
from cortexrepo.errors import CollectError, CortexError, StoreError
from cortexrepo.formats.text.quantities import counted, size
from cortexrepo.model.artifact import Artifact, Lack, own_name, serves
from cortexrepo.model.content import DIGEST
from cortexrepo.model.plan import NO_WAY_BACK, Risk
from cortexrepo.restore.plan.losses import going, without_file, without_way_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.files import Answer
    from cortexrepo.ecosystems.contract.restoring import Shelf
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Part
    from cortexrepo.recording.keeping import Keeping, Taker
    from cortexrepo.restore.run.entry import Begun

    Keep = Callable[[Taker, Sequence[Reading]], Keeping]
    """Looks for files of packages on this machine, then at the configured sources, and gives them to a taker."""
    Brought = Callable[[Part, str], Iterable[Answer]]
    """The files of what goes that were fetched for a part, by its staging directory."""

LIMIT = 1 << 30
"""A restore keeps at most so many bytes of files of what goes."""
_UNKNOWN = "it is not known whether files of the packages that go can be kept"
_OTHER = "a file of this version is kept, and it is not known whether that has the same content"
_NOT_KEPT = "no file was kept for undo"


class Safekeeping(Protocol):
    """What a restore asks about what it takes away."""

    def lost(self, parts: Sequence[Part]) -> list[Risk]:
        """Returns a risk for each package that goes and could not come back. Changes nothing."""
        ...

    def keep(self, begun: Sequence[Begun]) -> list[Risk]:
        """Keeps the files of what goes; returns a risk for each of which nobody knew before that it is not kept.

        The snapshot from before the restore must have been stored. Raises StoreError where the repository cannot keep.
        """
        ...


class Nothing:
    """Keeps nothing, and foresees nothing."""

    def lost(self, parts: Sequence[Part]) -> list[Risk]:  # noqa: ARG002 -- the same for all
        """See `Safekeeping.lost`."""
        return []

    def keep(self, begun: Sequence[Begun]) -> list[Risk]:  # noqa: ARG002 -- the same for all
        """See `Safekeeping.keep`."""
        return []


class Keeper:
    """Keeps files in a repository."""

    def __init__(
        self,
        shelf: Shelf,
        taker: Taker,
        look: Keep,
        brought: Brought,
        told: Callable[[str], None],
        *,
        limit: int = LIMIT,
    ) -> None:
        """Takes what is kept already, where to keep, how files are found, and what is told to people."""
        self._shelf = shelf
        self._taker = taker
        self._look = look
        self._brought = brought
        self._told = told
        self._limit = limit

    def lost(self, parts: Sequence[Part]) -> list[Risk]:
        """See `Safekeeping.lost`: every file is made as it will be, and only counted.

        An ecosystem that knows what its sources offer, and fetches what goes, says by itself what is lost.
        """
        readings = going(part for part in parts if registry.back(part.ecosystem) is None)
        if not readings:
            return []
        found: list[Risk] = without_file(readings)
        try:
            kept = self._look(Limited(Rehearsal(self._shelf), self._limit), readings)
        except (CortexError, OSError) as error:
            return [*found, *_unknown(readings, error)]
        found += without_way_back(map(self._told_of_kept, kept.lacks))
        return found if kept.failure is None else [*found, *_unknown(readings, kept.failure)]

    def keep(self, begun: Sequence[Begun]) -> list[Risk]:
        """See `Safekeeping.keep`: first what no source may have, then what was fetched."""
        taker = Limited(self._taker, self._limit)
        lacks: list[Lack] = []
        readings = going(one.part for one in begun if registry.back(one.part.ecosystem) is None)
        try:
            if readings:
                kept = self._look(taker, readings)
                if kept.failure is not None:
                    raise kept.failure
                lacks += kept.lacks
            for one in begun:
                if registry.back(one.part.ecosystem) is not None:
                    lacks += _taken(one.part, self._brought(one.part, one.staging), taker)
        except OSError as error:
            where = error.filename or "a file"
            raise StoreError(f"the files of packages that go cannot be kept: {where}: {error.strerror}") from error
        if taker.count:
            self._told(f"{counted(taker.count, 'file')} ({size(taker.size)}) kept for undo")
        return without_way_back(map(self._told_of_kept, lacks))

    def _told_of_kept(self, lack: Lack) -> Lack:
        """Returns a lack that says of a file of the same version that it is kept."""
        has = self._shelf.find(lack.ecosystem, lack.package)
        return lack._replace(reason=f"{lack.reason}; {_OTHER}") if has else lack


def unforeseen(now: Iterable[Risk], before: Iterable[Risk], told: Callable[[str], None]) -> tuple[Risk, ...]:
    """Returns the risks that a plan has not named, each told as a note."""
    known = {one[:4] for one in before}
    found = tuple(one for one in now if one[:4] not in known)
    for one in found:
        told(f"{NOTE}{one.package}: {_NOT_KEPT}: {one.reason}")
    return found


class Limited:
    """A taker that takes no more than a limit.

    A file of the same version that is kept may have another content than what is installed: where a digest tells
    contents apart, the installed one is kept as well.

    Attributes:
        count: How many files were taken that were not there.
        size: Their bytes.
    """

    def __init__(self, taker: Taker, limit: int) -> None:
        """Takes where files go, and how many bytes may."""
        self.count = self.size = 0
        self._taker = taker
        self._limit = limit

    def has(self, ecosystem: str, package: Package, holder: str = "") -> bool:
        """See `Taker.has`."""
        return not package.attribute(DIGEST) and self._taker.has(ecosystem, package, holder)

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
        """See `Taker.keep`; raises CollectError for a file that is too much."""

        def counted_pieces() -> Iterator[bytes]:
            left = self._limit - self.size
            for piece in pieces():
                left -= len(piece)
                if left < 0:
                    raise CollectError(f"{file} is over the limit: a restore keeps {size(self._limit)} of what goes")
                yield piece

        kept, is_new = self._taker.keep(ecosystem, package, file, counted_pieces, origin, holder, environment)
        if is_new:
            self.count += 1
            self.size += kept.size
        return kept, is_new


class Rehearsal:
    """A taker that keeps nothing: it says what would be kept."""

    def __init__(self, shelf: Shelf) -> None:
        """Takes what is kept already."""
        self._shelf = shelf

    def has(self, ecosystem: str, package: Package, holder: str = "") -> bool:
        """See `Taker.has`."""
        return any(serves(one, holder) or one.holder == holder for one in self._shelf.find(ecosystem, package))

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
        """See `Taker.keep`: reads everything."""
        length = sum(map(len, pieces()))
        name = own_name(package)
        made = Artifact(ecosystem, name, package.arch, package.version, file, "0" * 64, length, origin)
        return made._replace(holder=holder, environment=environment), True


def _taken(part: Part, answers: Iterable[Answer], taker: Limited) -> Iterator[Lack]:
    """Keeps what was fetched; yields what is not kept. What could not be fetched, the plan has named."""
    for wanted, found in answers:
        if isinstance(found, str) or taker.has(part.ecosystem, wanted.package):
            continue
        try:
            taker.keep(part.ecosystem, wanted.package, found.name, found.pieces, found.origin)
        except CollectError as error:
            yield Lack(part.ecosystem, part.environment, wanted.package, str(error))


def _unknown(readings: Iterable[Reading], error: Exception) -> list[Risk]:
    reason = f"{_UNKNOWN}: {error}"
    return [Risk(NO_WAY_BACK, one.ecosystem, one.environment, "", reason) for one in readings]
