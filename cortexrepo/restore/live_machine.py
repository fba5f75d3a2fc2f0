"""The machine that this process runs on: programs are really started here, and nowhere else."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

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


_PAUSE = 0.02
_AT_ONCE = 1 << 16


def _memory() -> BinaryIO:
    return open(os.memfd_create("output"), "w+b")


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "backslashreplace").replace("\r\n", "\n")


def _follow(process: subprocess.Popen[bytes], descriptor: int, told: Callable[[str], None]) -> None:
    """Tells the lines of a program's output as they come, until it ends."""
    place, rest = 0, b""
    ended = False
    while not ended:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PAUSE)
        ended = process.returncode is not None
        while data := os.pread(descriptor, _AT_ONCE, place):
            place += len(data)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                told(line.decode("utf-8", "backslashreplace").rstrip("\r"))
    if rest:
        told(rest.decode("utf-8", "backslashreplace"))


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
        # Files in memory and no pipes: should this process be killed, what it started can go on writing, to its end.
        with _memory() as output, _memory() as errors:
            try:
                process = subprocess.Popen(  # noqa: S603 -- no shell; the callers check what they pass
                    [program, *arguments[1:]],
                    env={**self._variables, **(variables or {})},
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors if told is None else subprocess.STDOUT,
                    start_new_session=lasting,
                )
            except OSError as error:
                message = f"cannot start {arguments[0]}: {error.strerror}"
                raise RestoreError(message) from error
            with process:
                if told is not None:
                    _follow(process, output.fileno(), told)
                process.wait()
            return Finished(process.returncode, _text(output), _text(errors))

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
