"""The machine that this process runs on: programs are really started here, and nowhere else."""

from __future__ import annotations

import math
import os
import selectors
import shlex
import subprocess
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cortexrepo.errors import RefusedError, RestoreError
from cortexrepo.machine.dying import dies_with_parent, end_group, ended_by_signals, has_ended, held_back
from cortexrepo.machine.handed_on import handed_on
from cortexrepo.machine.late import late, let_go
from cortexrepo.machine.mounts import here as mounts_here
from cortexrepo.machine.programs import Finished
from cortexrepo.machine.whose.commands import Commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cortexrepo.machine.mounts import Mount

_LIMIT = 64 << 20
"""So many bytes of what a program writes are kept, or handed on: it may be somebody's who means harm."""
_ANSWER = 1 << 20
"""The same of the answer to a question."""
PATIENCE = 10.0
"""So many seconds has a program for its answer to a question."""
_LONGEST = 3600.0
"""So many seconds has any program that is not `lasting`: it may download much, but may not wait for ever."""
_LINES = 10_000
_LINE = 8 << 10
_CHUNK = 1 << 16
_PAUSE = 0.02
_PUNCH_HOLE = 3


class LiveMachine:
    """See `Machine`. Programs run as the user of this process.

    A program that is not `lasting` ends with this process, and with the call of it: it leads a process group, which is
    killed when it has ended, when its time is over, and when a signal ends this process. Where this process is killed
    outright (SIGKILL), only the program itself is, and not what it has started.
    """

    def __init__(self, variables: Mapping[str, str], home: str, patience: float = PATIENCE) -> None:
        """Takes the variables of this process, of which few are handed on, and the home directory of its user.

        Args:
            variables: The variables.
            home: The home directory.
            patience: How many seconds a program has to answer a question.
        """
        self._patience = patience
        self._variables = {"PATH": Commands().search_path(), "HOME": home, "LC_ALL": "C.UTF-8"}
        self._variables |= handed_on(variables)

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        directory: str = "/",
        told: Callable[[str], None] | None = None,
        lasting: bool = False,
    ) -> Finished:
        """See `Machine.run`."""
        command, given = self._command(arguments), {**self._variables, **(variables or {})}
        if told is None:
            if not lasting:
                return _asked(command, given, directory, _LONGEST, _LIMIT)
            with _start(command, given, directory, subprocess.PIPE, subprocess.PIPE) as process:
                return Finished(*_answer(process, command[0], math.inf, _LIMIT))
        # A file in memory and no pipe: should this process be killed, what it started can go on writing, to its end.
        with (
            open(os.memfd_create("output"), "w+b") as memory,
            _kept(command, given, directory, memory.fileno(), subprocess.STDOUT, lasting=lasting) as process,
        ):
            until = math.inf if lasting else time.monotonic() + _LONGEST
            return Finished(*_passed_on(process, memory.fileno(), told, command[0], until), "")

    def ask(
        self, arguments: Sequence[str], *, variables: Mapping[str, str] | None = None, directory: str = "/"
    ) -> Finished:
        """See `Machine.ask`."""
        given = {**self._variables, **(variables or {})}
        return _asked(self._command(arguments), given, directory, self._patience, _ANSWER)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        program = self.find(arguments[0])
        if program is None:
            skipped = Commands().skipped(arguments[0])
            if skipped is not None:
                raise RefusedError(
                    f"{skipped.path} is not started: {skipped.reason}",
                    hint=f"`{skipped.remedy}`, then run the same command again",
                )
            raise RestoreError(
                f"the program {arguments[0]} is not installed",
                hint="install the program, then run the same command again",
            )
        return [program, *arguments[1:]]

    def find(self, program: str) -> str | None:
        """See `Machine.find`."""
        return program if os.path.isabs(program) else Commands().find(program)

    def free(self, path: str) -> int:
        """See `Machine.free`."""
        while not os.path.exists(path) and path != "/":
            path = os.path.dirname(path)
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize

    def user(self) -> int:
        """See `Machine.user`."""
        return os.geteuid()

    def kernel(self) -> str:
        """See `Machine.kernel`."""
        return os.uname().release

    def mounts(self) -> Sequence[Mount]:
        """See `Machine.mounts`."""
        return mounts_here()


def _asked(
    command: Sequence[str], variables: Mapping[str, str], directory: str, seconds: float, limit: int
) -> Finished:
    until = time.monotonic() + seconds
    with _kept(command, variables, directory, subprocess.PIPE, subprocess.PIPE, lasting=False) as process:
        return Finished(*_answer(process, command[0], until, limit))


