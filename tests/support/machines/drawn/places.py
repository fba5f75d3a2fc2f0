"""What an environment of a drawn machine is: where it lies, who looks there, and how it changes."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

UNSEEN = "/data"
"""Nothing is searched here: what lies here is found only where somebody names it."""
SOURCES = "/srv/sources"
"""Where editables and links lead: a person's own files, which no package has."""
SHARED = "/shared"
"""So the files are called that several packages have."""
STRAYS = ("mine", "extra.js")
"""What a person puts into an environment, and no package has."""


class Place(NamedTuple):
    """An environment.

    Attributes:
        ecosystem: Its name.
        path: Where it is.
        variable: The variable that names an environment of this ecosystem for a command, and leads a look there.
        at_first: Makes it as it is for the snapshot, and does nothing where it does not exist then.
        at_last: Makes it as it is when the restore begins.
        known: Whether the snapshot looks there: by its usual places, or because the variable names it.
        found: Whether the restore looks there because the variable names it.
        user: Whose it is.
        free: Paths that a person has changed by hand, before the snapshot or after it; known once it is done.
        log: What it is, for people.
    """

    ecosystem: str
    path: str
    variable: str
    at_first: Callable[[], None]
    at_last: Callable[[], None]
    known: bool
    found: bool
    user: int
    free: list[str]
    log: str

    @property
    def is_usual(self) -> bool:
        """Whether it lies where everybody looks."""
        return not self.path.startswith(UNSEEN)


def write(path: str, content: bytes | str, mode: int = 0o644) -> None:
    """Writes a file, with the directories that it is in."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    os.chmod(path, mode)


def give(path: str, user: int) -> None:
    """Makes a user the owner of a tree, and of the directories of a home that lead there."""
    if user == 0 or not os.path.lexists(path):
        return
    for folder, names, files in os.walk(path):
        for name in (*names, *files):
            os.lchown(f"{folder}/{name}", user, user)
    while path.count("/") > 2:
        os.lchown(path, user, user)
        path = os.path.dirname(path)


def gone(path: str) -> None:
    """Removes a tree."""
    shutil.rmtree(path, ignore_errors=True)
