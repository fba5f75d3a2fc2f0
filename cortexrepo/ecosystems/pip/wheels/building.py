"""A wheel built again from an installed distribution: the very files that its RECORD names, none of them changed."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import zipfile
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from cortexrepo.ecosystems.pip.environments.python_prefix import short_version, site_named
from cortexrepo.ecosystems.pip.metadata import fields, name_in, normalise, stated
from cortexrepo.ecosystems.pip.wheels import record as pip_record
from cortexrepo.ecosystems.pip.wheels.entry_points import programs
from cortexrepo.ecosystems.pip.wheels.record import Entry
from cortexrepo.errors import CollectError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.files import Files, Target
    from cortexrepo.model.package import Package

_INSTALLERS = frozenset(
    {"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
)
"""What an installer writes: not of the wheel, and made anew when it is installed."""
_HEADERS = re.compile(r"include/(?:site/)?python")
_TAG = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+\Z")
_BUILD = re.compile(r"[0-9][A-Za-z0-9_.]*\Z")
_PIECE = 1 << 20
_TEXT = 64 << 20
_MOST = 4 << 30
"""No wheel has more bytes when it is unpacked."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file can say: the same files make the same wheel."""


class _Member(NamedTuple):
    """A file: where it is, its name in the wheel, and its digest as RECORD has it."""

    path: str
    name: str
    digest: str

    @property
    def is_script(self) -> bool:
        return ".data/scripts/" in self.name


class Built(NamedTuple):
    """A wheel: its file's name, and the paths of the files that it was made of."""

    name: str
    made_of: tuple[str, ...]


def build(system: Files, environment: str, python: str, package: Package, target: Target) -> Built:
    """Writes the wheel of an installed distribution to `target`.

    Every file is checked against RECORD: what was changed after it was installed is not passed on as what it was.
    Programs for entry points are left out; an installer makes them anew. The same files make the same wheel. The files
    may be anybody's: no link is followed, and nothing but regular files is opened.

    Args:
        system: The machine.
        environment: The path that identifies the environment.
        python: Its Python's version, such as `3.11`.
        package: The row of the distribution.
        target: Where to write it; what it holds after an error means nothing.

    Raises:
        CollectError: It has no RECORD, or is no longer what that says, or has files that no wheel can hold: headers,
            of which RECORD does not say where they belong, and what is outside of the environment. Or it is too large.
        OSError: A file cannot be read or written.
        ValueError: There are bytes where text should be.
    """
    site = _site(system, environment, python)
    folder = _folder(system, site, package)
    stem = folder.removesuffix(".dist-info")
    tags = _tags(_text(system, f"{site}/{folder}/WHEEL"))
    members = {member.name: member for member in _members(system, site, folder, environment, python)}
    with zipfile.ZipFile(cast("IO[bytes]", target), "w", zipfile.ZIP_DEFLATED) as wheel:
        entries, left = [], _MOST
        for name in sorted(members):
            entry = _write(system, wheel, members[name], left)
            entries.append(entry)
            left -= int(entry.size)
        record = f"{folder}/RECORD"
        wheel.writestr(_info(record, 0o644), pip_record.encode([*entries, Entry(record)], line_end="\n"))
    described = (f"{site}/{folder}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt"))
    return Built(f"{stem}-{tags}.whl", (*described, *(member.path for member in members.values())))


def _site(system: Files, environment: str, python: str) -> str:
    if environment.endswith(("/site-packages", "/dist-packages")):
        return environment
    site = site_named(system, environment, "", python)
    found = short_version(posixpath.basename(posixpath.dirname(site)).removeprefix("pypy"))
    if not site.startswith(f"{environment}/") or python not in {"", found}:
        raise CollectError(f"the site directory of {environment} does not exist, or is outside of the environment")
    return site


def _folder(system: Files, site: str, package: Package) -> str:
    """Returns the name of the distribution's own directory."""
    for entry in system.entries(site):
        # With more dashes a wheel's name would say something else.
        is_plain = entry.name.endswith(".dist-info") and entry.name.removesuffix(".dist-info").count("-") == 1
        if not is_plain or normalise(name_in(entry.name)) != package.name:
            continue
        if stated(_text(system, f"{site}/{entry.name}/METADATA"))[1] == package.version:
            return str(entry.name)
    raise CollectError(f"{site} has no .dist-info directory of {package.name} {package.version}")


def _text(system: Files, path: str) -> bytes:
    """Returns a file of text; ValueError: it is not UTF-8."""
    content = _content(system, path)
    content.decode("utf-8")
    return content


