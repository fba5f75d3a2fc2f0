"""A row as pip is asked for it. Nothing else of a snapshot ever reaches a command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.errors import RefusedError

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

_LONGEST = 200
# \Z and ASCII: `$` allows a newline at the end, and \d digits of other scripts.
_NAME = re.compile(r"(?:[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])\Z", re.IGNORECASE | re.ASCII)
_PEP440 = re.compile(
    r"v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*"
    r"(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?[0-9]*)?"
    r"(?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?"
    r"(?:[-_.]?dev[-_.]?[0-9]*)?"
    r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\Z",
    re.IGNORECASE | re.ASCII,
)
_OTHER = re.compile(r"[A-Z0-9](?:[A-Z0-9._+!-]*[A-Z0-9])?\Z", re.IGNORECASE | re.ASCII)
# pip takes a word that ends so for a file.
_FILES = (".whl", ".zip", ".tar", ".gz", ".bz2", ".xz", ".tgz", ".tbz", ".txz", ".tlz", ".lz", ".lzma")


def requirement(package: Package) -> str:
    """Returns `NAME==VERSION`, which no tool can take for an option, a path, a URL, a marker or a range.

    Raises:
        RefusedError: Name or version could be taken for something else, or are none.
    """
    check(package)
    operator = "==" if _PEP440.match(package.version) else "==="
    return f"{package.attribute('name') or package.name}{operator}{package.version}"


def check(package: Package) -> None:
    """Checks the name, as normalised and as written, and the version of a row; RefusedError as `requirement`."""
    for name in (package.name, package.attribute("name") or package.name):
        if len(name) > _LONGEST or not _NAME.match(name):
            raise RefusedError(f"{name!r} is no name of a Python package")
    version = package.version
    sound = len(version) <= _LONGEST and (_PEP440.match(version) or _OTHER.match(version))
    if not sound or version.lower().endswith(_FILES):
        raise RefusedError(f"{package.name}: {version!r} is no version of a Python package")
