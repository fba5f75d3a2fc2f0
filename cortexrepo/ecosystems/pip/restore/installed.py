"""What is installed in a site directory: which files belong to which distribution."""

from __future__ import annotations

import os
import posixpath
import shlex
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.restoring import LEAVE_OUT
from cortexrepo.ecosystems.pip.metadata import describe, name_in, normalise
from cortexrepo.ecosystems.pip.wheels import record as pip_record
from cortexrepo.errors import RestoreError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.text import clean
from cortexrepo.machine.whose.holding import held_paths
from cortexrepo.model.package import BROKEN
from cortexrepo.named import NamedTuple
from cortexrepo.rights.groups import SystemGroups
from cortexrepo.rights.ways import Ways, others

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.ecosystems.pip.environments.layout import Layout
    from cortexrepo.model.package import Package

_CACHE = "__pycache__"


class Installed(NamedTuple):
    """One distribution: `info` is the path of its dist-info or egg-info; name and version are empty if not known."""

    info: str
    name: str
    version: str


class Site:
    """The distributions of one environment, as they were when this was made."""

    def __init__(self, layout: Layout) -> None:
        """Reads the names and versions of all distributions. Raises OSError."""
        self.layout = layout
        self.found = list(_find(layout.site))
        self._listings: dict[str, list[str]] = {}

    def one(self, row: Package) -> Installed:
        """Returns the distribution of a row; RestoreError: it is not there, or there are several."""
        if row.flags & BROKEN:
            matching = [one for one in self.found if _stem(one) == row.name and not (one.name and one.version)]
        else:
            matching = [one for one in self.found if (normalise(one.name), one.version) == (row.name, row.version)]
        if len(matching) != 1:
            what = "is not installed" if not matching else "is installed more than once"
            raise RestoreError(f"{row.name} {row.version} {what} in {self.layout.site}")
        return matching[0]

    def files(self, installed: Installed) -> list[str]:
        """Returns the files that belong to a distribution and are there, its bytecode with them, sorted.

        Raises:
            RestoreError: Nothing says which files are its own, or some of them are outside of the environment.
        """
        paths = dict.fromkeys(self._listed(installed))
        for directory, _, names in os.walk(installed.info):
            paths.update(dict.fromkeys(f"{directory}/{name}" for name in names))
        for path in list(paths):
            paths.update(dict.fromkeys(self.bytecode(path)))
        for path in paths:
            if not any(path.startswith(root + "/") for root in self.layout.roots):
                raise RestoreError(f"{installed.info} names {path}, which is outside of the environment")
        return sorted(path for path in paths if os.path.isfile(path) or os.path.islink(path))

    def bytecode(self, path: str) -> list[str]:
        """Returns what Python has compiled of a module."""
        if not path.endswith(".py"):
            return []
        parent, name = posixpath.split(path)
        directory = f"{parent}/{_CACHE}"
        if directory not in self._listings:
            self._listings[directory] = os.listdir(directory) if os.path.isdir(directory) else []
        start = name.removesuffix("py")
        return [f"{directory}/{one}" for one in self._listings[directory] if one.startswith(start)]

    def named_by_others(self, leaving: Iterable[Installed]) -> set[str]:
        """Returns the files that distributions name which stay: those may share some with one that goes."""
        gone = {installed.info for installed in leaving}
        named: set[str] = set()
        for installed in self.found:
            if installed.info in gone or not os.path.isfile(f"{installed.info}/RECORD"):
                continue
            for entry in pip_record.read(f"{installed.info}/RECORD"):
                named.add(posixpath.normpath(posixpath.join(self.layout.site, entry.path)))
        return named

    def _listed(self, installed: Installed) -> list[str]:
        record, legacy = f"{installed.info}/RECORD", f"{installed.info}/installed-files.txt"
        if installed.info.endswith(".dist-info") and os.path.isfile(record):
            _check_is_roots(record)
            if entries := pip_record.read(record):
                found = (one._replace(path=pip_record.unpacked(one.path, self.layout.prefix)) for one in entries)
                return [_place(one, self.layout.site, record) for one in found if one.path]
        if installed.info.endswith(".egg-info") and os.path.isfile(legacy):
            _check_is_roots(legacy)
            with open(legacy, encoding="utf-8", errors="surrogateescape") as file:
                entries = [pip_record.Entry(line.rstrip("\n")) for line in file if line.strip()]
            return [_place(entry, installed.info, legacy) for entry in entries]
        if installed.info.endswith(".dist-info") and not (installed.name and installed.version):
            return []  # Left by an installation that was killed: the directory itself is all that is known.
        raise RestoreError(
            f"{installed.info} has no list of its files",
            hint="remove the package with the tool that installed the package, then `cortex snapshot restore REV`",
        )


def _check_is_roots(record: str) -> None:
    """Checks that root takes no list of files from another user, who would have root remove other files."""
    found = held_paths([record], 0, Ways(SystemGroups())).objection if os.geteuid() == 0 else None
    if found is not None:
        raise RestoreError(found.reason, hint=f"`{found.remedy}`, or {LEAVE_OUT}")


def _place(entry: pip_record.Entry, base: str, record: str) -> str:
    """Returns the absolute path that a line of a list of files means; RestoreError: a user's link leads there.

    Links of root's count, such as that of an environment from `lib64` to `lib`. Those of a user would have root remove
    the files of other packages.
    """
    place = pip_record.place(entry, base)
    written = posixpath.dirname(posixpath.normpath(posixpath.join(base, entry.path)))
    if os.geteuid() == 0 and posixpath.dirname(place) != written and (users := others(written)):
        theirs = next(iter(users.values()))
        raise RestoreError(
            f"{record} names files in {written}, and another user can change {theirs}, a part of this path",
            hint=f"look at this path: `ls -ld {shlex.quote(theirs)}`; or {LEAVE_OUT}",
        )
    return place


def _find(site: str) -> Iterator[Installed]:
    system = LiveSystem({})
    for name in sorted(os.listdir(site)):
        if name[0] in "~." or not name.endswith((".dist-info", ".egg-info")):
            continue
        path = f"{site}/{name}"
        file = path if os.path.isfile(path) else f"{path}/{'METADATA' if name.endswith('.dist-info') else 'PKG-INFO'}"
        try:
            found = describe(system, file) or ("", "")
        except OSError:
            found = ("", "")
        yield Installed(path, *found)


def _stem(installed: Installed) -> str:
    """Returns the name that the collector gives a distribution whose description says none."""
    name = posixpath.basename(installed.info)
    return normalise(installed.name or clean(name_in(name)))
