"""Work in an environment of another user, done as that user: root reads and runs nothing of theirs."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cortexrepo.errors import CortexError, FetchError, RefusedError, RestoreError, StoppedError
from cortexrepo.machine.dying import end_group, has_ended
from cortexrepo.machine.proxies import without_passwords
from cortexrepo.restore.run.listening import ImpatientError, Patience, PressedError, descendants, heard, interruptions
from cortexrepo.restore.run.preloading import preload
from cortexrepo.rights import pieces
from cortexrepo.rights.child import fate, start, start_telling, waited
from cortexrepo.rights.person import Manner, person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Told = Callable[[str], None]

_GRACE = 10.0
"""So many seconds has a process to end what it has started."""
_PAUSE = 1.0
"""So many seconds a process that was killed is waited for; one that waits for a file system is left alone."""
_LASTING = Manner(signal.SIGKILL, mask=0o022)
_ENDING = Manner(signal.SIGTERM, (signal.SIGTERM,), mask=0o022)
"""SIGTERM ends a program that the process waits for, too."""
_KILLING = Manner(signal.SIGKILL)
_PATIENCE = Patience(stopped=30, silent=3660, total=6 * 3600)
"""A program of it has an hour, and ends then with words of its own."""
_LASTING_PATIENCE = Patience(stopped=30, silent=1800)
_ERRORS = {"refused": RefusedError, "fetch": FetchError}


class Account:
    """A user that work is done as, who has an account and a home directory."""

    def __init__(self, user: int) -> None:
        """Looks the user up; RestoreError where there is none with this id."""
        self.person = person(user)
        if not self.person.name:
            raise RestoreError(f"the environment belongs to the user id {user}, and this machine has no such user")
        self.user, self.group, self.home = user, self.person.group, self.person.home


def as_user(
    account: Account, work: Callable[[Told], Any], told: Told, *, lasting: bool = False, environment: str = ""
) -> Any:
    """Calls `work` in a process that has become another user for good, and returns what it returns.

    Args:
        account: Who.
        work: What; it is given what to tell lines to. What it returns must be JSON.
        told: Is given the lines.
        lasting: It changes something: Ctrl-C ends it only the second time, and it may take long if it says something.
        environment: What it works on, for messages.

    Raises:
        RestoreError: It raised one (or a FetchError, RefusedError: the same), or its process was killed, or was waited
            for no longer; StoppedError after a second Ctrl-C.

    When this process is interrupted meanwhile, the other one and all that it started ends; when this process is killed,
    the other one is, too.
    """
    preload()
    try:
        child, reading = start_telling(
            account.person, _LASTING if lasting else _ENDING, lambda writing: _work(account, work, writing)
        )
    except OSError as error:
        raise RestoreError(
            f"no process could be started as the user {account.person.name}: {error.strerror}"
        ) from error
    patience = _LASTING_PATIENCE if lasting else _PATIENCE

    def warn() -> None:
        told("Ctrl-C does not stop a change in the middle; a second Ctrl-C ends the change, for --resume or --abort")

    try:
        with interruptions(counted=lasting, said=warn) as interrupted:
            answer = _answer(heard(child, reading, patience, interrupted), told)
    except ImpatientError as error:
        _end(child, account)
        kind = StoppedError if isinstance(error, PressedError) else RestoreError
        raise _failed(account, environment, str(error), kind) from error
    except BaseException:
        _end(child, account)
        raise
    finally:
        os.close(reading)
    found = waited(child, _GRACE)
    if found is None:
        _end(child, account)
        raise _failed(account, environment, "was ended: the process had said all and did not end")
    if answer is None:
        raise _failed(account, environment, fate(found[0]) or "ended without an answer")
    if "error" in answer:
        told_kind = _ERRORS.get(str(answer["error"]), RestoreError)
        raise told_kind(str(answer["message"]), hint=str(answer["hint"]))
    return answer["value"]


def _failed(account: Account, environment: str, how: str, kind: type[RestoreError] = RestoreError) -> RestoreError:
    place = environment or "this environment"
    if how.startswith("was ended"):
        hint = (
            f"the user's own processes: `ps -u {account.person.name}`; other environments: name them with --environment"
        )
    else:
        hint = "`dmesg` shows whether the memory was full; then run the same command again"
    return kind(f"cortex works in {place} as the user {account.person.name}, and this process {how}", hint=hint)


def _answer(said: Iterator[bytes], told: Told) -> dict[str, Any] | None:
    """Hands lines on until the other side ends; returns the answer, or None where none came whole."""
    answer: dict[str, Any] | None = None
    for piece in said:
        value = json.loads(piece)
        if "told" in value:
            told(str(value["told"]))
        else:
            answer = value
    return answer


def _end(child: int, account: Account) -> None:
    """Ends a process with all that it started: the terminal's Ctrl-C does not reach its session.

    What it started has a process group of its own, which it ends itself when it is told to. One that changes something
    does not: what that started is killed by a process of the user, who can kill nobody else's.
    """
    started = descendants(child)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)
        os.kill(child, signal.SIGCONT)
    has_ended(child, time.monotonic() + _GRACE)
    started += descendants(child)
    end_group(child)
    waited(child, _PAUSE)
    if started:
        with suppress(OSError):
            killer = start(account.person, _KILLING, (), lambda: _kill(started))
            has_ended(killer, time.monotonic() + _GRACE)
            end_group(killer)
            waited(killer, _PAUSE)


def _kill(processes: Sequence[int]) -> None:
    for one in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(one, signal.SIGKILL)


def _work(account: Account, work: Callable[[Told], Any], writing: int) -> None:
    os.environ.update(without_passwords(os.environ) | {"HOME": account.home})
    _say(writing, _done(work, lambda line: _say(writing, {"told": line})))


def _done(work: Callable[[Told], Any], told: Told) -> dict[str, Any]:
    try:
        return {"value": work(told)}
    except CortexError as error:
        return {"error": error.kind, "message": str(error), "hint": error.hint}
    except ImportError as error:
        hint = "install cortexrepo where every user can read the files, not in root's home"
        return {
            "error": "restore",
            "message": f"the environment's owner cannot load the Python module {error.name or error}",
            "hint": hint,
        }
    except OSError as error:
        message = f"{error.filename or 'a file'}: {error.strerror or error}"
        return {"error": "restore", "message": message, "hint": ""}


def _say(writing: int, value: dict[str, Any]) -> None:
    pieces.send(writing, json.dumps(value).encode())
