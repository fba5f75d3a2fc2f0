"""Which paths dpkg installed, by its lists of files. See `Owning`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.places import INFO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.machine.files import System

_LIST = ".list"
_ALL = "*"


def is_used(system: System) -> bool:
    """See `Owning.is_used`."""
    return system.is_directory(INFO)


def owned(system: System, paths: Iterable[str], among: Sequence[str] = ()) -> set[str]:
    """See `Owning.owned`."""
    wanted = {path: f"\n{path}\n".encode(errors="surrogateescape") for path in paths}
    found: set[str] = set()
    for listing in _lists(system, among or (_ALL,)):
        content = b"\n" + (system.read(listing) or b"") + b"\n"
        found.update(path for path, line in wanted.items() if line in content)
        if len(found) == len(wanted):
            break
    return found


def _lists(system: System, among: Sequence[str]) -> Iterator[str]:
    """Yields the paths of the lists of some packages; the directory is read only where that cannot be avoided."""
    for name in among:
        if not name.endswith(_ALL):
            yield f"{INFO}/{name}{_LIST}"
            continue
        begin = name.removesuffix(_ALL)
        for entry in system.entries(INFO):
            if entry.name.startswith(begin) and entry.name.endswith(_LIST):
                yield f"{INFO}/{entry.name}"