@contextmanager
def _kept(
    command: Sequence[str], variables: Mapping[str, str], directory: str, output: int, errors: int, *, lasting: bool
) -> Iterator[subprocess.Popen[bytes]]:
    """Starts a program that is not left alone: when the work with it is over, nothing of its group is there."""
    if lasting:
        with _start(command, variables, directory, output, errors) as left_alone:
            yield left_alone
        return
    children: list[int] = []
    process: subprocess.Popen[bytes] | None = None
    with ended_by_signals(children):
        try:
            with held_back() as mask:
                process = _start(command, variables, directory, output, errors, dies_with_parent(mask=mask))
                children.append(process.pid)
            yield process
        finally:
            if process is not None:
                let_go(process)
            children.clear()


def _start(
    command: Sequence[str],
    variables: Mapping[str, str],
    directory: str,
    output: int,
    errors: int,
    first: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a program in a session of its own; `first` is called in the new process before."""
    try:
        return subprocess.Popen(  # noqa: S603 -- no shell; the callers check what they pass
            command,
            env=variables,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
            preexec_fn=first,  # noqa: PLW1509 -- it calls nothing but the kernel
        )
    except OSError as error:
        raise RestoreError(f"cannot start {command[0]}: {error.strerror}") from error


def _answer(process: subprocess.Popen[bytes], name: str, until: float, limit: int) -> tuple[int, str, str]:
    """Returns how a program ended, and both its outputs.

    Raises:
        RestoreError: It wrote more than `limit` bytes, or did not end until a moment of the monotonic clock.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    kept: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    left = limit
    with selectors.DefaultSelector() as waiting:
        for descriptor in kept:
            waiting.register(descriptor, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(None if until == math.inf else max(until - time.monotonic(), 0))
            if not ready and time.monotonic() >= until:
                raise late(process, name)
            for key, _ in ready:
                data = os.read(key.fd, _CHUNK)
                kept[key.fd].append(data)
                left -= len(data)
                if not data:
                    waiting.unregister(key.fd)
            if left < 0:
                process.kill()
                raise RestoreError(
                    f"{name} was stopped: the program printed more than {limit} bytes",
                    hint=f"check the program: `command -v {shlex.quote(name)}`",
                )
    output, errors = (_text(b"".join(parts)) for parts in kept.values())
    return _end(process, name, until), output, errors


def _end(process: subprocess.Popen[bytes], name: str, until: float) -> int:
    """Returns the exit code of a program that has said all; what it has left behind in its group ends."""
    if until != math.inf:
        if not has_ended(process.pid, until):
            raise late(process, name)
        end_group(process.pid)
    return process.wait()


def _passed_on(
    process: subprocess.Popen[bytes], descriptor: int, told: Callable[[str], None], name: str, until: float
) -> tuple[int, str]:
    """Hands on what a program writes, line by line, until it ends; it is never stopped by what becomes of that.

    Returns how it ended, and the last lines of what it wrote. Raises RestoreError as `_answer` does.
    """
    lines: deque[str] = deque(maxlen=_LINES)
    left, place, rest, ended = _LIMIT, 0, b"", False
    while not ended:
        ended = has_ended(process.pid, time.monotonic() + _PAUSE)
        if not ended and time.monotonic() >= until:
            raise late(process, name)
        while data := os.pread(descriptor, _CHUNK, place):
            place += len(data)
            *whole, rest = (rest + data).split(b"\n")
            if len(rest) > _LINE:
                whole, rest = [*whole, rest[:-1]], rest[-1:]  # its end may come alone, and is no line
            for piece in (line[at : at + _LINE] for line in whole for at in range(0, max(len(line), 1), _LINE)):
                left -= len(piece) + 1
                lines.append(_text(piece).rstrip("\r"))
                if left >= 0:
                    told(lines[-1])
            _forget(descriptor, place)
    if rest:
        lines.append(_text(rest))
        told(lines[-1])
    return _end(process, name, until), "\n".join(lines) + ("" if rest or not lines else "\n")


def _forget(descriptor: int, end: int) -> None:
    """Gives back the memory of what was read, where that is much."""
    if end > _LIMIT:
        import ctypes  # dear, and hardly ever needed

        from cortexrepo.library import LIBRARY

        LIBRARY.fallocate(descriptor, _PUNCH_HOLE, ctypes.c_long(0), ctypes.c_long(end))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
