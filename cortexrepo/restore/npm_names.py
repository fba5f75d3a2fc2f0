"""Which names and versions npm may be given: what npm itself would take for something else is never passed on."""

from __future__ import annotations

import re

_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/[a-z0-9~-]|[a-z0-9])[a-z0-9._~-]*", re.IGNORECASE | re.ASCII)
_NAME_LIMIT = 214
_NUMBER = "(?:0|[1-9][0-9]*)"
_PART = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD = "[0-9A-Za-z-]+"
_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PART}(?:\.{_PART})*)?(?:\+{_BUILD}(?:\.{_BUILD})*)?", re.ASCII
)
_VERSION_LIMIT = 256
_FILES = (".tgz", ".tar", ".tar.gz")
_TAKEN = frozenset({"node_modules", "favicon.ico"})


def is_name(name: str) -> bool:
    """Returns whether npm can only take `name` for that of a package in a registry, whatever else it is put beside."""
    if len(name) > _NAME_LIMIT or not _NAME.fullmatch(name):
        return False
    base = name.rpartition("/")[2].lower()
    return base not in _TAKEN and not base.endswith(_FILES)


def is_version(version: str) -> bool:
    """Returns whether `version` is one exact semantic version: no range, no tag, no address."""
    return len(version) <= _VERSION_LIMIT and _VERSION.fullmatch(version) is not None


def is_folder(name: str) -> bool:
    """Returns whether `name`, of something that is there, is that of one folder in `node_modules`, or in a scope there.

    What a package manager other than npm, or a person, has put there has any name. One with a backslash was not kept as
    it is on the disk (see `ecosystems.nodemodules`).
    """
    scope, slash, base = name.rpartition("/")
    if slash and (not scope.startswith("@") or "/" in scope or scope in {"@", "@.", "@.."}):
        return False
    return bool(base) and base[0] != "." and (bool(slash) or base[0] != "@") and "\\" not in name and name.isprintable()
