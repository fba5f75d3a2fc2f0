from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import portalocker
import pytest

from cortexrepo.store.lock import hold

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lock_file_that_is_a_link_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError) as caught, hold(f"{tmp_path}/lock", exclusive=True, timeout=0):
        pytest.fail("locked through a link")
    assert caught.value.errno == errno.ELOOP
    assert (tmp_path / "precious").read_text() == "precious"


def test_where_no_lock_file_can_be_made_it_yields_false(tmp_path: Path) -> None:
    with hold(f"{tmp_path}/missing/lock", exclusive=False, timeout=0) as held:
        assert held is False


def test_where_the_file_system_has_no_locks_it_yields_false_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        cause = OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        raise portalocker.LockException(cause) from cause

    monkeypatch.setattr("portalocker.portalocker.LOCKER", (refuse, refuse))
    with hold(f"{tmp_path}/lock", exclusive=False, timeout=60) as held:
        assert held is False


def test_the_lock_is_let_go(tmp_path: Path) -> None:
    with hold(f"{tmp_path}/lock", exclusive=True, timeout=0):
        pass
    with (tmp_path / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
