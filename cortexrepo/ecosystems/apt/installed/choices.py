"""Commands that several packages offer, of which a person may have chosen one (update-alternatives).

A package that goes takes the choice of it along, and when it comes back the command is another package's. No snapshot
says which one it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.installed.alternatives import GROUPS, LINKS
from cortexrepo.model.installed import CHOICE, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.database import Database
    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.model.package import Package

_AUTOMATIC = "auto"
_REASON = (
    "the command is {current} now, and {offered} is another choice: which one it was is not recorded; "
    "`update-alternatives --set {name} {offered}` chooses it"
)


def unchosen(database: Database, rows: Sequence[Package], chosen: Iterable[int], system: Files) -> Iterator[Finding]:
    """Yields the commands that chosen packages offer and that are another package's, without a person's word.

    Args:
        database: dpkg's files.
        rows: Every package.
        chosen: Which of them are meant.
        system: The machine.
    """
    offers = {path: found for found in _groups(system) for path in found[2]}
    for number in sorted(chosen) if offers else ():
        for path in offers.keys() & set(database.paths(rows[number]) or ()):
            name, current, _, link = offers[path]
            if database.plain(current) == database.plain(path):
                continue  # /usr is merged: the two are one program.
            reason = _REASON.format(current=current, offered=path, name=name)
            yield Finding(CHOICE, number, link, reason)


def _groups(system: Files) -> Iterator[tuple[str, str, frozenset[str], str]]:
    """Yields each command that is chosen automatically: its name, what it is, what else it could be, and its link."""
    for entry in system.entries(GROUPS):
        try:
            lines = (system.read(f"{GROUPS}/{entry.name}") or b"").decode("utf-8", "replace").split("\n")
            current = system.readlink(f"{LINKS}/{entry.name}") or ""
        except OSError:
            continue
        if lines[0] == _AUTOMATIC and len(lines) > 1:
            yield entry.name, current, frozenset(_offered(lines[2:])) - {current}, lines[1]


def _offered(lines: Sequence[str]) -> Iterator[str]:
    """Yields the programs, each followed by its priority and by what goes with it: as many lines as names before."""
    if "" not in lines:
        return
    blank = lines.index("")
    step = 2 + blank // 2
    for at in range(blank + 1, len(lines), step):
        if not lines[at]:
            return
        yield lines[at]