def _content(system: Files, path: str) -> bytes:
    try:
        with os.fdopen(system.open_straight(path), "rb") as file:
            content = file.read(_TEXT + 1)
    except FileNotFoundError as error:
        raise CollectError(f"{path} is missing") from error
    if len(content) > _TEXT:
        raise CollectError(f"{path} is too large")
    return content


def _tags(wheel: bytes) -> str:
    """Returns the end of the wheel's name, from its WHEEL file: a build number if any, then the tags put together."""
    found = list(fields(wheel))
    tags = [value.decode() for key, value in found if key == b"tag"]
    number = [value.decode() for key, value in found if key == b"build"][:1]
    if not tags or not all(map(_TAG.match, tags)) or not all(map(_BUILD.match, number)):
        raise CollectError("the file WHEEL names no valid tags")
    columns = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join([*number, *(".".join(dict.fromkeys(column)) for column in columns)])


def _members(system: Files, site: str, folder: str, environment: str, python: str) -> Iterator[_Member]:
    prefix = environment if environment != site else posixpath.dirname(posixpath.dirname(posixpath.dirname(site)))
    own = _programs(system, f"{site}/{folder}", python)
    for path, digest in _recorded(system, site, folder):
        parent, name = posixpath.split(path)
        if path.endswith(".pyc") or (parent == f"{site}/{folder}" and name in _INSTALLERS):
            continue
        inner = path.removeprefix(f"{prefix}/")
        if path.startswith(f"{site}/"):
            yield _Member(path, path.removeprefix(f"{site}/"), digest)
        elif inner == path:
            raise CollectError(f"{path} is outside of the environment")
        elif _HEADERS.match(inner):
            raise CollectError(f"{path} is a header file, and RECORD does not say its place in a wheel")
        elif inner not in own:
            where = f"scripts/{name}" if inner == f"bin/{name}" else f"data/{inner}"
            yield _Member(path, f"{folder.removesuffix('.dist-info')}.data/{where}", digest)


def _recorded(system: Files, site: str, folder: str) -> Iterator[tuple[str, str]]:
    """Yields the paths that RECORD names, and their digests."""
    try:
        entries = pip_record.decode(_content(system, f"{site}/{folder}/RECORD"))
    except ValueError as error:
        raise CollectError(f"the file RECORD is damaged: {error}") from error
    for entry in entries:
        if entry.path.startswith("/"):
            raise CollectError(f"{entry.path} is outside of the environment")
        yield posixpath.normpath(f"{site}/{entry.path}"), entry.digest


def _programs(system: Files, info: str, python: str) -> set[str]:
    """Returns the programs that an installer makes itself."""
    path = f"{info}/entry_points.txt"
    text = _content(system, path).decode("utf-8", "replace") if system.exists(path) else ""
    return {f"bin/{name}" for name in programs(text, python)}


def _write(system: Files, wheel: zipfile.ZipFile, member: _Member, most: int) -> Entry:
    """Writes a file into the wheel and returns its line in RECORD.

    Raises CollectError where it was changed, or has more than `most` bytes: it may be one that grows while it is read.
    """
    algorithm, _, digest = member.digest.partition("=")
    if algorithm not in pip_record.ALGORITHMS:
        raise CollectError(f"RECORD has no usable checksum of {member.path}")
    before, after, size = hashlib.new(algorithm), hashlib.sha256(), 0
    with os.fdopen(system.open_straight(member.path), "rb") as file:
        mode = 0o755 if os.fstat(file.fileno()).st_mode & 0o111 else 0o644
        with wheel.open(_info(member.name, mode), "w", force_zip64=True) as target:
            while piece := file.read(_PIECE):
                before.update(piece)
                kept = _plain(piece) if member.is_script and not size else piece
                after.update(kept)
                size += len(kept)
                if size > most:
                    raise CollectError(f"the distribution has more than {_MOST >> 30} GiB of files")
                target.write(kept)
    if pip_record.encoded(before.digest()) != digest.rstrip("="):
        raise CollectError(f"{member.path} was changed after its installation")
    return Entry(member.name, "sha256=" + pip_record.encoded(after.digest()), str(size))


def _plain(start: bytes) -> bytes:
    """Returns the start of a program with the first line that wheels have: an installer puts its interpreter there."""
    first, end, rest = start.partition(b"\n")
    return b"#!python\n" + rest if end and first.startswith(b"#!") and b"python" in first else start


def _info(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _MOMENT)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (0o100000 | mode) << 16
    return info
