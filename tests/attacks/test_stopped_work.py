"""Work that root does as a user, whose processes the user stops, silences or kills: root's command goes on."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from support.machines.silent import silent

from cortexrepo.errors import RestoreError
from cortexrepo.restore.run import delegate
from cortexrepo.restore.run.delegate import Account, as_user
from cortexrepo.restore.run.listening import Patience

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
NOBODY = 65534
SHORT = Patience(stopped=2, silent=4, total=6)
LONG = 1000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_PATIENCE", "_LASTING_PATIENCE"):
        monkeypatch.setattr(delegate, name, SHORT)
    monkeypatch.setattr(delegate, "_GRACE", 1.0)


def stops(_told: object) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(LONG)


def is_silent(_told: object) -> None:
    time.sleep(LONG)


def talks(told: Callable[[str], None]) -> None:
    while True:
        told("line")
        time.sleep(0.05)


WAYS = {
    "stopped": (stops, "had stopped the process for 2 seconds"),
    "silent": (is_silent, "printed nothing"),
    "talking": (talks, "had taken"),
}


def on_alarm(_number: int, _frame: object) -> None:
    raise AssertionError("root waits for ever")


@pytest.fixture
def _bounded() -> Any:
    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("_bounded")
@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_root_does_not_wait_for_ever(way: str, *, lasting: bool) -> None:
    work, reason = WAYS[way]
    with pytest.raises(RestoreError, match=reason) as caught:
        as_user(Account(NOBODY), work, lambda _line: None, lasting=lasting, environment="/srv/theirs")
    assert str(caught.value).startswith("cortex works in /srv/theirs as the user nobody, and this process was ended")


@pytest.mark.usefixtures("_bounded", "open_path")
@pytest.mark.parametrize("lasting", [False, True])
def test_root_leaves_a_process_alone_that_nobody_can_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, lasting: bool
) -> None:
    monkeypatch.setattr(delegate, "_PAUSE", 0.2)
    (tmp_path / "mount").mkdir()
    started: list[int] = []

    def work(told: Callable[[str], None]) -> None:
        told(str(os.getpid()))
        os.stat(tmp_path / "mount/file")

    with silent(tmp_path / "mount", NOBODY):
        with pytest.raises(RestoreError, match="was ended: the process had") as caught:
            as_user(Account(NOBODY), work, lambda line: started.append(int(line)), lasting=lasting)
        assert "`ps -u nobody`" in str(caught.value.hint)
    os.waitpid(started[0], 0)


@pytest.mark.usefixtures("_bounded")
@pytest.mark.parametrize("hides", [False, True])
def test_a_process_that_has_said_all_and_does_not_end_is_ended(*, hides: bool) -> None:
    def work(_told: object) -> None:
        # The pipe is the last descriptor that is open: what closes it looks like an end.
        os.closerange(3, 1 << 16)
        if hides:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(LONG)

    with pytest.raises(RestoreError, match="had said all and did not end"):
        as_user(Account(NOBODY), work, print, lasting=True, environment="/srv/theirs")


@pytest.mark.usefixtures("_bounded")
def test_what_a_stopped_work_has_started_ends_with_it() -> None:
    started: list[int] = []

    def work(told: Callable[[str], None]) -> None:
        child = subprocess.Popen(["/bin/sleep", str(LONG)], start_new_session=True)
        told(str(child.pid))
        stops(told)

    with pytest.raises(RestoreError, match="was ended"):
        as_user(Account(NOBODY), work, lambda line: started.append(int(line)), lasting=True)
    end = time.monotonic() + 10
    while _lives(started[0]) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _lives(started[0])


@pytest.mark.usefixtures("_bounded")
def test_the_second_interruption_ends_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delegate, "_LASTING_PATIENCE", Patience(LONG, LONG))
    lines: list[str] = []

    def told(line: str) -> None:
        lines.append(line)
        os.kill(os.getpid(), signal.SIGINT)

    def work(tell: Callable[[str], None]) -> None:
        tell("begun")
        stops(tell)

    with pytest.raises(RestoreError, match="second Ctrl-C"):
        as_user(Account(NOBODY), work, told, lasting=True)
    assert lines[0] == "begun"
    assert lines[1].startswith("Ctrl-C does not stop a change")


def test_nothing_holds_roots_lock_when_root_is_killed(tmp_path: Path) -> None:
    """The user has stopped the process: no signal but SIGKILL ends it."""
    lock = tmp_path / "lock"
    lock.touch()
    code = f"""
        import fcntl, os, signal, time
        from cortexrepo.restore.run.delegate import Account, as_user
        lock = os.open("{lock}", os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
        def work(told):
            told(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep({LONG})
        as_user(Account({NOBODY}), work, lambda line: print(line, flush=True), lasting=True)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE) as root:
        assert root.stdout is not None
        theirs = int(root.stdout.readline())
        root.kill()
    try:
        with open(lock, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        end = time.monotonic() + 10
        while _lives(theirs) and time.monotonic() < end:
            time.sleep(0.02)
        assert not _lives(theirs)
    finally:
        if _lives(theirs):
            os.kill(theirs, signal.SIGKILL)


@pytest.mark.parametrize("lasting", [False, True])
def test_the_process_has_nothing_of_roots_open(tmp_path: Path, *, lasting: bool) -> None:
    with open(tmp_path / "lock", "wb") as lock:
        number = lock.fileno()
        wanted = [os.fstat(number).st_dev, os.fstat(number).st_ino]

        def opened(_told: object) -> list[list[int]]:
            found = []
            for one in range(1024):
                with suppress(OSError):
                    found.append([os.fstat(one).st_dev, os.fstat(one).st_ino])
            return found

        assert wanted in opened(None)
        found = as_user(Account(NOBODY), opened, lambda _: None, lasting=lasting)
    assert wanted not in found
    assert len(found) == 4, "the three standard ones, and the pipe"


@pytest.mark.parametrize("lasting", [False, True])
def test_the_user_cannot_look_into_the_process(*, lasting: bool) -> None:
    """What is not dumpable has files of root's in /proc, and cannot be traced by its user."""
    owner = as_user(Account(NOBODY), lambda _: os.stat("/proc/self/environ").st_uid, lambda _: None, lasting=lasting)
    assert owner == 0


def _lives(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
