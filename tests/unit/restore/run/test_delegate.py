from __future__ import annotations

import json
import os
import pty
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from cortexrepo.errors import FetchError, RefusedError, RestoreError
from cortexrepo.restore.run.delegate import Account, as_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
NOBODY = 65534


def called(work: Callable[[Any], Any], told: Callable[[str], None] = lambda _line: None) -> Any:
    return as_user(Account(NOBODY), work, told)


def test_the_work_is_done_as_that_user_for_good() -> None:
    def work(_told: object) -> list[object]:
        try:
            os.setuid(0)
        except PermissionError:
            back = False
        else:
            back = True
        return [list(os.getresuid()), os.getgroups() == [] or 0 not in os.getgroups(), back, os.environ["HOME"]]

    users, groups, back, home = called(work)
    assert users == [NOBODY] * 3
    assert groups
    assert not back
    assert home == Account(NOBODY).home
    assert os.geteuid() == 0


def test_it_cannot_read_what_is_roots(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    with pytest.raises(RestoreError, match="Permission denied"):
        called(lambda _told: secret.read_text())


def test_lines_come_as_they_are_told() -> None:
    lines: list[str] = []

    def work(told: Callable[[str], None]) -> str:
        told("first")
        told("zweite \u2192 \x1b[31m")
        return "done"

    assert called(work, lines.append) == "done"
    assert lines == ["first", "zweite \u2192 \x1b[31m"]


@pytest.mark.parametrize("kind", [RestoreError, FetchError, RefusedError])
def test_an_error_comes_back_as_what_it_is(kind: type[RestoreError]) -> None:
    def work(_told: object) -> None:
        raise kind("what", hint="way out")

    with pytest.raises(kind) as caught:
        called(work)
    assert (type(caught.value), str(caught.value), caught.value.hint) == (kind, "what", "way out")


def test_a_process_that_is_killed_is_an_error() -> None:
    with pytest.raises(RestoreError, match=r"this process (ended with|was killed by)"):
        called(lambda _told: os.kill(os.getpid(), signal.SIGKILL))


def test_an_owner_without_an_account_is_named() -> None:
    with pytest.raises(RestoreError, match="4242424"):
        Account(4242424)


def test_a_process_that_is_killed_within_a_line_is_an_error() -> None:
    others = set(os.listdir("/proc/self/fd"))

    def work(_told: object) -> None:
        for descriptor in set(os.listdir("/proc/self/fd")) - others:
            # Only the pipe that was made for this process is written to; the listing's own descriptor is closed by now.
            with suppress(OSError):
                os.write(int(descriptor), json.dumps({"value": "whole"}).encode()[:-4])
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(RestoreError, match=r"this process (ended with|was killed by)"):
        called(work)


def _tries_the_terminal() -> int:
    """Returns 0 where a process that works as another user cannot open the terminal, and this one can."""

    def opens(_told: object) -> bool:
        try:
            os.close(os.open("/dev/tty", os.O_RDWR))
        except OSError:
            return False
        return True

    return 0 if opens(None) and not called(opens) else 1


def test_it_has_no_terminal_in_common_with_root() -> None:
    child, terminal = pty.fork()
    if child == 0:
        code = 2
        try:
            code = _tries_the_terminal()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0


def test_an_interruption_ends_it_and_what_it_started() -> None:
    started: list[int] = []

    def work(told: Callable[[str], None]) -> None:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        told(str(child))
        time.sleep(60)

    def interrupted(line: str) -> None:
        started.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called(work, interrupted)
    for _ in range(500):
        if not _lives(started[0]):
            return
        time.sleep(0.01)
    pytest.fail("what it started lives on")


def _lives(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
