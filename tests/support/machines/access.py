"""Access lists for files of a test."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = {"user": 0x01, "named user": 0x02, "group": 0x04, "named group": 0x08, "mask": 0x10, "other": 0x20}


def access_list(path: Path, **named: tuple[int, int]) -> None:
    """Gives a path an access list with the usual entries and these: kind, then who and what."""
    none = 0xFFFFFFFF
    entries = [(ENTRY["user"], 7, none), (ENTRY["group"], 5, none), (ENTRY["mask"], 7, none), (ENTRY["other"], 5, none)]
    entries += [(ENTRY[kind.replace("_", " ")], rights, who) for kind, (who, rights) in named.items()]
    data = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in sorted(entries))
    try:
        os.setxattr(path, "system.posix_acl_access", data)
    except OSError as error:
        pytest.skip(f"this file system has no access lists: {error.strerror}")
