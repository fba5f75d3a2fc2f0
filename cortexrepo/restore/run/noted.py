"""What was noted of files before a restore changed anything, so that what was wrong before is not called its doing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Known = frozenset[tuple[str, str, str, str]]
"""Files, each as ecosystem, environment, package and path."""


class Noted(NamedTuple):
    """What was noted.

    Attributes:
        wrong: The files that were wrong already.
        held: The files of packages that stay which a package has that is changed.
    """

    wrong: Known
    held: Known

    def write(self, path: str) -> None:
        """Writes the note; raises OSError."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump({name: sorted(files) for name, files in self._asdict().items()}, file)


def read(path: str) -> Noted | None:
    """Returns the note, or None where there is none that makes sense."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        return Noted(*(_known(found[name]) for name in Noted._fields))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _known(files: Iterable[tuple[object, object, object, object]]) -> Known:
    return frozenset((str(a), str(b), str(c), str(d)) for a, b, c, d in files)
