"""What apt may be told: names, architectures and versions that it can take for nothing else, and how they are put.

apt reads more into a word than a name: a sign at its end, a task, a pattern, a file, and where no package has that name
a regular expression. What is not plainly a name or a version never reaches it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.names import Typed
from cortexrepo.model.package import RESIDUAL
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

ALL = "all"

# \Z and ASCII: `$` allows a newline at the end, and \d digits of other scripts.
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+\Z")
_VERSION = re.compile(r"(?:[0-9]+:(?=.)|(?!.*:))[0-9A-Za-z](?:[0-9A-Za-z.+~:-]*[0-9A-Za-z.+~])?\Z")
"""A colon is there only behind an epoch, which is a number."""
_ARCH = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_LONGEST = 255
"""No file can have a longer name, and dpkg keeps files with these in their names."""

Place = tuple[str, str]
"""A name, and the architecture that it is installed for; the machine's own where the package is for all."""


def is_name(name: str) -> bool:
    """See `Names.is_name`."""
    return len(name) <= _LONGEST and _NAME.match(name) is not None


def is_version(version: str) -> bool:
    """See `Names.is_version`."""
    return len(version) <= _LONGEST and _VERSION.match(version) is not None


def is_offered(package: Package) -> bool:  # noqa: ARG001 -- dpkg does not say where a package came from
    """See `Names.is_offered`."""
    return True


def spelled(name: str) -> str:
    """See `Names.spelled`: no name of dpkg's has another spelling."""
    return name


def typed(text: str) -> Typed | None:
    """See `Names.typed`: `libc6`, or `libc6:i386` with the architecture."""
    name, colon, arch = text.partition(":")
    if not name or ">" in text or (colon and not arch):
        return None
    return Typed(name.lower(), arch)


class Orders(NamedTuple):
    """What apt is to do in one transaction.

    Attributes:
        put: The packages that are put in, at exactly these versions.
        take: The packages that are taken away.
    """

    put: tuple[Package, ...]
    take: tuple[Package, ...]


def is_there(package: Package | None) -> bool:
    """Returns whether this row is of a package of which more than its configuration is there."""
    return package is not None and not package.flags & RESIDUAL


def orders(steps: Iterable[Step], native: str) -> Orders:
    """Returns what apt is to do. What apt does not do (marks, states, configuration left behind) is in neither half.

    A package that moves between the machine's own architecture and `all` is put in, and not taken away.
    """
    from cortexrepo.model.plan import IN_PLACE  # a question about names has no plan

    acting = [step for step in steps if step.kind not in IN_PLACE]
    put = tuple(step.after for step in acting if step.after is not None and is_there(step.after))
    places = {place(package, native) for package in put}
    gone = (step.before for step in acting if not is_there(step.after))
    take = tuple(row for row in gone if row is not None and is_there(row) and place(row, native) not in places)
    return Orders(put, take)


def place(package: Package, native: str) -> Place:
    """Returns what two versions of one package have in common."""
    return package.name, native if package.arch in {ALL, ""} else package.arch


def words(asked: Orders, native: str) -> list[str]:
    """Returns the words for `apt-get install`.

    They mean these packages and versions and nothing else where apt knows them; whether it does the simulation shows.
    """
    return [pinned(package, native) for package in asked.put] + [f"{named(package, native)}-" for package in asked.take]


def stay(steps: Iterable[Step], native: str) -> list[str]:
    """Returns the words for `apt-get install` that have packages stay as they are, in a simulation.

    What another package needs of them is an unmet dependency then, and nothing that apt may choose.
    """
    rows = [(step.before, step.after) for step in steps]
    found = []
    for before, after in rows:
        if before is not None and is_there(before):
            found.append(pinned(before, native))
        elif after is not None:
            found.append(f"{named(after, native)}-")
    return found


def pinned(package: Package, native: str) -> str:
    """Returns `NAME:ARCH=VERSION`."""
    return f"{named(package, native)}={package.version}"


def named(package: Package, native: str) -> str:
    """Returns `NAME:ARCH`: with its architecture no name is a task, and none means another architecture's package."""
    return ":".join(place(package, native))


def file_name(package: Package) -> str:
    """Returns the name that apt gives the package's file in its cache."""
    return f"{package.name}_{package.version.replace(':', '%3a')}_{package.arch}.deb"


def unsafe(package: Package, *, versioned: bool) -> str:
    """Returns what about this row must not be shown to apt, or an empty string.

    Args:
        package: The row.
        versioned: Whether its version is to be named too.
    """
    if not is_name(package.name):
        return f"{package.name!r} is not a valid name of a Debian package"
    if len(package.arch) > _LONGEST or not _ARCH.match(package.arch):
        return f"{package.arch!r} is not a valid architecture of a Debian package"
    if versioned and not package.version:
        return "the version of the package is not known"
    if versioned and not is_version(package.version):
        return f"{package.version!r} is not a valid version of a Debian package"
    return ""
