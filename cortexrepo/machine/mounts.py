"""The mounts of a machine, as `/proc/self/mountinfo` lists them, and which of them a path is on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_ESCAPE = re.compile(rb"\\([0-7]{3})")
_POINT, _OPTIONS = 4, 5
"""Which words of a line these are, from 0."""


class Mount(NamedTuple):
    """One mount.

    Attributes:
        point: The path that it is seen at.
        is_read_only: Nothing can be written to it.
        is_noexec: No program in it can be started.
        kind: The type of the file system.
    """

    point: str
    is_read_only: bool = False
    is_noexec: bool = False
    kind: str = ""


def parse(raw: bytes) -> tuple[Mount, ...]:
    """Returns the mounts in the order in which they were made; lines of another form are passed over."""
    found = []
    for line in raw.split(b"\n"):
        head, _, tail = line.partition(b" - ")
        words, behind = head.split(b" "), tail.split(b" ")
        if len(words) <= _OPTIONS or len(behind) < 2:  # noqa: PLR2004 -- the type and the source
            continue
        own, whole = words[_OPTIONS].split(b","), behind[-1].split(b",")
        point = _ESCAPE.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), words[_POINT])
        text = point.decode("utf-8", "surrogateescape")
        found.append(
            Mount(text, b"ro" in own or b"ro" in whole, b"noexec" in own, behind[0].decode("ascii", "replace"))
        )
    return tuple(found)


def here() -> tuple[Mount, ...]:
    """Returns the mounts that this process sees; none where they cannot be read."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            return parse(file.read())
    except OSError:
        return ()


def on(path: str, mounts: Sequence[Mount]) -> Mount | None:
    """Returns the mount that a path without links is on, or None where none is known.

    One that was made later hides what was there before, and so is the last that the path is below.
    """
    return next((mount for mount in reversed(mounts) if is_below(path, mount.point)), None)


def inside(path: str, mounts: Sequence[Mount]) -> list[str]:
    """Returns the points of the mounts below a path."""
    return [mount.point for mount in mounts if mount.point != path and is_below(mount.point, path)]


def is_below(path: str, ground: str) -> bool:
    """Returns whether a path is `ground` or in it."""
    return path == ground or path.startswith(f"{ground.rstrip('/')}/")
