"""Who besides root could change one thing on a way."""

from __future__ import annotations

import os
import stat
import struct
from typing import TYPE_CHECKING

import pytest

from cortexrepo.machine.holders import ANYBODY, Holders

if TYPE_CHECKING:
    from pathlib import Path

DIRECTORY, FILE, LINK = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK
FULL, EMPTY = 50, 60
ENTRY = {"user": 0x01, "named user": 0x02, "group": 0x04, "named group": 0x08, "mask": 0x10, "other": 0x20}


def about(mode: int, owner: int = 0, group: int = 0) -> os.stat_result:
    return os.stat_result((mode, 1, 1, 1, owner, group, 0, 0, 0, 0))


def holder(found: os.stat_result, path: str = "/nowhere") -> int:
    return Holders(lambda group: group == FULL).holder(found, path)


@pytest.mark.parametrize(
    ("found", "who"),
    [
        (about(DIRECTORY | 0o755), 0),
        (about(FILE | 0o644), 0),
        (about(DIRECTORY | 0o755, owner=7), 7),
        (about(LINK | 0o777), 0),
        (about(LINK | 0o777, owner=7), 7),
        (about(DIRECTORY | 0o777), ANYBODY),
        (about(FILE | 0o666), ANYBODY),
        (about(DIRECTORY | 0o1777), 0),
        (about(DIRECTORY | 0o1777, owner=7), 7),
        (about(DIRECTORY | 0o775, group=FULL), ANYBODY),
        (about(DIRECTORY | 0o775, group=EMPTY), 0),
        (about(DIRECTORY | 0o775, group=0), 0),
        (about(FILE | 0o664, group=FULL), ANYBODY),
        (about(DIRECTORY | 0o755, group=FULL), 0),
    ],
)
def test_owner_group_and_others_count(found: os.stat_result, who: int) -> None:
    assert holder(found) == who


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


@pytest.mark.parametrize(
    ("named", "who"),
    [
        ({"named_user": (4001, 7)}, ANYBODY),
        ({"named_user": (4001, 5)}, 0),
        ({"named_user": (0, 7)}, 0),
        ({"named_group": (FULL, 7)}, ANYBODY),
        ({"named_group": (EMPTY, 7)}, 0),
        ({"named_group": (FULL, 5)}, 0),
    ],
)
def test_an_access_list_counts(tmp_path: Path, named: dict[str, tuple[int, int]], who: int) -> None:
    if os.geteuid():
        pytest.skip("only root has directories of root")
    access_list(tmp_path, **named)
    found = os.stat(tmp_path)
    assert found.st_mode & stat.S_IWGRP  # the mask
    assert holder(found, str(tmp_path)) == who
