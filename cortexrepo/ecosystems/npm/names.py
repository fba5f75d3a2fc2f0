"""What can be the name or the version of an npm package, and how people name one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.names import Typed

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

# \Z and ASCII: `$` allows a newline at the end, and \d digits of other scripts.
_PART = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_NUMBER = "(?:0|[1-9][0-9]*)"
_NAME = re.compile(r"(?:@[A-Za-z0-9~-][A-Za-z0-9._~-]*/[A-Za-z0-9~_-]|[A-Za-z0-9])[A-Za-z0-9._~-]*\Z")
_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PART}(?:\.{_PART})*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\Z"
)
_LONGEST_NAME = 214
"""npm's own bound."""
_LONGEST_VERSION = 256
_FILES = (".tgz", ".tar", ".tar.gz")
_TAKEN = frozenset({"node_modules", "favicon.ico"})


def is_name(name: str) -> bool:
    """See `Names.is_name`; a name may have a scope."""
    if len(name) > _LONGEST_NAME or not _NAME.match(name):
        return False
    base = name.rpartition("/")[2].lower()
    return base not in _TAKEN and not base.endswith(_FILES)


def is_version(version: str) -> bool:
    """See `Names.is_version`: Semantic Versioning 2.0.0."""
    return len(version) <= _LONGEST_VERSION and _VERSION.match(version) is not None


def is_offered(package: Package) -> bool:
    """See `Names.is_offered`: what came from a registry has no address."""
    return not package.attribute("resolved")


def spelled(name: str) -> str:
    """See `Names.spelled`: names differ when their letters do."""
    return name


def typed(text: str) -> Typed | None:
    """See `Names.typed`: `lodash`, or `express>lodash` for one that is nested in another."""
    inside, nested, name = text.rpartition(">")
    if not name or ":" in text or (nested and not inside):
        return None
    return Typed(name, "", inside)
