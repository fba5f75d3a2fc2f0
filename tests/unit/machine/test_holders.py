"""Who besides root could change one thing on a way."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from support.machines.access import access_list
from support.machines.status import about

from cortexrepo.machine.guarded_files import GuardedSystem
from cortexrepo.machine.holders import ANYBODY, ForeignError, Holders
from cortexrepo.machine.scope import Scope

if TYPE_CHECKING:
    from pathlib import Path

DIRECTORY, FILE, LINK = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK
FULL, EMPTY = 50, 60


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of root")
def test_the_access_list_of_an_image_is_asked_for_and_not_that_of_this_machine(tmp_path: Path) -> None:
    """The path is the image's; here a file of that path is missing, or is another one."""
    name = tmp_path.name
    (tmp_path / name).mkdir()
    file = tmp_path / name / "status"
    file.write_text("made up")
    access_list(file, named_user=(4001, 6))
    root = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    system = GuardedSystem(root, {}, Holders(lambda _group: False), Scope(is_wide=True), live=False)
    try:
        for ask in (system.read, system.stamp):
            with pytest.raises(ForeignError) as found:
                ask(f"/{name}/status")
            assert found.value.holder == ANYBODY
        os.removexattr(file, "system.posix_acl_access")
        assert system.read(f"/{name}/status") == b"made up"
    finally:
        system.close()
        os.close(root)
