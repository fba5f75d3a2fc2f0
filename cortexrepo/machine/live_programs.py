"""The machine that this process runs on: programs are really started here, and nowhere else."""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from cortexrepo.errors import RestoreError
from cortexrepo.machine.programs import Finished

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HANDED_ON = (
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
"""How to reach a source is the machine's business and not the snapshot's; proxies also in capitals."""


_LIMIT = 64 << 20
"""So many bytes of what a program writes are kept, or handed on: it may be somebody's who means harm."""
_LINES = 10_000
_LINE = 8 << 10
_CHUNK = 1 << 16
_PAUSE = 0.02
_PUNCH_HOLE = 3


class LiveMachine:
    """See `Machine`. Programs run as the user of this process."""

    def __init__(self, variables: Mapping[str, str], home: str) -> None:
        """Takes the variables of this process, of which few are handed on, and the home directory of its user."""
        self._variables = {"PATH": PATH, "HOME": home, "LC_ALL": "C.UTF-8"}
        for name in _HANDED_ON:
            for spelling in (name, name.upper()):
                if spelling in variables:
                    self._variables[spelling] = variables[spelling]

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
        program = self.find(arguments[0])
        if program is None:
            raise RestoreError(
                f"the program {arguments[0]} is not installed",
                hint="install the program, then run the same command again",
            )
        command = [program, *arguments[1:]]
        given = {**self._variables, **(variables or {})}
        if told is None:
            with _start(command, given, directory, subprocess.PIPE, subprocess.PIPE, lasting=lasting) as process:
                return Finished(*_answer(process, arguments[0]))
        # A file in memory and no pipe: should this process be killed, what it started can go on writing, to its end.
        with (
            open(os.memfd_create("output"), "w+b") as memory,
            _start(command, given, directory, memory.fileno(), subprocess.STDOUT, lasting=lasting) as process,
        ):
            return Finished(*_passed_on(process, memory.fileno(), told), "")

    def find(self, program: str) -> str | None:
        """See `Machine.find`."""
        return shutil.which(program, path=PATH)

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


def _start(
    command: Sequence[str], variables: Mapping[str, str], directory: str, output: int, errors: int, *, lasting: bool
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 -- no shell; the callers check what they pass
            command,
            env=variables,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=lasting,
        )
    except OSError as error:
        raise RestoreError(f"cannot start {command[0]}: {error.strerror}") from error


def _answer(process: subprocess.Popen[bytes], name: str) -> tuple[int, str, str]:
    """Returns how a program ended, and both its outputs; kills one that writes without end, and raises RestoreError."""
    assert process.stdout is not None
    assert process.stderr is not None
    kept: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    left = _LIMIT
    with selectors.DefaultSelector() as waiting:
        for descriptor in kept:
            waiting.register(descriptor, selectors.EVENT_READ)
        while waiting.get_map():
            for key, _ in waiting.select():
                data = os.read(key.fd, _CHUNK)
                kept[key.fd].append(data)
                left -= len(data)
                if not data:
                    waiting.unregister(key.fd)
            if left < 0:
                process.kill()
                raise RestoreError(
                    f"{name} was stopped: the program printed more than {_LIMIT} bytes",
                    hint=f"check the program: `command -v {name}`",
                )
    output, errors = (_text(b"".join(parts)) for parts in kept.values())
    return process.wait(), output, errors


def _passed_on(process: subprocess.Popen[bytes], descriptor: int, told: Callable[[str], None]) -> tuple[int, str]:
    """Hands on what a program writes, line by line, until it ends; it is never stopped by what becomes of that.

    Returns how it ended, and the last lines of what it wrote.
    """
    lines: deque[str] = deque(maxlen=_LINES)
    left, place, rest, ended = _LIMIT, 0, b"", False
    while not ended:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PAUSE)
        ended = process.returncode is not None
        while data := os.pread(descriptor, _CHUNK, place):
            place += len(data)
            *whole, rest = (rest + data).split(b"\n")
            if len(rest) > _LINE:
                whole, rest = [*whole, rest], b""
            for piece in (line[at : at + _LINE] for line in whole for at in range(0, max(len(line), 1), _LINE)):
                left -= len(piece) + 1
                lines.append(_text(piece).rstrip("\r"))
                if left >= 0:
                    told(lines[-1])
            _forget(descriptor, place)
    if rest:
        lines.append(_text(rest))
        told(lines[-1])
    return process.wait(), "\n".join(lines) + ("" if rest or not lines else "\n")


def _forget(descriptor: int, end: int) -> None:
    """Gives back the memory of what was read, where that is much."""
    if end > _LIMIT:
        import ctypes  # dear, and hardly ever needed

        ctypes.CDLL(None).fallocate(descriptor, _PUNCH_HOLE, ctypes.c_long(0), ctypes.c_long(end))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
