"""The commands that a message gives as a way out for a file of a repository: they work when copied into a shell."""

from __future__ import annotations

import os
import shlex


def quote(path: str) -> str:
    """Returns a path as one word of a shell; bytes that cannot be shown are written as `$'...'` has them."""
    if path.isprintable():
        return shlex.quote(path)
    return "$'" + "".join(map(_written, os.fsencode(path))) + "'"


def give_name(location: str, key: str, own: str) -> str:
    """Returns what to do with a file whose own key is another one."""
    return f"give it its name: `mv {quote(f'{location}/{key}')} {quote(f'{location}/{own}')}`"


def remove(location: str, key: str) -> str:
    """Returns what to do with a file that nobody needs."""
    return f"remove it: `rm {quote(f'{location}/{key}')}`"


def move_out(location: str, key: str) -> str:
    """Returns what to do with a file that is not the repository's."""
    return f"move it out of the repository: `mv {quote(f'{location}/{key}')} {quote(f'{location}/..')}`"


def _written(byte: int) -> str:
    text = chr(byte)
    return text if text.isascii() and text.isprintable() and text not in "'\\" else f"\\{byte:03o}"
