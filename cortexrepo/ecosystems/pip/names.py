"""What can be the name or the version of a Python package, and a row as pip is asked for it.

Nothing else of a snapshot ever reaches a command line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.names import Typed
from cortexrepo.ecosystems.pip.metadata import normalise
from cortexrepo.errors import RefusedError

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

# \Z and ASCII: `$` allows a newline at the end, and \d digits of other scripts.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_VERSION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+!-]*[A-Za-z0-9])?\Z")
_LONGEST = 200
"""Nothing at PyPI comes near."""
_PEP440 = re.compile(
    r"v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*"
    r"(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?[0-9]*)?"
    r"(?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?"
    r"(?:[-_.]?dev[-_.]?[0-9]*)?"
    r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\Z",
    re.IGNORECASE | re.ASCII,
)
_FILES = (".whl", ".zip", ".tar", ".gz", ".bz2", ".xz", ".tgz", ".tbz", ".txz", ".tlz", ".lz", ".lzma")
"""pip takes a word that ends so for a file."""


def is_name(name: str) -> bool:
    """See `Names.is_name`: the letters of PEP 508."""
    return len(name) <= _LONGEST and _NAME.match(name) is not None


def is_version(version: str) -> bool:
    """See `Names.is_version`; it need not be one of PEP 440's."""
    return len(version) <= _LONGEST and _VERSION.match(version) is not None and not version.lower().endswith(_FILES)


def is_pep440(version: str) -> bool:
    """Returns whether this is a version as PEP 440 has them, which tools may write in another way."""
    return _PEP440.match(version) is not None


def is_offered(package: Package) -> bool:
    """See `Names.is_offered`: a direct URL is no index."""
    return not package.attribute("url")


def spelled(name: str) -> str:
    """See `Names.spelled`: as PEP 503 has it."""
    return normalise(name)


def typed(text: str) -> Typed | None:
    """See `Names.typed`: a name in any spelling."""
    return None if not text or ":" in text or ">" in text else Typed(normalise(text))


def requirement(package: Package) -> str:
    """Returns `NAME==VERSION`, which no tool can take for an option, a path, a URL, a marker or a range.

    Raises:
        RefusedError: Name or version could be taken for something else, or are none.
    """
    check(package)
    operator = "==" if is_pep440(package.version) else "==="
    return f"{package.attribute('name') or package.name}{operator}{package.version}"


def check(package: Package) -> None:
    """Checks the name, as normalised and as written, and the version of a row; RefusedError as `requirement`."""
    for name in (package.name, package.attribute("name") or package.name):
        if not is_name(name):
            raise RefusedError(f"{name!r:.80} is not a valid name of a Python package")
    if not is_version(package.version):
        raise RefusedError(f"{package.name}: {package.version!r:.80} is not a valid version of a Python package")
