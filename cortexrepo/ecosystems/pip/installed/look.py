"""Whether installed files are what RECORD says. See `Inspector`.

Two distributions may name one file, such as a program: it is the file of the one that was installed last, and right as
long as that one is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.installed import Tally, compared, there
from cortexrepo.ecosystems.pip.installed.booked import booked as against_book
from cortexrepo.ecosystems.pip.installed.records import NoListError, Records
from cortexrepo.model.installed import CHANGED, COMPARED, MISSING, NOBODY, PRESENT, TAKEN, UNSEEN, WHOLE, Finding
from cortexrepo.model.package import EDITABLE, OWNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.ecosystems.contract.installed import Asked, Seen
    from cortexrepo.ecosystems.pip.installed.records import Line
    from cortexrepo.model.package import Package

    Doubt = tuple[int, Line, Seen]
    """A file that is not what its distribution says: whose, which, and what was seen."""

_OUTSIDE = "the file is outside of the environment"
_ELSEWHERE = "the package is installed from a directory of its own, whose files have no list"
_CONDA = "conda rewrites files when it installs, and their checksums are those from before"


def look(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.look`."""
    try:
        records = Records(asked, system)
    except (NoListError, OSError) as error:
        yield Finding(UNSEEN, NOBODY, asked.environment, _reason(error))
        return
    doubts: list[Doubt] = []
    for number in sorted(asked.chosen):
        if not asked.rows[number].flags & OWNED:
            yield from _package(number, asked.rows[number], records, system, doubts)
    yield from _settled(doubts, records, asked.rows, system)


def lost(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.lost`: content is read of programs and other files outside of the site directory only."""
    records = _records(asked, system)
    doubts: list[Doubt] = []
    for number, line in _lines(records, asked.rows, set(range(len(asked.rows))) - asked.chosen):
        if not line.is_inside:
            continue
        is_shared = line.digest and not line.path.startswith(f"{records.site}/")
        seen = _compared(system, line) if is_shared else there(system, line.path)
        if seen.kind not in {COMPARED, PRESENT, UNSEEN}:
            doubts.append((number, line, seen))
    yield from _settled(doubts, records, asked.rows, system)


def held(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.held`."""
    records = _records(asked, system)
    going = {line.path for _, line in _lines(records, asked.rows, asked.chosen)}
    for number, line in _lines(records, asked.rows, set(range(len(asked.rows))) - asked.chosen):
        if line.path in going and line.digest and _compared(system, line).kind == CHANGED:
            yield Finding(TAKEN, number, line.path, "the file is another distribution's at present")


def booked(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.booked`."""
    return against_book(asked, system)


def _records(asked: Asked, system: Files) -> Records:
    """Returns the lists; raises OSError."""
    try:
        return Records(asked, system)
    except NoListError as error:
        raise OSError(0, str(error), asked.environment) from error


def _lines(records: Records, rows: Sequence[Package], numbers: Iterable[int]) -> Iterator[tuple[int, Line]]:
    """Yields the files of packages, as far as there is a list of them."""
    for number in sorted(numbers):
        if rows[number].flags & OWNED:
            continue
        try:
            lines = records.lines(rows[number])
        except (NoListError, OSError):
            continue
        for line in lines:
            yield number, line


def _package(number: int, row: Package, records: Records, system: Files, doubts: list[Doubt]) -> Iterator[Finding]:
    """Yields what is found of one distribution; what another one may answer for goes to `doubts`."""
    tally = Tally(number)
    if row.flags & EDITABLE:
        yield Finding(UNSEEN, number, "", _ELSEWHERE, WHOLE)
    try:
        lines = records.lines(row)
    except (NoListError, OSError) as error:
        if not row.flags & EDITABLE:
            yield Finding(UNSEEN, number, "", _reason(error), WHOLE)
        return
    for line in lines:
        if not line.is_inside:
            yield Finding(UNSEEN, number, line.path, _OUTSIDE)
            continue
        seen = _compared(system, line) if line.digest else there(system, line.path)
        if seen.kind == UNSEEN:
            yield Finding(UNSEEN, number, line.path, seen.reason)
        elif seen.kind == CHANGED and row.attribute("installer") == "conda":
            tally.add(UNSEEN, _CONDA)
        elif seen.kind in {COMPARED, PRESENT}:
            tally.add(seen.kind)
        else:
            doubts.append((number, line, seen))
    yield from tally.findings()


def _compared(system: Files, line: Line) -> Seen:
    return compared(system, line.path, line.algorithm, line.digest, line.size)


def _settled(doubts: Sequence[Doubt], records: Records, rows: Sequence[Package], system: Files) -> Iterator[Finding]:
    """Yields the doubts that are right: no other distribution names the file and has it as it is."""
    wanted = {line.path for _, line, seen in doubts if seen.kind == CHANGED}
    others: dict[str, list[tuple[int, Line]]] = {}
    for number, line in _lines(records, rows, range(len(rows))) if wanted else ():
        if line.path in wanted and line.digest:
            others.setdefault(line.path, []).append((number, line))
    for number, line, seen in doubts:
        rivals = [other for owner, other in others.get(line.path, ()) if owner != number]
        if seen.kind == MISSING or not any(_compared(system, other).kind == COMPARED for other in rivals):
            yield Finding(seen.kind, number, line.path, seen.reason)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, NoListError) else f"{getattr(error, 'strerror', None) or error}"
