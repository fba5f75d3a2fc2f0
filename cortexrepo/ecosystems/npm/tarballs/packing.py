"""An installed package made into a tarball again, for when no registry offers its version any more."""

from __future__ import annotations

import gzip
import os
import tarfile
from typing import IO, TYPE_CHECKING, cast

from cortexrepo.ecosystems.npm.tarballs.tarball import MOST_BYTES, MOST_FILES
from cortexrepo.errors import CollectError

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.files import Files, Target

_MOMENT = 499_162_500
"""What npm itself writes into every tarball: 1985-10-26."""


def pack(system: Files, folder: str, target: Target) -> tuple[str, ...]:
    """Writes the package in `folder` to `target`, without the packages inside of it.

    Returns the paths of the files that it is made of.

    The same files give the same bytes, whoever owns them and whenever they were written. What the package's own script
    has built is in it too. The files may be anybody's: no link is followed, and nothing but regular files is opened.

    Args:
        system: The machine.
        folder: The directory of one installed package, links resolved.
        target: Where to write it; what it holds after an error means nothing.

    Raises:
        CollectError: There is something in it that is no file, or more than an installer would take.
        OSError: Something cannot be read or written.
    """
    with (
        gzip.GzipFile("", "wb", fileobj=cast("IO[bytes]", target), mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        size = 0
        names = _files(system, folder)
        for name in names:
            size += _add(system, archive, f"{folder}/{name}", f"package/{name}", MOST_BYTES - size)
        return tuple(f"{folder}/{name}" for name in names)


def _files(system: Files, folder: str) -> list[str]:
    """Returns the paths of all files, sorted; the folders may be nested deeper than calls can be."""
    found: list[str] = []
    todo = [""]
    while todo:
        below = todo.pop()
        for name, kind in system.entries(f"{folder}/{below}"):
            if kind == "directory":
                todo += [f"{below}{name}/"] if below or name != "node_modules" else []
            elif kind == "file":
                found.append(below + name)
            else:
                raise CollectError(f"{below}{name} is not a regular file ({kind}), and npm's tarballs hold only files")
        if len(found) + len(todo) > MOST_FILES:
            raise CollectError(f"the package has more than {MOST_FILES} files")
    return sorted(found)


def _add(system: Files, archive: tarfile.TarFile, path: str, name: str, most: int) -> int:
    """Adds a file, and returns how long it is; CollectError where that is more than `most`."""
    with os.fdopen(system.open_straight(path), "rb") as file:
        found = os.fstat(file.fileno())
        if found.st_size > most:
            raise CollectError(f"the package has more than {MOST_BYTES >> 30} GiB of files")
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = found.st_size, _MOMENT
        entry.mode = 0o755 if found.st_mode & 0o111 else 0o644
        archive.addfile(entry, file)
    return found.st_size
