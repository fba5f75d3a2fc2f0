"""The lists of files of the distributions in one environment: what each RECORD says, with whole paths."""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.pip.environments.python_prefix import site_named
from cortexrepo.ecosystems.pip.metadata import describe, normalise
from cortexrepo.ecosystems.pip.wheels import record as pip_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.ecosystems.contract.installed import Asked
    from cortexrepo.model.package import Package

_OLD = "installed-files.txt"


class Line(NamedTuple):
    """One file of a distribution.

    Attributes:
        path: The file.
        algorithm: The name of its digest; empty where RECORD has no usable one.
        digest: The digest.
        size: How long it is; None where RECORD does not say.
        is_inside: The file is in the environment.
    """

    path: str
    algorithm: str
    digest: bytes
    size: int | None
    is_inside: bool


class NoListError(Exception):
    """Nothing says which files a distribution has; the text says why."""


class Records:
    """The distributions of one environment, as they are when this is made."""

    def __init__(self, asked: Asked, system: Files) -> None:
        """Looks for the directories of the distributions; raises OSError, and NoListError where there are none."""
        self._system = system
        self.site = site_named(system, asked.environment, asked.fact("kind"), asked.fact("python"))
        if not self.site:
            raise NoListError("the site directory of the environment is missing")
        own = asked.fact("kind") == "target" or self.site != asked.environment
        self._prefix = asked.environment if own else self.site.rsplit("/", 3)[0] or "/"
        self._infos: dict[tuple[str, str], str] = {}
        for entry in system.entries(self.site):
            if entry.name.endswith((".dist-info", ".egg-info")) and entry.name[0] not in "~.":
                self._infos.setdefault(self._named(entry.name), entry.name)
        self._read: dict[Package, list[Line]] = {}

    def lines(self, row: Package) -> list[Line]:
        """Returns the files of a distribution, its bytecode not among them; raises NoListError, OSError."""
        if row not in self._read:
            self._read[row] = list(self._lines(row))
        return self._read[row]

    def _named(self, folder: str) -> tuple[str, str]:
        """Returns the name and the version of a distribution; both are empty where its description says none."""
        file = "METADATA" if folder.endswith(".dist-info") else "PKG-INFO"
        try:
            name, version = describe(self._system, f"{self.site}/{folder}/{file}") or ("", "")
        except OSError:
            return "", ""
        return normalise(name), version

    def _lines(self, row: Package) -> Iterator[Line]:
        folder = self._infos.get((row.name, row.version))
        if folder is None:
            raise NoListError(f"{self.site} has no list of its files")
        info = f"{self.site}/{folder}"
        if folder.endswith(".egg-info"):
            data = self._system.read(f"{info}/{_OLD}")
            if data is None:
                raise NoListError(f"{info} has no list of its files")
            for text in data.decode("utf-8", "surrogateescape").splitlines():
                yield from self._line(pip_record.Entry(text), info)
            return
        data = self._system.read(f"{info}/RECORD")
        if data is None:
            raise NoListError(f"{info}/RECORD is missing")
        try:
            entries = pip_record.decode(data)
        except ValueError as error:
            raise NoListError(f"{info}/RECORD is damaged: {error}") from error
        if not entries:
            raise NoListError(f"{info}/RECORD is empty")
        for entry in entries:
            yield from self._line(entry, self.site)

    def _line(self, entry: pip_record.Entry, base: str) -> Iterator[Line]:
        if not entry.path or "\0" in entry.path or entry.path.endswith((".pyc", ".pyo")) or entry.path.endswith("/"):
            return
        where = pip_record.unpacked(entry.path, self._prefix)
        if not where:
            return
        path = posixpath.normpath(posixpath.join(base, where))
        algorithm, _, text = entry.digest.partition("=")
        digest = _decoded(algorithm, text) if algorithm in pip_record.ALGORITHMS else b""
        size = int(entry.size) if entry.size.isascii() and entry.size.isdigit() and len(entry.size) < 20 else None  # noqa: PLR2004 -- more than a file can have
        is_inside = path.startswith(f"{self._prefix.rstrip('/')}/")
        yield Line(path, algorithm if digest else "", digest, size if digest else None, is_inside)


def _decoded(algorithm: str, text: str) -> bytes:
    """Returns a digest; empty where the text is none of this algorithm: some tools wrote hexadecimal digits."""
    try:
        digest = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
    return digest if len(digest) == hashlib.new(algorithm, usedforsecurity=False).digest_size else b""
