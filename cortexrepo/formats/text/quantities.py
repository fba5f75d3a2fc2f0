"""Counts and sizes as people read them."""

from __future__ import annotations

_UNITS = ("KiB", "MiB", "GiB")


def counted(count: int, noun: str) -> str:
    """Returns `1 object`, `2 objects`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Returns a number of bytes as people read it: `812 bytes`, `34.1 KiB`, `2.0 MiB`."""
    if count < 1024:  # noqa: PLR2004 -- the unit itself
        return f"{count} bytes"
    power = min((count.bit_length() - 1) // 10, len(_UNITS))
    return f"{count / 1024**power:.1f} {_UNITS[power - 1]}"
