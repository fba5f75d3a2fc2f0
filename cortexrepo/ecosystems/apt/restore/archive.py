"""A private archive: checked files of packages, and the index by which apt knows them.

apt takes its files for genuine, which is why nothing gets in that was not checked against the digest of a configured
source, or came from apt's own cache or the repository whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from cortexrepo.disk.tree import sync
from cortexrepo.ecosystems.apt import deb
from cortexrepo.ecosystems.apt.names import file_name
from cortexrepo.errors import CorruptError
from cortexrepo.model.content import is_other

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.package import Package

_CHUNK = 1 << 20


class Archive:
    """The files that were fetched, in a directory that nobody else can write to."""

    def __init__(self, staging: str) -> None:
        """Takes the directory of the part; makes what is needed in it."""
        self.pool = f"{staging}/pool"
        self.index = f"{staging}/Packages"
        self._new = f"{staging}/new"
        for directory in (self.pool, f"{self.pool}/partial", f"{self.pool}/lists", f"{self.pool}/lists/partial"):
            os.makedirs(directory, mode=0o700, exist_ok=True)

    def path(self, package: Package) -> str:
        """Returns where the package's file is, or would be."""
        return f"{self.pool}/{file_name(package)}"

    def has(self, package: Package) -> bool:
        """Returns whether the package's file is there; only checked files ever are."""
        return os.path.isfile(self.path(package))

    def new(self) -> str:
        """Returns the path of a new file, which is not there, to be filled and then taken in."""
        self._forget()
        return self._new

    def take_in(self, package: Package, path: str, digest: str = "") -> None:
        """Checks a file, which nobody else is writing to, and takes a link to it or a copy of it.

        Args:
            package: What it must be.
            path: The file.
            digest: `sha256:` and the digest that it must have; empty if not known.

        Raises:
            CorruptError: It is something else.
            OSError: It cannot be read or copied.
        """
        if path != self._new:
            self._forget()
            try:
                os.link(path, self._new, follow_symlinks=False)
            except OSError:
                shutil.copyfile(path, self._new)
        try:
            check(package, self._new, digest)
            sync(self._new)
            if not self.has(package):
                os.link(self._new, self.path(package))
        finally:
            self._forget()

    def write_index(self, packages: Iterable[Package]) -> None:
        """Writes the index of those of the packages that are there."""
        write_index(self.index, (self.path(package) for package in packages if self.has(package)))

    def _forget(self) -> None:
        try:
            os.unlink(self._new)
        except FileNotFoundError:
            pass


def check(package: Package, path: str, digest: str = "") -> None:
    """Raises CorruptError unless the file at `path` holds this package and has this digest."""
    if digest and f"sha256:{sha256(path)}" != digest:
        raise CorruptError(
            f"{path}: the file has another checksum than the source announced for {package.name} {package.version}"
        )
    described = deb.described(path)
    found = described.fields
    holds = (found.get("Package", ""), found.get("Version", ""), found.get("Architecture", ""))
    if holds != (package.name, package.version, package.arch):
        raise CorruptError(
            f"{path}: the file contains {' '.join(holds)}, not {package.name} {package.version} {package.arch}"
        )
    if is_other(package, described.content):
        raise CorruptError(
            f"{path} has other files than the {package.name} {package.version} {package.arch} that was installed"
        )


def write_index(index: str, paths: Iterable[str]) -> None:
    """Writes an index of the files at `paths`. It is complete or, after a kill, written again."""
    stanzas = [_stanza(path) for path in dict.fromkeys(paths)]
    with open(index, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write("\n".join(stanzas))


def sha256(path: str) -> str:
    """Returns the digest of a file, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _stanza(path: str) -> str:
    lines = [f"{name}: {value}\n" for name, value in deb.control(path).items()]
    return "".join(lines) + f"Filename: {path.lstrip('/')}\nSize: {os.path.getsize(path)}\nSHA256: {sha256(path)}\n"
