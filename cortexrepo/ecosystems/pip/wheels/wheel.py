"""A wheel: checked as a whole, with every file in it, before anything of it is unpacked."""

from __future__ import annotations

import os
import posixpath
import stat
import zipfile
import zlib
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.pip.content import LARGEST, digest_of_wheel
from cortexrepo.ecosystems.pip.metadata import normalise, stated
from cortexrepo.errors import FetchError
from cortexrepo.model.content import is_other

if TYPE_CHECKING:
    from installer.sources import WheelFile

    from cortexrepo.model.package import Package

_METADATA_LIMIT = 1 << 24
_SUFFIX = ".whl"
_TAG_PARTS = 3


class Described(NamedTuple):
    """What a wheel says it is.

    Attributes:
        name: As written.
        version: As written.
        size: Bytes of all its files when they are unpacked.
        content: The digest that it has where it is installed, empty if that is not known.
    """

    name: str
    version: str
    size: int
    content: str = ""


def describe(path: str) -> Described:
    """Returns what a wheel says it is, from its METADATA; FetchError: it is none, or something in it is not allowed."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_names(path, entries)
            names = [entry.filename for entry in entries if _is_metadata(entry.filename)]
            if len(names) != 1:
                raise FetchError(f"{path} is not a wheel: a wheel has exactly one file METADATA")
            if archive.getinfo(names[0]).file_size > _METADATA_LIMIT:
                raise FetchError(f"{path}: the file METADATA is too large")
            name, version = stated(archive.read(names[0]))
            content = _content(archive, f"{posixpath.dirname(names[0])}/RECORD")
            return Described(name, version, sum(entry.file_size for entry in entries), content)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise FetchError(f"{path} is not a wheel: {error}") from error


def check_row(path: str, described: Described, package: Package) -> None:
    """Checks that a wheel is the one of a row: it must be listed as exactly that when it is installed; FetchError."""
    name = package.attribute("name") or package.name
    if (described.name, described.version) != (name, package.version) or normalise(described.name) != package.name:
        raise FetchError(
            f"{posixpath.basename(path)} installs {described.name} {described.version}, not {name} {package.version}"
        )
    if is_other(package, described.content):
        raise FetchError(
            f"{posixpath.basename(path)} has other files than the {name} {package.version} that was installed"
        )


def _content(archive: zipfile.ZipFile, record: str) -> str:
    try:
        found = archive.getinfo(record)
    except KeyError:
        return ""
    return digest_of_wheel(archive.read(record)) if found.file_size <= LARGEST else ""


def check_content(source: WheelFile, path: str) -> None:
    """Checks every file of an open wheel against its RECORD, which must name each of them; FetchError."""
    try:
        source.validate_record(validate_contents=True)
    except (ValueError, OSError, zipfile.BadZipFile, KeyError) as error:
        issues = getattr(error, "issues", None) or [str(error)]
        reason = str(issues[0]).removeprefix(f"In {path}, ")
        raise FetchError(
            f"the wheel {path} is damaged: {reason}", hint="`cortex snapshot verify` checks the kept files"
        ) from error


def file_tags(file: str) -> frozenset[str]:
    """Returns the tags in the name of a wheel's file; none where it is no such name.

    `packaging.utils` would refuse a name whose version is not one of PEP 440, and such wheels are kept too.
    """
    from packaging.tags import parse_tag  # only when there is something to install

    parts = file.removesuffix(_SUFFIX).rsplit("-", _TAG_PARTS)
    if not file.endswith(_SUFFIX) or len(parts) <= _TAG_PARTS or posixpath.basename(file) != file:
        return frozenset()
    try:
        return frozenset(map(str, parse_tag("-".join(parts[1:]))))
    except ValueError:
        return frozenset()


def _is_metadata(name: str) -> bool:
    directory, _, file = name.rpartition("/")
    return file == "METADATA" and directory.endswith(".dist-info") and "/" not in directory


def _check_names(path: str, entries: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for entry in entries:
        # `orig_filename` as well: zipfile cuts names at a zero byte.
        name = entry.filename.removesuffix("/")
        sound = name and not name.startswith("/") and "\0" not in entry.orig_filename and "\\" not in name
        if not sound or posixpath.normpath(name) != name or ".." in name.split("/"):
            raise FetchError(f"{path}: the file name {entry.orig_filename!r} is not allowed in a wheel")
        if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise FetchError(f"{path}: {name!r} is not a regular file")
        if name in seen:
            raise FetchError(f"{path}: the wheel contains {name!r} twice")
        seen.add(name)


def wheels_in(directory: str) -> list[str]:
    """Returns the paths of the wheels in a directory, sorted; none where it is not there."""
    try:
        return sorted(f"{directory}/{name}" for name in os.listdir(directory) if name.endswith(_SUFFIX))
    except FileNotFoundError:
        return []
