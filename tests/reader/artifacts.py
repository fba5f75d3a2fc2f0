"""Part 8 of docs/format.md: artifacts, which are named by their trailers."""

import re
from typing import NamedTuple

from blake3 import blake3

from reader.records import ARTIFACT, body
from reader.values import KIB, array, digest, need, number, octets, packed, text

FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~%!-]{0,254}")
HOLDER = re.compile(r"0|[1-9][0-9]{0,9}|several")
ORIGINS = ("cache", "source", "installed")


class Artifact(NamedTuple):
    ecosystem: str
    name: str
    architecture: str
    version: str
    file: str
    digest: bytes
    size: int
    origin: str
    marks: tuple[str, ...]

    @property
    def key(self) -> str:
        return "-".join((digest("artifact", packed(list(self[:4])), 16).hex(), self.digest.hex(), *self.marks[:1]))


def artifact(data: bytes, name: str) -> Artifact:
    """The trailer of an artifact of that name."""
    length = int.from_bytes(data[-4:])
    need(len(data) >= 4 and length + 4 <= min(16 * KIB, len(data)), "no trailer")
    value = body(data[-4 - length : -4], ARTIFACT)
    fields = array(value, 10 if isinstance(value, list) and len(value) == 10 else 8)
    ecosystem, package, architecture, version, file, content, size, origin, *marks = fields
    found = Artifact(
        text(ecosystem),
        text(package),
        text(architecture),
        text(version),
        text(file),
        octets(content, 32),
        number(size),
        text(origin),
        tuple(text(mark) for mark in marks),
    )
    need(found.key == name, "another name")
    need(FILE.fullmatch(found.file) is not None and found.origin in ORIGINS, "another file name or origin")
    need(not marks or HOLDER.fullmatch(found.marks[0]) is not None, "another holder")
    need(found.size == len(data) - length - 4, "another size")
    need(blake3(data[: found.size]).digest() == found.digest, "another content")
    return found
