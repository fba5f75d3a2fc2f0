"""Which rules local time follows, as far as that can be told: as long as they are the same, so is what was drawn."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 1 << 18
_FROM, _TO, _STEP = 0, 2_500_000_000, 2_600_000
"""A sample of moments, about one a month."""


def rules(environment: Mapping[str, str]) -> bytes:
    """Returns what the rules of local time are made of: the names, the files, and a sample of offsets."""
    zone, directory = environment.get("TZ"), environment.get("TZDIR") or "/usr/share/zoneinfo"
    files = ["/etc/localtime"] if zone is None else [f"{directory}/posixrules"]
    if zone:
        files.append(os.path.join(directory, zone.removeprefix(":")))
    sample = ",".join([str(time.localtime(moment).tm_gmtoff) for moment in range(_FROM, _TO, _STEP)])
    told = f"{zone!r} {directory!r} {time.tzname!r} {sample}".encode("utf-8", "surrogateescape")
    return b"\0".join([told, *map(_content, files)])


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except (OSError, ValueError):
        return b""
