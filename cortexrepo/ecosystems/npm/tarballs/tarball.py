"""A package's tarball: what is in it, and unpacking it where nothing else is."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from cortexrepo.ecosystems.npm.tarballs.description import Description, describe
from cortexrepo.errors import CorruptError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 4 << 30
"""No package is larger when it is unpacked."""
MOST_FILES = 500_000
"""No package has more files."""

_DESCRIPTION_LIMIT = 4 << 20
_PIECE = 1 << 20
_SIP = 16 << 20
_MODULES = "node_modules/"


class Contents(NamedTuple):
    """What is in a tarball.

    Attributes:
        packages: What describes itself, by its path inside the package: at `` the package itself, else those bundled.
        size: Bytes, unpacked.
        raw: The package's own package.json, as it is written.
    """

    packages: dict[str, Description]
    size: int
    raw: bytes


class _Member(NamedTuple):
    path: str
    info: tarfile.TarInfo


def read(path: str, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> Contents:
    """Reads a whole tarball, and unpacks nothing.

    Raises:
        CorruptError: It cannot be read to its end, or does not describe a package.
        RefusedError: It has something in it that a package may not have: links, devices, paths that lead out of it, or
            too much.
        OSError: The file cannot be read.
    """
    files: dict[str, bool] = {}
    raw: dict[str, bytes] = {}
    size = 0
    with _Opened(path) as archive:
        for member in _members(archive, most_bytes, most_files):
            size += member.info.size
            files[member.path] = True
            if _is_description(member.path) and member.info.size <= _DESCRIPTION_LIMIT:
                raw[member.path] = _content(archive, member.info).read()
    if "package.json" not in raw:
        raise CorruptError(f"{path} is not an npm package: package.json is missing")
    packages = {name.removesuffix("package.json").rstrip("/"): describe(text) for name, text in raw.items()}
    completed = {inner: _completed(found, inner, files) for inner, found in packages.items()}
    return Contents(completed, size, raw["package.json"])


def unpack(path: str, inner: str, target: str) -> None:
    """Unpacks one package of a tarball into `target`, a directory that it makes, without those bundled in it.

    Modes are as npm makes them. Everything that `read` refuses is refused.

    Args:
        path: The tarball.
        inner: The path of the package in it, as in `Contents.packages`.
        target: Where nothing is yet.
    """
    head = f"{inner}/" if inner else ""
    os.makedirs(target)
    ignoring: set[str] = set()
    with _Opened(path) as archive:
        for member in _members(archive):
            below = member.path[len(head) :]
            if member.path.startswith(head) and not below.startswith(_MODULES):
                _place(archive, member.info, _as_npm_names_it(below, ignoring), target)


def digests(path: str) -> dict[str, tuple[int, bytes]]:
    """Returns the length and the SHA-256 of each file as `unpack` places it, of the package alone; raises as `read`."""
    found: dict[str, tuple[int, bytes]] = {}
    ignoring: set[str] = set()
    with _Opened(path) as archive:
        for member in _members(archive):
            placed = "" if member.path.startswith(_MODULES) else _as_npm_names_it(member.path, ignoring)
            if placed:
                hasher = hashlib.sha256()
                content = _content(archive, member.info)
                while piece := content.read(_PIECE):
                    hasher.update(piece)
                found[placed] = member.info.size, hasher.digest()
    return found


class _Opened:
    """An open tarball, whose every way to be damaged is a `CorruptError`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> tarfile.TarFile:
        self._file = open(self._path, "rb")
        packed = self._file.read(2) == b"\x1f\x8b"
        self._file.seek(0)
        plain = gzip.GzipFile(fileobj=self._file) if packed else self._file
        try:
            return tarfile.open(self._path, "r:", fileobj=cast("IO[bytes]", _Sips(plain)))
        except BaseException as error:
            self.__exit__(None, error, None)
            raise

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        assert self._file is not None
        self._file.close()
        damaged = isinstance(error, (tarfile.TarError, EOFError, zlib.error, ValueError))
        if damaged or (isinstance(error, OSError) and error.errno is None):
            raise CorruptError(f"{self._path} is damaged: {error}") from error


class _Sips:
    """A file that is read in small pieces: a header that says it is gigabytes long is not taken into memory."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self._file = file
        self.tell = file.tell
        self.seek = file.seek

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _SIP:
            raise RefusedError(f"the tarball is damaged: a header says {size} bytes")
        return self._file.read(size)


def _members(archive: tarfile.TarFile, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> Iterator[_Member]:
    """Yields the files, with their paths below the first component; RefusedError for what may not be in a package."""
    size = 0
    for count, info in enumerate(archive, 1):
        size += info.size
        if count > most_files or size > most_bytes:
            raise RefusedError(f"{archive.name!s} is too large: more than {most_bytes} bytes or {most_files} files")
        if info.isdir():
            _inner_path(archive, info)
        elif info.isreg() and not info.issparse():
            if path := _inner_path(archive, info):
                yield _Member(path, info)
        else:
            raise RefusedError(f"{archive.name!s}: {info.name!r} is a link or a device, not a regular file")


def _inner_path(archive: tarfile.TarFile, info: tarfile.TarInfo) -> str:
    """Returns a member's path below the first component, empty for the first one alone."""
    parts = info.name.split("/")
    if info.name.startswith("/") or ".." in parts or "\0" in info.name:
        raise RefusedError(f"{archive.name!s}: the path {info.name!r} leads out of the package")
    while parts and parts[0] in {"", "."}:
        parts.pop(0)
    return "/".join(part for part in parts[1:] if part not in {"", "."})


def _is_description(path: str) -> bool:
    """Returns whether this is the package.json of the package or of one bundled in it."""
    *folders, name = path.split("/")
    while folders and folders.pop(0) == "node_modules" and folders:
        folders = folders[2:] if folders[0].startswith("@") else folders[1:]
        if not folders:
            return name == "package.json"
    return path == "package.json"


def _completed(found: Description, inner: str, files: dict[str, bool]) -> Description:
    """Returns the description with what the package's files say: what npm builds though no script says so."""
    head = f"{inner}/" if inner else ""
    gyp = found.may_gyp and f"{head}binding.gyp" in files
    addon = any(
        name.endswith(".node") and name.startswith(head) and not name[len(head) :].startswith(_MODULES)
        for name in files
    )
    return found._replace(scripts=found.scripts or gyp, native=gyp or addon)


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(info)
    assert found is not None
    return found


def _as_npm_names_it(path: str, ignoring: set[str]) -> str:
    """Returns the path as npm writes it: `.gitignore` becomes `.npmignore`, or nothing where there is one."""
    folder, _, name = path.rpartition("/")
    if name == ".npmignore":
        ignoring.add(folder)
    if name != ".gitignore":
        return path
    return "" if folder in ignoring else path.removesuffix(name) + ".npmignore"


def _place(archive: tarfile.TarFile, info: tarfile.TarInfo, path: str, target: str) -> None:
    if not path:
        return
    place = f"{target}/{path}"
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if os.path.lexists(place):
            os.unlink(place)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise CorruptError(f"{archive.name!s}: {path!r} is a file and a directory") from error
    mode = (info.mode & 0o777) | 0o666
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file, _content(archive, info) as content:
        shutil.copyfileobj(content, file)
