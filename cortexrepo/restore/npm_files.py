"""Files of npm's packages: packed again from what is installed, and from the registries that npm is configured with."""

from __future__ import annotations

import json
import os
import re
import tarfile
from functools import partial
from gzip import GzipFile
from typing import TYPE_CHECKING

from cortexrepo.errors import CollectError
from cortexrepo.model.artifact import INSTALLED, SOURCE, own_name
from cortexrepo.restore.keeping import File, pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.model.package import Package
    from cortexrepo.restore.keeping import Answer, Files, Place, Wanted

_NAME = re.compile(r"(?:@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9_][a-z0-9._~-]*\Z", re.IGNORECASE)
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?\Z")
_LONGEST = 214
_AT_ONCE = 16
_MOMENT = 499_162_500
"""What npm itself gives every file of a package, so that packing again gives the same bytes."""
_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_DESCRIPTION = 4 << 20


def unsafe(package: Package) -> str:
    """Returns why npm must not see this package's name or version, or an empty string.

    `npm pack` takes paths, URLs and other packages' names too.
    """
    name = own_name(package)
    if len(name) > _LONGEST or not _NAME.match(name):
        return f"{name!r:.80} is no name that can be handed to npm"
    if len(package.version) > _LONGEST or not _VERSION.match(package.version):
        return f"{package.version!r:.80} is no version that can be handed to npm"
    return ""


def file_name(package: Package) -> str:
    """Returns the name that npm gives to a package's file."""
    return f"{own_name(package).removeprefix('@').replace('/', '-')}-{package.version}.tgz"


def local(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.local`: packed from the installed files, without what is nested."""
    for one in wanted:
        reason = unsafe(one.package)
        if reason:
            yield one, reason
            continue
        path = f"{place.room.staging}/{file_name(one.package)}"
        try:
            _pack(place.system, _folder(one), path, one.package)
        except (OSError, CollectError) as error:
            yield one, f"cannot be packed from {_folder(one)}: {error}"
        else:
            yield from _staged(one, path, INSTALLED)
        finally:
            _remove(path)


def source(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.source`: several at once, and one by one where npm could not have all of them."""
    safe = []
    for one in wanted:
        origin = one.package.attribute("resolved")
        reason = f"it came from {origin}, not from a registry" if origin else unsafe(one.package)
        if reason:
            yield one, reason
        else:
            safe.append(one)
    for start in range(0, len(safe), _AT_ONCE):
        some = safe[start : start + _AT_ONCE]
        errors = _download(some, place)
        for one in some:
            path = f"{place.room.staging}/{file_name(one.package)}"
            said = _download([one], place) if errors and not os.path.exists(path) else errors
            if os.path.exists(path):
                yield from _staged(one, path, SOURCE)
                _remove(path)
            else:
                yield one, f"npm could not download it: {said}"


def _download(some: Sequence[Wanted], place: Place) -> str:
    """Has npm download packages into the staging directory; returns what it says where it could not have all."""
    asked = [f"{own_name(one.package)}@{one.package.version}" for one in some]
    options = ["--pack-destination", place.room.staging, "--ignore-scripts", "--loglevel=error", "--no-update-notifier"]
    ended = place.room.machine.run(["npm", "pack", *options, "--", *asked], directory=place.room.staging)
    lines = [line for line in ended.errors.splitlines() if " code " in line or "404" in line]
    return (lines[0] if lines else f"exit code {ended.code}")[:200] if ended.code else ""


def _folder(one: Wanted) -> str:
    inside = one.package.attribute("inside")
    chain = [*(inside.split(">") if inside else ()), one.package.name]
    return f"{one.environment}/lib/node_modules/" + "/node_modules/".join(chain)


# -- packing


def _pack(system: Files, folder: str, path: str, package: Package) -> None:
    """Writes the file of the package in `folder`; raises CollectError or OSError where it is not as it should be."""
    _check(system.read(f"{folder}/package.json", _DESCRIPTION) or b"", package)
    with open(path, "xb") as raw, GzipFile("", "wb", 9, raw, 0) as packed:  # noqa: SIM117 -- one is inside the other
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in sorted(_files(system, folder, "")):
                _add(system, tar, f"{folder}/{name}", f"package/{name}")


def _files(system: Files, folder: str, below: str) -> Iterator[str]:
    for name, kind in system.entries(f"{folder}/{below}"):
        if kind == "directory":
            if below or name != "node_modules":
                yield from _files(system, folder, f"{below}{name}/")
        elif kind == "file":
            yield below + name
        else:
            message = f"{below}{name} is a {kind}, which no package's file can hold"
            raise CollectError(message)


def _add(system: Files, tar: tarfile.TarFile, path: str, name: str) -> None:
    with os.fdopen(system.open_file(path), "rb") as file:
        found = os.fstat(file.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = found.st_size, _MOMENT
        entry.mode = 0o755 if found.st_mode & 0o111 else 0o644
        tar.addfile(entry, file)


def _check(description: bytes, package: Package) -> None:
    """Raises CollectError unless a package.json is of this package."""
    try:
        found = json.loads(description.decode("utf-8", "replace").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        found = None
    said = (found.get("name"), found.get("version")) if isinstance(found, dict) else ()
    if said != (own_name(package), package.version):
        message = f"its package.json is of {' '.join(map(str, said)) or 'no package'}"
        raise CollectError(message)


def _staged(one: Wanted, path: str, origin: str) -> Iterator[Answer]:
    """Yields the file at `path` if it is of the package."""
    descriptor = os.open(path, _FILE)
    try:
        _check(_described(f"/proc/self/fd/{descriptor}"), one.package)
    except (CollectError, OSError, EOFError, tarfile.TarError) as error:
        yield one, f"{file_name(one.package)}: {error}"
    else:
        yield one, File(file_name(one.package), origin, partial(pieces_of, descriptor, path))
    finally:
        os.close(descriptor)


def _described(path: str) -> bytes:
    """Returns the package.json in a package's file, which lies in a directory of any name."""
    with tarfile.open(path, "r:*") as tar:
        for entry in tar:
            if entry.isreg() and entry.name.count("/") == 1 and entry.name.endswith("/package.json"):
                content = tar.extractfile(entry)
                return content.read(_DESCRIPTION) if content else b""
    return b""


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
