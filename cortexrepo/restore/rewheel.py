"""A wheel built again from the files of an installed distribution, for when no source offers it any more."""

from __future__ import annotations

import os
import posixpath
import stat
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.dist_metadata import describe
from cortexrepo.ecosystems.live_system import LiveSystem
from cortexrepo.errors import RestoreError
from cortexrepo.restore import pip_record
from cortexrepo.restore.pip_layout import layout_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.restore.pip_layout import Layout

_OURS = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})
"""What an installer writes, and no wheel contains."""
_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file can say: the same files make the same wheel."""


class Built(NamedTuple):
    """A wheel that was built: its path, and the distribution as its METADATA writes it."""

    path: str
    name: str
    version: str


class _File(NamedTuple):
    """A file, its name in the wheel, and its line in RECORD."""

    path: str
    name: str
    entry: pip_record.Entry


def build(site: str, dist_info: str, destination: str) -> Built:
    """Writes a wheel of an installed distribution into a directory.

    Every file is checked against RECORD before: what was changed after it was installed is not passed on as what it
    was. Programs for entry points are left out; an installer makes them anew. The same files make the same wheel.

    Args:
        site: The site directory, links resolved.
        dist_info: The path of the distribution's dist-info directory in it.
        destination: A directory; a file of that name in it is replaced.

    Raises:
        RestoreError: It was not installed from a wheel, files of it are missing, changed or outside of the environment,
            or it has headers, of which RECORD does not say where they belong.
        OSError: A file cannot be read or written.
    """
    layout = layout_of(site, ())
    name, version = describe(LiveSystem({}), f"{dist_info}/METADATA") or ("", "")
    stem = posixpath.basename(dist_info).removesuffix(".dist-info")
    if not name or not version or stem.count("-") != 1:
        raise RestoreError(f"{dist_info} does not say what it is")
    files = list(_files(layout, dist_info, stem))
    for file in files:
        if not os.path.isfile(file.path) or not pip_record.is_as_recorded(file.path, file.entry):
            raise RestoreError(f"{file.path} is missing, or was changed after it was installed")
    path = f"{destination}/{stem}-{_tag(dist_info)}.whl"
    _write(path, files, f"{stem}.dist-info/RECORD")
    return Built(path, name, version)


def _files(layout: Layout, dist_info: str, stem: str) -> Iterator[_File]:
    programs = {f"{layout.scripts}/{name}" for name in _entry_points(dist_info)}
    own = posixpath.basename(dist_info)
    for entry in pip_record.read(f"{dist_info}/RECORD"):
        path = pip_record.place(entry, layout.site)
        parent, name = posixpath.split(path)
        if path.endswith(".pyc") or path in programs or (parent == dist_info and name in _OURS):
            continue
        if path.startswith(layout.site + "/"):
            yield _File(path, path.removeprefix(layout.site + "/"), entry)
        elif parent == layout.scripts:
            yield _File(path, f"{stem}.data/scripts/{name}", entry)
        elif path.startswith(posixpath.dirname(layout.headers("x")) + "/"):
            raise RestoreError(f"{own} has headers, which cannot be packed again")
        elif path.startswith(layout.prefix + "/"):
            yield _File(path, f"{stem}.data/data/{path.removeprefix(layout.prefix + '/')}", entry)
        else:
            raise RestoreError(f"{own} names {path}, which is outside of the environment")


def _entry_points(dist_info: str) -> set[str]:
    """Returns the names of the programs that an installer makes; pip also makes one with the Python's version."""
    from configparser import ConfigParser, Error

    parser = ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        with open(f"{dist_info}/entry_points.txt", encoding="utf-8") as file:
            parser.read_file(file)
    except FileNotFoundError:
        return set()
    except (Error, UnicodeDecodeError) as error:
        raise RestoreError(f"{dist_info}/entry_points.txt makes no sense") from error
    sections = [parser[name] for name in ("console_scripts", "gui_scripts") if parser.has_section(name)]
    names = {name for section in sections for name in section}
    if "pip" in names:
        version = dist_info.rsplit("/", 3)[-3].removeprefix("python")
        names |= {f"pip{version}", f"pip{version.partition('.')[0]}"}
    return names


def _tag(dist_info: str) -> str:
    """Returns the tags for the name of the file, compressed as PEP 425 writes several."""
    try:
        with open(f"{dist_info}/WHEEL", encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise RestoreError(f"{dist_info} was not installed from a wheel") from error
    tags = [line.partition(":")[2].strip().split("-") for line in lines if line.startswith("Tag:")]
    if not tags or any(len(tag) != len(("python", "abi", "platform")) or "/" in "".join(tag) for tag in tags):
        raise RestoreError(f"{dist_info}/WHEEL does not say what it is for")
    return "-".join(".".join(dict.fromkeys(column)) for column in zip(*tags, strict=True))


def _write(path: str, files: Iterable[_File], record: str) -> None:
    """Writes the wheel, complete or not at all."""
    unfinished = f"{path}.new"
    entries = []
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(files, key=lambda file: file.name):
            with open(file.path, "rb") as source:
                content = source.read()
            content = _plain(content) if ".data/scripts/" in file.name else content
            _add(archive, file.name, content, os.stat(file.path).st_mode)
            entries.append(pip_record.entry_of(file.name, content))
        entries.append(pip_record.Entry(record))
        _add(archive, record, pip_record.encode(entries, line_end="\n"), stat.S_IFREG | 0o644)
    os.replace(unfinished, path)  # noqa: TID251 -- a file of ours, in a directory of ours


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | (0o755 if mode & 0o111 else 0o644)) << 16
    archive.writestr(info, content)


def _plain(content: bytes) -> bytes:
    """Returns a program with the first line that wheels have, in place of this environment's interpreter."""
    first, end, rest = content.partition(b"\n")
    return b"#!python" + end + rest if first.startswith(b"#!") and b"python" in first else content
