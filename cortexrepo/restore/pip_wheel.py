"""A wheel built again from an installed distribution: the very files that its RECORD names, none of them changed."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import posixpath
import re
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.dist_metadata import normalise
from cortexrepo.errors import CollectError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.package import Package
    from cortexrepo.restore.keeping import Files

_INSTALLERS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""What an installer writes: not of the wheel, and made anew when it is installed."""
_SCRIPT = re.compile(rb"\A#![^\n]*python[^\n]*\n")
_PIECE = 1 << 20
_TEXT = 4 << 20
_MOMENT = (1980, 1, 1, 0, 0, 0)


class _Member(NamedTuple):
    """A file: where it is, its name in the wheel, and its digest and size as RECORD has them."""

    path: str
    name: str
    digest: str
    is_script: bool


def build(system: Files, environment: str, python: str, package: Package, directory: str) -> str:
    """Writes the wheel of an installed distribution to a new file in `directory`, and returns its path.

    Raises:
        CollectError: It has no RECORD, or is no longer what that says, or has files that no wheel can hold.
        OSError: A file cannot be read or written.
    """
    site = _site(system, environment, python)
    folder = _folder(system, site, package)
    stem = folder.removesuffix(".dist-info")
    tags = _tags(_text(system, f"{site}/{folder}/WHEEL"))
    members = sorted(_members(system, site, folder, environment), key=lambda member: member.name)
    path = f"{directory}/{stem}-{tags}.whl"
    try:
        with open(path, "xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as wheel:
            rows = [_write(system, wheel, member) for member in members]
            record = f"{folder}/RECORD"
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([*rows, (record, "", "")])
            wheel.writestr(_info(record, 0o644), text.getvalue())
    except BaseException:
        os.unlink(path)
        raise
    return path


def _site(system: Files, environment: str, python: str) -> str:
    if environment.endswith(("/site-packages", "/dist-packages")):
        return environment
    site = f"{environment}/lib/python{python}/site-packages"
    if not system.is_directory(site):
        message = f"{site} is not there"
        raise CollectError(message)
    return site


def _folder(system: Files, site: str, package: Package) -> str:
    """Returns the name of the distribution's own directory."""
    for entry in system.entries(site):
        stem, ending = entry.name[: -len(".dist-info")], entry.name[-len(".dist-info") :]
        if ending == ".dist-info" and normalise(stem.rpartition("-")[0]) == package.name:
            head = _text(system, f"{site}/{entry.name}/METADATA").partition("\n\n")[0]
            if ("version", package.version) in _fields(head):
                return str(entry.name)
    message = f"no {package.name} {package.version} with a .dist-info directory in {site}"
    raise CollectError(message)


def _fields(text: str) -> list[tuple[str, str]]:
    pairs = (line.partition(":") for line in text.splitlines())
    return [(key.strip().lower(), value.strip()) for key, _, value in pairs]


def _text(system: Files, path: str) -> str:
    content = system.read(path, _TEXT)
    if content is None:
        message = f"{path} is not there"
        raise CollectError(message)
    return content.decode("utf-8")


def _tags(wheel: str) -> str:
    """Returns the end of the wheel's name, from its WHEEL file: a build number if any, then the tags put together."""
    fields = _fields(wheel)
    tags = [value.split("-") for key, value in fields if key == "tag"]
    if not tags or any(len(tag) != len(("python", "abi", "platform")) for tag in tags):
        message = "its WHEEL file does not say what it is for"
        raise CollectError(message)
    build_number = [value for key, value in fields if key == "build"]
    return "-".join([*build_number[:1], *(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))])


def _members(system: Files, site: str, folder: str, environment: str) -> Iterator[_Member]:
    scripts = _generated(system.read(f"{site}/{folder}/entry_points.txt", _TEXT) or b"")
    prefix = environment if environment != site else posixpath.dirname(posixpath.dirname(posixpath.dirname(site)))
    data = folder.removesuffix(".dist-info") + ".data"
    for row in csv.reader(_text(system, f"{site}/{folder}/RECORD").splitlines()):
        name, digest = (*row, "", "")[:2]
        path = posixpath.normpath(f"{site}/{name}")
        own, _, file = name.rpartition("/")
        if not name or name.endswith(".pyc") or (own == folder and file in _INSTALLERS):
            continue
        if path.startswith(f"{site}/") and not name.startswith("/"):
            yield _Member(path, path.removeprefix(f"{site}/"), digest, is_script=False)
        elif not path.startswith(f"{prefix}/") or name.startswith("/"):
            message = f"{name} is outside of the environment"
            raise CollectError(message)
        elif path.removeprefix(f"{prefix}/") not in scripts:
            inner = path.removeprefix(f"{prefix}/")
            where = f"scripts/{inner[4:]}" if inner.startswith("bin/") else f"data/{inner}"
            yield _Member(path, f"{data}/{where}", digest, is_script=inner.startswith("bin/"))


def _generated(entry_points: bytes) -> set[str]:
    """Returns the programs that an installer makes itself."""
    found, section = set(), ""
    for line in entry_points.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text.strip("[] ")
        elif "=" in text and section in {"console_scripts", "gui_scripts"}:
            found.add(f"bin/{text.partition('=')[0].strip()}")
    return found


def _write(system: Files, wheel: zipfile.ZipFile, member: _Member) -> tuple[str, str, str]:
    """Writes a file into the wheel and returns its row in RECORD; raises CollectError where it was changed."""
    with os.fdopen(system.open_file(member.path), "rb") as file:
        mode = 0o755 if os.fstat(file.fileno()).st_mode & 0o111 else 0o644
        before, after, size = hashlib.sha256(), hashlib.sha256(), 0
        with wheel.open(_info(member.name, mode), "w", force_zip64=True) as target:
            first = True
            while piece := file.read(_PIECE):
                before.update(piece)
                # An installer puts its own interpreter there.
                kept = _SCRIPT.sub(b"#!python\n", piece, count=1) if first and member.is_script else piece
                first = False
                after.update(kept)
                size += len(kept)
                target.write(kept)
    if not member.digest.startswith("sha256="):
        message = f"its RECORD has no SHA-256 of {member.path}"
        raise CollectError(message)
    if member.digest != _shown(before.digest()):
        message = f"{member.path} was changed since it was installed"
        raise CollectError(message)
    return member.name, _shown(after.digest()), str(size)


def _shown(digest: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _info(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _MOMENT)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (0o100000 | mode) << 16
    return info
