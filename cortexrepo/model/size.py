"""Numbers of bytes as people write them."""

from __future__ import annotations

from cortexrepo.errors import RequestError

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_DIGITS = 12


def parse_size(text: str) -> int:
    """Returns the bytes in `500M`, `2G`, `2GiB`, `1024`; units are powers of 1024. Raises RequestError for others."""
    short = text.strip().upper().removesuffix("B").removesuffix("I")
    number, unit = (short[:-1], short[-1:]) if short[-1:].isalpha() else (short, "")
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or len(number) > _DIGITS:
        raise RequestError(f"not a size: {text!r:.40}", hint="write 500M, 2G or a number of bytes")
    return int(number) * _UNITS[unit]
