"""An artifact: the file of a package, kept so that it can be put back when no source offers it any more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.model.package import BROKEN, EDITABLE, LINK, OWNED, RESIDUAL
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

CACHE = "cache"
"""From the package manager's own cache."""
SOURCE = "source"
"""From a source that the package manager is configured with."""
INSTALLED = "installed"
"""Built again from the files of the installed package."""
ORIGINS = (SOURCE, CACHE, INSTALLED)
"""How a file was come by; the first is what can be trusted most, and is most likely what was installed."""

ROOT = "0"
"""The holder of what nobody but root can change."""
SEVERAL = "several"
"""The holder of what several people can change, and of what is not known to be only one user's."""
_HOLDER = re.compile(r"(?:0|[1-9][0-9]{0,9}|several)\Z")

_NOT_FROM_A_FILE = RESIDUAL | OWNED | LINK | EDITABLE | BROKEN
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~%!-]{0,254}\Z")


class Artifact(NamedTuple):
    """One kept file.

    Attributes:
        ecosystem: The ecosystem's name.
        name: The package's name, as in a manifest; of an alias the package's own.
        arch: Its architecture, as in a manifest.
        version: Its version, as in a manifest.
        file: The file's own name: what an installer needs to see, such as `numpy-1.26.0-cp311-cp311-linux.whl`.
        content: BLAKE3 over the file, 64 hexadecimal digits.
        size: Bytes.
        origin: How it was come by: `cache`, `source`, or `installed` for one that was built again from the files of
            the installed package.
        holder: The one user, besides root, whose rights could have changed what a file from a cache or from an
            installed package was made of: the id in decimal digits, `ROOT` or `SEVERAL`. `ROOT` also for what a source
            vouches for. Empty where that was not noted, and where an ecosystem has one environment for the machine.
        environment: The path that identifies the environment that it was made from; empty where that was not noted.
    """

    ecosystem: str
    name: str
    arch: str
    version: str
    file: str
    content: str
    size: int
    origin: str
    holder: str = ""
    environment: str = ""


class Lack(NamedTuple):
    """A package whose file is not available, and why."""

    ecosystem: str
    environment: str
    package: Package
    reason: str


class Availability(NamedTuple):
    """Whether a package of a snapshot can be put back today.

    Attributes:
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment.
        package: The row.
        place: `artifact`, `cache` or `configured`; `MISSING`; or `UNKNOWN` where nobody asked.
        reason: Where its file is, or why it is not available.
    """

    ecosystem: str
    environment: str
    package: Package
    place: str
    reason: str


MISSING = "missing"
UNKNOWN = "unknown"


class Shelved(NamedTuple):
    """How much is kept for one snapshot, or for none any more (`snapshot` is empty).

    Attributes:
        snapshot: Its id.
        created_at: When it was made, in milliseconds since 1970.
        wanted: How many of its packages come in files.
        kept: For how many of them a file is kept.
        size: The bytes of these files.
        alone: The bytes that no newer snapshot needs.
    """

    snapshot: str
    created_at: int
    wanted: int
    kept: int
    size: int
    alone: int


def is_holder(word: str) -> bool:
    """Returns whether this can be the holder of a file."""
    return _HOLDER.match(word) is not None


def serves(artifact: Artifact, holder: str) -> bool:
    """Returns whether a file may be put into an environment of this holder.

    A file from a source may: the source vouches for it. So may one that only root could have changed, or only this
    user. What several people could have changed serves nobody, and neither does a file of which that was not noted.

    Args:
        artifact: The file.
        holder: Who can change the environment; empty for what is the machine's own, and where any file is meant.
    """
    if not holder or artifact.origin == SOURCE:
        return True
    return artifact.holder == ROOT or (artifact.holder == holder != SEVERAL)


def joined(*holders: str) -> str:
    """Returns whose something is that all of these could change."""
    users = {one for one in holders if one != ROOT}
    return SEVERAL if len(users) > 1 else next(iter(users), ROOT)


def own_name(package: Package) -> str:
    """Returns the name that a package has in its own file: it may be installed under another one, with this `alias`."""
    return package.attribute("alias") or package.name


def comes_in_a_file(package: Package) -> bool:
    """Returns whether a package is installed from a file of its own, and by its ecosystem."""
    return bool(package.version) and not package.flags & _NOT_FROM_A_FILE


def file_is_safe(name: str) -> bool:
    """Returns whether a file may have this name wherever an installer needs to see it."""
    return _FILE.match(name) is not None
