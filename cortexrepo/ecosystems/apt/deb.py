"""What a package's file says of itself: its control stanza, read without starting a program for each file."""

from __future__ import annotations

import io
import sys
import tarfile
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from cortexrepo.ecosystems.apt.content import digest
from cortexrepo.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"!<arch>\n"
_HEAD = 60
_LARGEST = 16 << 20
"""So long may the packed control archive be, and so long what is in it."""
DIRECTORY, LINK = "directory", "link"
_GENERATED = ("filename", "size", "md5sum", "sha1", "sha256", "sha512", "status")
"""Fields that an index adds; in a file they would contradict it."""


class Described(NamedTuple):
    """What a `.deb` says of itself: its control fields, and the digest of its content, empty if there is none."""

    fields: dict[str, str]
    content: str


def control(path: str) -> dict[str, str]:
    """Returns the control fields of a `.deb` in their order, several lines as they are; raises as `described` does."""
    return described(path).fields


def described(path: str) -> Described:
    """Returns what a `.deb` says of itself.

    Raises:
        CorruptError: It is no such file, or a damaged one.
        OSError: It cannot be read.
    """
    try:
        with open(path, "rb") as file:
            name, packed = _member(file)
        with tarfile.open(fileobj=io.BytesIO(_unpacked(name, packed))) as tar:
            found = {entry.name.removeprefix("./"): entry for entry in tar if entry.isreg()}
            stanza = _content(tar, found["control"]).decode("utf-8", "surrogateescape")
            sums = _content(tar, found["md5sums"]) if "md5sums" in found else b""
            return Described(fields(stanza), digest(sums))
    except KeyError:
        raise CorruptError(f"{path}: the file is not a Debian package: the control file is missing") from None
    except (ValueError, EOFError, tarfile.TarError) as error:
        raise CorruptError(f"{path}: the file is not a Debian package: {error}") from error


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(entry)
    assert content is not None
    return content.read(_LARGEST)


def paths(path: str) -> Iterator[str]:
    """Yields the path of everything that a `.deb` unpacks, directories too, without the root directory.

    Raises as `entries` does.
    """
    for name, _, _ in entries(path):
        yield name


def entries(path: str) -> Iterator[tuple[str, str, str]]:
    """Yields everything that a `.deb` unpacks, without the root directory: its path, its kind, a link's target.

    The kind is `DIRECTORY`, `LINK`, or empty for anything else.

    Raises:
        CorruptError: It is no such file, or a damaged one.
        OSError: It cannot be read.
    """
    try:
        with open(path, "rb") as file:
            ending = _seek(file, "data.tar")[0].removeprefix("data.tar")
            with _opened(ending, file) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
                for entry in tar:
                    name = entry.name.removeprefix(".").strip("/")
                    if name:
                        yield f"/{name}", DIRECTORY if entry.isdir() else LINK * entry.issym(), entry.linkname
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        # Four libraries, each with an error of its own.
        raise CorruptError(f"{path}: the file cannot be unpacked: {error}") from error


def fields(text: str) -> dict[str, str]:
    """Returns the fields of one stanza, less those that only an index has.

    Raises:
        ValueError: It is not one stanza.
    """
    found: dict[str, str] = {}
    last = ""
    for line in text.rstrip("\n").split("\n"):
        if line[:1] in {" ", "\t"} and last:
            found[last] += "\n" + line
            continue
        last, colon, value = line.partition(":")
        if not colon or not last or last != last.strip():
            raise ValueError(f"the control file has an invalid line: {line[:40]!r}")
        found[last] = value.strip()
    return {name: value for name, value in found.items() if name.lower() not in _GENERATED}


def _member(file: BinaryIO) -> tuple[str, bytes]:
    """Returns the name and the content of the member that holds the control file."""
    name, size = _seek(file, "control.tar")
    if size > _LARGEST:
        raise ValueError("the control archive is too large")
    content = file.read(size)
    if len(content) != size:
        raise ValueError("the control archive is cut off")
    return name, content


def _seek(file: BinaryIO, wanted: str) -> tuple[str, int]:
    """Goes to the content of the member whose name begins so; returns its whole name and its length."""
    if file.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("the file is not an ar archive")
    while True:
        head = file.read(_HEAD)
        if len(head) != _HEAD:
            raise ValueError(f"the member {wanted} is missing")
        name, size = head[:16].decode("ascii").rstrip(" /"), int(head[48:58])
        if size < 0:
            raise ValueError(f"the member {name} has no valid length")
        if name.startswith(wanted):
            return name, size
        file.seek(size + size % 2, io.SEEK_CUR)


def _unpacked(name: str, packed: bytes) -> bytes:
    ending = name.removeprefix("control.tar")
    try:
        with _opened(ending, io.BytesIO(packed)) as stream:
            content = stream.read(_LARGEST + 1)
    except Exception as error:
        # Four libraries, each with an error of its own.
        raise ValueError(f"{name} cannot be decompressed: {error}") from error
    if len(content) > _LARGEST:
        raise ValueError("the control archive is too large")
    return content


def _opened(ending: str, packed: BinaryIO) -> BinaryIO:
    if ending == "":
        return packed
    if ending == ".gz":
        import gzip

        return gzip.open(packed)  # type: ignore[return-value]
    if ending == ".xz":
        import lzma

        return lzma.open(packed)  # type: ignore[return-value]
    if ending == ".zst":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return zstd.open(packed)  # type: ignore[return-value]
    raise ValueError(f"the compression {ending} is not known")
