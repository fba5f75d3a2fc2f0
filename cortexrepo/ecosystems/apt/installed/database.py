"""What dpkg knows of installed files, read once and kept for one look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.installed import diversions, filters, lists
from cortexrepo.ecosystems.apt.installed.diversions import Diversions
from cortexrepo.ecosystems.apt.installed.filters import Filters
from cortexrepo.ecosystems.apt.names import is_there
from cortexrepo.ecosystems.apt.places import INFO
from cortexrepo.ecosystems.apt.read import status_files
from cortexrepo.ecosystems.apt.state import condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.diversions import Diversion
    from cortexrepo.ecosystems.apt.installed.lists import Conffile, Sums
    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.model.package import Package

DIVERSIONS = "/var/lib/dpkg/diversions"
CONFIGURATION = "/etc/dpkg/dpkg.cfg"
_SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "config")
_MERGED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/libo32")
"""What may be a link into /usr: a file has two names then, and lists have either."""


class Database:
    """dpkg's own files. Whatever is asked for raises OSError where it cannot be read.

    Attributes:
        diversions: Where files are put that are moved aside.
        all_diversions: The same, one by one.
        filters: Which files are left out.
        damaged: Files of dpkg's that make no sense to their end.
    """

    def __init__(self, system: Files) -> None:
        """Reads what is about all packages; raises OSError."""
        self.damaged: list[str] = []
        self._system = system
        self._info = {entry.name for entry in system.entries(INFO)}
        self.all_diversions: list[Diversion]
        self.all_diversions, is_sound = diversions.parse(system.read(DIVERSIONS) or b"")
        if not is_sound:
            self.damaged.append(DIVERSIONS)
        self.diversions = Diversions(self.all_diversions)
        self.filters = Filters(self._rules())
        self._conffiles = self._all_conffiles()
        self._merged = tuple(
            (f"{path}/", f"/usr{path}/") for path in _MERGED if system.readlink(path) in {f"usr{path}", f"/usr{path}"}
        )

    def paths(self, row: Package) -> list[str] | None:
        """Returns the paths in a package's list; None where it has no list."""
        data = self._of(row, "list")
        return None if data is None else lists.paths(data)

    def sums(self, row: Package) -> Sums | None:
        """Returns the checksums of a package's files; None where there are none."""
        data = self._of(row, "md5sums")
        return None if data is None else lists.sums(data)

    def conffiles(self, row: Package) -> dict[str, Conffile]:
        """Returns a package's configuration files by their paths."""
        return self._conffiles.get((row.name, row.arch), {})

    def has_script_with(self, row: Package, word: bytes) -> bool:
        """Returns whether a script of a package has a word in it."""
        return any(word in (self._of(row, script) or b"") for script in _SCRIPTS)

    def plain(self, path: str) -> str:
        """Returns the one name of a file that has two because /usr is merged."""
        for old, new in self._merged:
            if path.startswith(old):
                return new + path[len(old) :]
        return path

    def names(self, path: str) -> Iterator[str]:
        """Yields every name under which a list may have the file of this one name."""
        yield path
        for old, new in self._merged:
            if path.startswith(new):
                yield old + path[len(new) :]

    def _of(self, row: Package, kind: str) -> bytes | None:
        for name in (f"{row.name}:{row.arch}.{kind}", f"{row.name}.{kind}"):
            if name in self._info:
                return self._system.read(f"{INFO}/{name}")
        return None

    def _rules(self) -> Iterator[tuple[str, bool]]:
        folder = f"{CONFIGURATION}.d"
        names = sorted(entry.name for entry in self._system.entries(folder) if filters.is_configuration(entry.name))
        for path in (*(f"{folder}/{name}" for name in names), CONFIGURATION):
            yield from filters.rules((self._system.read(path) or b"").decode("utf-8", "surrogateescape"))

    def _all_conffiles(self) -> dict[tuple[str, str], dict[str, Conffile]]:
        found: dict[tuple[str, str], dict[str, Conffile]] = {}
        problems: list[str] = []
        for _, content in status_files(self._system, problems) or ():
            found |= lists.conffiles(content)
        self.damaged += problems
        return found


def installed(rows: Sequence[Package]) -> list[int]:
    """Returns the numbers of the packages that are wholly there: of no other does dpkg say which files it has."""
    return [number for number, row in enumerate(rows) if is_there(row) and not condition(row)]
