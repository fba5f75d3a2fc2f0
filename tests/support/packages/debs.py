"""Real .debs made by hand, and a machine that only says that it was started."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cortexrepo.machine.mounts import Mount
    from cortexrepo.machine.programs import Finished


def deb(name: str, version: str, arch: str = "amd64", *, packed: str = "xz", size: int = 0, sums: bytes = b"") -> bytes:
    """Returns the bytes of a .deb that installs one file of that size; `sums` is its list of MD5 sums, if any."""
    control = (
        f"Package: {name}\nVersion: {version}\nArchitecture: {arch}\n"
        f"Maintainer: nobody <nobody@example.org>\nDescription: made by hand\n"
    )
    described = {"./control": control.encode()} | ({"./md5sums": sums} if sums else {})
    members = (
        ("debian-binary", b"2.0\n"),
        (
            f"control.tar.{packed}",
            _packed(_tar(described), packed),
        ),
        ("data.tar.xz", lzma.compress(_tar({f"./usr/share/{name}": bytes(size)}))),
    )
    parts = [b"!<arch>\n"]
    for member, data in members:
        parts.append(f"{member:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        parts.append(data + b"\n" * (len(data) % 2))
    return b"".join(parts)


def _packed(data: bytes, how: str) -> bytes:
    return lzma.compress(data) if how == "xz" else gzip.compress(data)


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class ScriptedMachine:
    """A machine whose programs are functions, each given its arguments and directory; `started` is what was run."""

    def __init__(self, **programs: Callable[[list[str], str], Finished]) -> None:
        self.started: list[list[str]] = []
        self._programs = programs

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        directory: str = "/",
        told: Callable[[str], None] | None = None,
        lasting: bool = False,
    ) -> Finished:
        self.started.append(list(arguments))
        return self._programs[arguments[0].replace("-", "_")](list(arguments), directory)

    def ask(
        self, arguments: Sequence[str], *, variables: Mapping[str, str] | None = None, directory: str = "/"
    ) -> Finished:
        return self.run(arguments, variables=variables, directory=directory)

    def find(self, program: str) -> str | None:
        return f"/usr/bin/{program}" if program.replace("-", "_") in self._programs else None

    def free(self, path: str) -> int:
        return 1 << 40

    def user(self) -> int:
        return 0

    def kernel(self) -> str:
        return "6.1.0"

    def mounts(self) -> Sequence[Mount]:
        return ()
