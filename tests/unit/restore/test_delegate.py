from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from cortexrepo.errors import FetchError, RefusedError, RestoreError
from cortexrepo.restore.delegate import Account, as_user

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
    with pytest.raises(RestoreError, match="without an answer"):
        called(lambda _told: os.kill(os.getpid(), signal.SIGKILL))


def test_an_owner_without_an_account_is_named() -> None:
    with pytest.raises(RestoreError, match="4242424"):
        Account(4242424)
