"""Artifacts on disk: the file of a package as it is, and behind it a record that says what it is.

The record is behind because the content's digest is in it, and a file of any size is written in one go. It is followed
by its own length (4 bytes, big endian), so that it is found from the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blake3 import blake3

from cortexrepo.codec import records
from cortexrepo.codec.canonical import pack
from cortexrepo.errors import CorruptError
from cortexrepo.model.artifact import ORIGINS, Artifact, file_is_safe, is_holder

if TYPE_CHECKING:
    from typing import Protocol

    class Hasher(Protocol):
        """Takes a content piece by piece."""

        def update(self, data: bytes, /) -> object:
            """Takes the next piece."""
            ...

        def hexdigest(self) -> str:
            """Returns the digest of all that was taken, in hexadecimal digits."""
            ...


TRAILER_LIMIT = 1 << 14
"""What is behind the content may not be longer, in bytes."""
KEY_DIGITS, CONTENT_DIGITS = 32, 64
_LENGTH = 4
_DIGEST = 32


def hasher() -> Hasher:
    """Returns what takes a content and gives its digest: plain BLAKE3, as `b3sum` prints it."""
    return blake3()


def key_of(ecosystem: str, name: str, arch: str, version: str) -> str:
    """Returns 32 hexadecimal digits for what a file installs: the first part of the names of all such files."""
    about = pack((ecosystem, name, arch, version))
    return blake3(about, derive_key_context="cortexrepo 2026 v1 artifact").hexdigest()[:KEY_DIGITS]


def encode_trailer(artifact: Artifact) -> bytes:
    """Returns what stands behind the content; raises ValueError when it is too long or not valid text."""
    about = (artifact.ecosystem, artifact.name, artifact.arch, artifact.version, artifact.file)
    content = bytes.fromhex(artifact.content)
    marks = (artifact.holder, artifact.environment) if artifact.holder else ()
    record = records.seal(records.ARTIFACT, (*about, content, artifact.size, artifact.origin, *marks))
    if len(record) + _LENGTH > TRAILER_LIMIT:
        raise ValueError(f"its description has {len(record)} bytes, and {TRAILER_LIMIT - _LENGTH} are allowed")
    return record + len(record).to_bytes(_LENGTH, "big")


def decode_trailer(end: bytes, size: int) -> Artifact:
    """Returns what an artifact's file says of itself.

    Args:
        end: The last bytes of the file, `TRAILER_LIMIT` of them, or all.
        size: The length of the whole file.

    Raises:
        CorruptError: It is torn or changed.
        FormatVersionError: A newer version wrote it.
    """
    length = int.from_bytes(end[-_LENGTH:], "big")
    if len(end) < length + _LENGTH:
        raise CorruptError("the file is damaged: it is cut short, or it is not an artifact")
    start = len(end) - _LENGTH - length
    match records.unseal(records.ARTIFACT, end[start:-_LENGTH]):
        case (
            str(ecosystem),
            str(name),
            str(arch),
            str(version),
            str(file),
            bytes(content),
            int(length_of_content),
            str(origin),
            *marks,
        ) if len(content) == _DIGEST and file_is_safe(file) and origin in ORIGINS and type(length_of_content) is int:
            holder, environment = _marks(marks)
            if length_of_content == size - length - _LENGTH:
                return Artifact(
                    ecosystem, name, arch, version, file, content.hex(), length_of_content, origin, holder, environment
                )  # fmt: skip
            raise CorruptError(
                f"the file is damaged: it has {size - length - _LENGTH} bytes of content instead of {length_of_content}"
            )
        case _:
            raise CorruptError("the file is damaged: its record is not the record of an artifact")


def _marks(marks: list[object]) -> tuple[str, str]:
    """Returns the holder and the environment; empty where they were not noted."""
    match marks:
        case []:
            return "", ""
        case [str(holder), str(environment)] if is_holder(holder):
            return holder, environment
        case _:
            raise CorruptError("the file is damaged: its record is not the record of an artifact")
