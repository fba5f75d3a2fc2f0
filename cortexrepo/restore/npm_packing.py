"""An installed package made into a tarball again, for when no registry offers its version any more."""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import CorruptError, RefusedError
from cortexrepo.restore.npm_description import Description, describe

if TYPE_CHECKING:
    from collections.abc import Iterator

ORIGIN = "installed"
"""What `Artifact.origin` says of such a file."""
_TIME = 499162500
"""What npm itself writes into every tarball: 1985-10-26."""
_DESCRIPTION_LIMIT = 4 << 20


class Packed(NamedTuple):
    """A tarball that was made: what a store is told of it, and how many bytes it has."""

    name: str
    version: str
    file: str
    size: int


def pack(folder: str, path: str) -> Packed:
    """Writes the package in `folder` to a new file at `path`, without the packages inside of it.

    The same files give the same bytes, whoever owns them and whenever they were written. What the package's own script
    has built is in it too.

    Args:
        folder: The directory of one installed package; a link is not followed.
        path: Where nothing is yet.

    Raises:
        CorruptError: The folder does not describe a package.
        RefusedError: There is something in it that is no file: an installer would refuse the tarball.
        OSError: Something cannot be read or written.
    """
    found = _description(folder)
    with (
        open(path, "xb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in _files(folder):
            _add(archive, f"{folder}/{name}", f"package/{name}")
    file_name = f"{found.name.lstrip('@').replace('/', '-')}-{found.version}.tgz"
    return Packed(found.name, found.version, file_name, os.stat(path).st_size)


def _description(folder: str) -> Description:
    if os.path.islink(folder) or not os.path.isfile(f"{folder}/package.json"):
        raise CorruptError(f"{folder} is no package")
    with open(f"{folder}/package.json", "rb") as file:
        found = describe(file.read(_DESCRIPTION_LIMIT))
    if not found.name or not found.version:
        raise CorruptError(f"{folder}/package.json does not say which package it is")
    return found


def _files(folder: str, below: str = "") -> Iterator[str]:
    """Yields the paths of all files, sorted."""
    for name in sorted(os.listdir(f"{folder}/{below}")):
        path = f"{below}{name}"
        mode = os.lstat(f"{folder}/{path}").st_mode
        if path == "node_modules":
            continue
        if stat.S_ISDIR(mode):
            yield from _files(folder, f"{path}/")
        elif stat.S_ISREG(mode):
            yield path
        else:
            raise RefusedError(f"{folder}/{path} is no regular file: the package cannot be packed")


def _add(archive: tarfile.TarFile, path: str, name: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        info = tarfile.TarInfo(name)
        info.size, info.mtime = status.st_size, _TIME
        info.mode = 0o755 if status.st_mode & 0o100 else 0o644
        archive.addfile(info, file)
