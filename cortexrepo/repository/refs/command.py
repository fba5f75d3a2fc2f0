"""Words of a command that a message gives as a way out: they work when they are copied into a shell."""

from __future__ import annotations

import os
import shlex


def quote(path: str) -> str:
    """Returns a path as one word of a shell; bytes that cannot be shown are written as `$'...'` has them."""
    if path.isprintable():
        return shlex.quote(path)
    return "$'" + "".join(map(_written, os.fsencode(path))) + "'"


def _written(byte: int) -> str:
    text = chr(byte)
    return text if text.isascii() and text.isprintable() and text not in "'\\" else f"\\{byte:03o}"
