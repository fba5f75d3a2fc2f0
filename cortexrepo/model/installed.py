"""What a look at installed files found: which of them are what their packages brought, and which could not be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

COMPARED = "compared"
"""The content was read, and is what the package brought."""
PRESENT = "present"
"""Something is there, and nothing says what should be in it: a link, a directory."""
CONFIGURATION = "configuration"
"""A configuration file that was changed or removed: the choice of whoever administers the machine, and not wrong."""
UNSEEN = "unseen"
"""Not looked at: nothing to compare with, or it cannot be read."""
MISSING = "missing"
CHANGED = "changed"
DIVERSION = "diversion"
"""A package moves a file of another one aside, and nothing of the package speaks of it: left by another version."""
RECORD = "record"
"""Another program keeps a record of what is installed, or links to it, and that does not fit what is installed."""
OBSOLETE = "obsolete"
"""A configuration file that another version of a package brought is still there."""
UNSET = "unset"
"""A configuration file is missing: the choice of whoever administers the machine, unless a change has lost it."""
CHOICE = "choice"
"""A command that several packages offer is another one's, and whether a person had chosen this one is not known."""
TAKEN = "taken"
"""A file of one package is another package's at present."""
WRONG = frozenset({MISSING, CHANGED, DIVERSION, RECORD, OBSOLETE, UNSET, CHOICE})
KINDS = (MISSING, CHANGED, DIVERSION, RECORD, OBSOLETE, UNSET, CHOICE, CONFIGURATION, UNSEEN, COMPARED, PRESENT, TAKEN)
"""Every kind of finding, in the order in which people are shown them."""
WHOLE = 0
"""The number of files of a finding that is about all files of a package: how many these are is not known."""
NOBODY = -1
"""The row of a finding that is about no package that is installed."""


class Finding(NamedTuple):
    """What was found of one file, or of several files of one package for which the same is true.

    Attributes:
        kind: One of `KINDS`.
        row: The number of the package among those of its environment; `NOBODY` where it is none's.
        path: The file; empty where it is several.
        reason: One line; empty for `COMPARED` and `PRESENT`.
        files: How many files, or `WHOLE`.
    """

    kind: str
    row: int
    path: str = ""
    reason: str = ""
    files: int = 1


class Inspected(NamedTuple):
    """What was found in one environment.

    Attributes:
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment; empty where there is one for the machine.
        packages: The packages of the environment, whose numbers the findings have.
        findings: What was found.
        unseen: Why nothing, or not all of it, was looked at; empty where all was.
    """

    ecosystem: str
    environment: str
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    unseen: str = ""

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The files that are not what their packages brought."""
        return tuple(one for one in self.findings if one.kind in WRONG)

    def package(self, finding: Finding) -> Package | None:
        """Returns the package that a finding is about; None where it is no installed one."""
        return self.packages[finding.row] if 0 <= finding.row < len(self.packages) else None


class Inspection(NamedTuple):
    """What a look at several environments found."""

    places: tuple[Inspected, ...]

    def count(self, kind: str) -> int:
        """Returns of how many files something of this kind was found; all files of a package count as one."""
        return sum(max(one.files, 1) for place in self.places for one in place.findings if one.kind == kind)

    @property
    def is_right(self) -> bool:
        """Whether no file was found to be wrong."""
        return not any(place.wrong for place in self.places)

    @property
    def is_whole(self) -> bool:
        """Whether everything was looked at."""
        return not any(place.unseen for place in self.places) and not self.count(UNSEEN)
