from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import portalocker
import pytest

from cortexrepo.disk.lock import hold

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


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT])
def test_where_no_lock_file_can_be_made_one_that_is_there_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / "lock").touch(0o600)
    whole = os.open

    def refuse(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            raise OSError(number, os.strerror(number), path)
        return whole(path, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    with hold(f"{tmp_path}/lock", exclusive=True, timeout=0) as held:
        assert held is True
        with pytest.raises(TimeoutError), hold(f"{tmp_path}/lock", exclusive=False, timeout=0):
            pytest.fail("two hold what one can hold")


def test_the_lock_file_is_its_owners_and_stays(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with hold(f"{tmp_path}/lock", exclusive=False, timeout=0):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_file_that_is_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    with hold(f"{tmp_path}/lock", exclusive=False, timeout=0) as held:
        assert held is True


def test_no_program_that_is_started_keeps_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    whole = os.open

    def watch(path: str, flags: int, mode: int = 0o777) -> int:
        seen.append(flags)
        return whole(path, flags, mode)

    monkeypatch.setattr(os, "open", watch)
    before = set(os.listdir("/proc/self/fd"))
    with hold(f"{tmp_path}/lock", exclusive=True, timeout=0):
        assert seen
    assert all(flags & os.O_CLOEXEC for flags in seen)
    assert set(os.listdir("/proc/self/fd")) == before


class Clock:
    """Time passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []
        monkeypatch.setattr("cortexrepo.disk.lock.time", self)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(
    ("exclusive", "pauses"), [(True, [0.002, 0.001, 0.002, 0.004, 0.008]), (False, [0.001, 0.002, 0.002, 0.002])]
)
def test_who_waits_looks_again_after_longer_and_longer_pauses_until_the_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exclusive: bool, pauses: list[float]
) -> None:
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        clock = Clock(monkeypatch)
        with (
            pytest.raises(TimeoutError, match="another process holds the lock") as caught,
            hold(f"{tmp_path}/lock", exclusive=exclusive, timeout=0.5),
        ):
            pytest.fail("two hold what one can hold")
    assert (caught.value.errno, caught.value.filename) == (errno.ETIMEDOUT, f"{tmp_path}/lock")
    assert clock.pauses[: len(pauses)] == pauses
    assert max(clock.pauses) == (0.02 if exclusive else 0.002)
    assert 1000.5 <= clock.now < 1000.53


def test_who_waits_gets_the_lock_when_it_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        clock = Clock(monkeypatch)

        def sleep(seconds: float) -> None:
            clock.pauses.append(seconds)
            if len(clock.pauses) == 3:
                fcntl.flock(file, fcntl.LOCK_UN)

        monkeypatch.setattr(clock, "sleep", sleep)
        with hold(f"{tmp_path}/lock", exclusive=False, timeout=60) as held:
            assert held is True
    assert len(clock.pauses) == 3


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL])
def test_an_error_that_means_no_locks_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise portalocker.LockException(OSError(number, os.strerror(number)))

    monkeypatch.setattr("portalocker.portalocker.LOCKER", (refuse, refuse))
    with hold(f"{tmp_path}/lock", exclusive=True, timeout=60) as held:
        assert held is False


def test_the_lock_is_let_go(tmp_path: Path) -> None:
    with hold(f"{tmp_path}/lock", exclusive=True, timeout=0):
        pass
    with (tmp_path / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
