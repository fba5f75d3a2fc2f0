"""Work in an environment of another user, done as that user: root reads and runs nothing of theirs."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from cortexrepo.errors import CortexError, FetchError, RefusedError, RestoreError
from cortexrepo.machine.dying import dies_with_parent, end_group, has_ended
from cortexrepo.restore.run.preloading import preload

if TYPE_CHECKING:
    from collections.abc import Callable

    Told = Callable[[str], None]

_GRACE = 10.0
"""So many seconds has a process to end what it has started."""
_ERRORS = {"refused": RefusedError, "fetch": FetchError}


class Account:
    """A user that work is done as: the id, the group and the home directory."""

    def __init__(self, user: int) -> None:
        """Looks the user up; RestoreError where there is none with this id."""
        import pwd

        try:
            found = pwd.getpwuid(user)
        except KeyError:
            raise RestoreError(
                f"the environment belongs to the user id {user}, and this machine has no such user"
            ) from None
        self.user, self.group, self.home, self.name = user, found.pw_gid, found.pw_dir, found.pw_name


def as_user(account: Account, work: Callable[[Told], Any], told: Told, *, lasting: bool = False) -> Any:
    """Calls `work` in a process that has become another user for good, and returns what it returns.

    Args:
        account: Who.
        work: What; it is given what to tell lines to. What it returns must be JSON.
        told: Is given the lines.
        lasting: It changes something: where this process ends without a word, the other one goes on.

    Raises:
        RestoreError: It raised one (or a FetchError, RefusedError: the same), or its process was killed.

    When this process is interrupted meanwhile, the other one and all that it started ends.
    """
    preload()
    dies = None if lasting else dies_with_parent(signal.SIGTERM)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _become(account, writing, work, dies)
    os.close(writing)
    try:
        answer = _answer(reading, told)
    except BaseException:
        _end(child)
        raise
    _, status = os.waitpid(child, 0)
    if answer is None:
        code = os.waitstatus_to_exitcode(status)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise RestoreError(
            f"cortex works in this environment as the user {account.name}, and this process {how}",
            hint="`dmesg` shows whether the memory was full; then run the same command again",
        )
    if "error" in answer:
        kind = _ERRORS.get(str(answer["error"]), RestoreError)
        raise kind(str(answer["message"]), hint=str(answer["hint"]))
    return answer["value"]


def _answer(reading: int, told: Told) -> dict[str, Any] | None:
    """Hands lines on until the pipe ends; returns the answer, or None where none came whole."""
    answer: dict[str, Any] | None = None
    with open(reading, encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                break
            value = json.loads(line)
            if "told" in value:
                told(str(value["told"]))
            else:
                answer = value
    return answer


def _end(child: int) -> None:
    """Ends a process with all that it started: the terminal's Ctrl-C does not reach its session.

    What it started has a process group of its own, which it ends itself when it is told to.
    """
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)
    has_ended(child, time.monotonic() + _GRACE)
    end_group(child)
    os.waitpid(child, 0)


def _become(account: Account, writing: int, work: Callable[[Told], Any], dies: Callable[[], None] | None) -> NoReturn:
    """Becomes the user and does the work; the process ends here, whatever happens.

    It leaves the terminal: whatever has one in common with root's shell can type into it (TIOCSTI).
    """
    try:
        os.setsid()
        os.setgroups(os.getgrouplist(account.name, account.group))
        os.setgid(account.group)
        os.setuid(account.user)
        if dies is not None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # what ends a program that it waits for
            dies()
        os.environ["HOME"] = account.home
        os.umask(0o022)
        _say(writing, _done(work, lambda line: _say(writing, {"told": line})))
        os._exit(0)
    finally:
        os._exit(1)


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
    data = memoryview((json.dumps(value) + "\n").encode())
    while data:
        data = data[os.write(writing, data) :]
