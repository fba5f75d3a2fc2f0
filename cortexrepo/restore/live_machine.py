"""The machine that this process runs on: programs are really started here, and nowhere else."""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
from collections import deque
from typing import TYPE_CHECKING

from cortexrepo.errors import RestoreError
from cortexrepo.restore.machine import Finished

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
            message = f"{arguments[0]} is not installed"
            raise RestoreError(message)
        try:
            process = subprocess.Popen(  # noqa: S603 -- no shell; the callers check what they pass
                [program, *arguments[1:]],
                env={**self._variables, **(variables or {})},
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if told is not None else subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="backslashreplace",
                start_new_session=lasting,
            )
        except OSError as error:
            message = f"cannot start {arguments[0]}: {error.strerror}"
            raise RestoreError(message) from error
        with process:
            if told is None:
                output, errors = _answer(process, arguments[0])
            else:
                output, errors = _passed_on(process, told), ""
        return Finished(process.returncode, output, errors)

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


def _answer(process: subprocess.Popen[str], name: str) -> tuple[str, str]:
    """Returns what a program writes to both its outputs; kills one that writes without end, and raises RestoreError."""
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
                raise RestoreError(f"{name} writes without end", hint="it is not what it should be: look at it")
    output, errors = (b"".join(parts).decode("utf-8", "backslashreplace") for parts in kept.values())
    return output, errors


def _passed_on(process: subprocess.Popen[str], told: Callable[[str], None]) -> str:
    """Hands on what a program writes, line by line, and returns its end; it is never stopped by what becomes of it."""
    assert process.stdout is not None
    lines: deque[str] = deque(maxlen=_LINES)
    left = _LIMIT
    while line := process.stdout.readline(_LINE):
        lines.append(line)
        left -= len(line)
        if left >= 0:
            told(line.rstrip("\n"))
    return "".join(lines)
