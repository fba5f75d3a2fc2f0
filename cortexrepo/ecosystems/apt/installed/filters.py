"""Which files dpkg was told to leave out: `path-exclude` and `path-include` of its configuration. No I/O."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_RULES = {"path-exclude": True, "path-include": False}
_OPTION = re.compile(r"(?:--)?(path-exclude|path-include)(?:\s*=\s*|\s+)(.+)")
_MOST = 10_000
"""So many rules count."""


def rules(text: str) -> list[tuple[str, bool]]:
    """Returns the patterns in a configuration file in their order, each with whether it leaves out."""
    found: list[tuple[str, bool]] = []
    for line in text.split("\n"):
        match = _OPTION.fullmatch(line.strip())
        if match is not None and len(found) < _MOST:
            found.append((match[2].strip().strip("'\""), _RULES[match[1]]))
    return found


def is_configuration(name: str) -> bool:
    """Returns whether dpkg reads a file of this name in its directory of configuration files."""
    return re.fullmatch(r"[0-9A-Za-z_-]+", name) is not None


class Filters:
    """The rules of all files in their order: the last one that matches decides."""

    def __init__(self, found: Iterable[tuple[str, bool]]) -> None:
        """Takes the patterns; `*` stands for slashes, too."""
        self._rules = [(re.compile(fnmatch.translate(pattern)).match, leaves) for pattern, leaves in found]

    def leaves_out(self, path: str) -> bool:
        """Returns whether dpkg does not unpack the file at `path`."""
        return next((leaves for match, leaves in reversed(self._rules) if match(path)), False)
