"""Programs for entry points, as pip writes them: from pip 25 on in another way than before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.disk.filesystem import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAKER = "pip/_internal/operations/install/wheel.py"
_LIMIT = 1 << 20
_SHORT = 1 << 12
_MOST = 500
_NEW = b"sys.argv[0].removesuffix('.exe')"
_OLD = b"re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])"


def is_newer(scripts: str, site: str) -> bool:
    """Returns whether programs are written in the newer way here: as those that are there, or else as pip would.

    Args:
        scripts: The directory of programs.
        site: The site directory, in which pip may be.
    """
    found = [_NEW in data for data in _programs(scripts) if _NEW in data or _OLD in data]
    return sum(found) * 2 > len(found) if found else _NEW in _read(f"{site}/{_MAKER}")


def _programs(scripts: str) -> Iterator[bytes]:
    try:
        names = sorted(os.listdir(scripts))[:_MOST]
    except OSError:
        return
    for name in names:
        yield _read(f"{scripts}/{name}", _SHORT)


def _read(path: str, limit: int = _LIMIT) -> bytes:
    """Returns the beginning of a file; nothing where there is none, or no regular one."""
    try:
        descriptor, _ = open_regular(path)
        with open(descriptor, "rb") as file:
            return file.read(limit)
    except OSError:
        return b""


def as_pip(data: bytes, *, newer: bool) -> bytes:
    """Returns a program that `installer` has made, letter by letter as pip writes it."""
    data = data.replace(b'"__main__"', b"'__main__'").replace(_OLD.replace(b"'", b'"'), _OLD)
    if newer:
        data = data.replace(b"# -*- coding: utf-8 -*-\nimport re\n", b"").replace(_OLD, _NEW)
    return data
