"""npm's own cache of what it has fetched: a package's tarball is found there without starting npm or asking anyone.

The layout is that of `cacache`: an index by the digest of a key, content by its own digest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from cortexrepo.machine.live_files import LiveSystem

if TYPE_CHECKING:
    from io import BufferedReader
    from typing import BinaryIO

    from cortexrepo.ecosystems.contract.files import Files, Target

_KEY = "make-fetch-happen:request-cache:"
_INDEX_LIMIT = 16 << 20
_PACKUMENT_LIMIT = 256 << 20
_TARBALL_LIMIT = 4 << 30
_PIECE = 1 << 20


class Cached(NamedTuple):
    """A file in the cache: where, how long, and its digest as npm writes it; its content has been checked."""

    path: str
    size: int
    integrity: str


class NpmCache:
    """The cache in one directory: what npm calls `cache`, `~/.npm` by default.

    What is wrong in it is not there, and neither is what is behind a link.
    """

    def __init__(self, directory: str, system: Files | None = None) -> None:
        """Takes the directory, of which there need be none, and the machine that it is on: without one, this."""
        self._system = system or LiveSystem({})
        self._directory = self._system.realpath(f"{directory}/_cacache")

    def find(self, registry: str, name: str, version: str) -> Cached | None:
        """Returns the tarball of a version of a package as it came from this registry, or None.

        Args:
            registry: The registry's address, as npm is configured.
            name: A name that `is_name` allows.
            version: One that `is_version` allows.
        """
        address = registry.rstrip("/")
        plain = version.partition("+")[0]
        usual = f"{address}/{name}/-/{name.rpartition('/')[2]}-{plain}.tgz"
        found = self._fetched(usual)
        if found is None and (told := self._told(address, name, plain)) and told != usual:
            found = self._fetched(told)
        return found

    def _told(self, address: str, name: str, version: str) -> str:
        """Returns the address of the tarball as the registry said, the last time that it was asked."""
        found = self._fetched(f"{address}/{quote(name, safe='@').replace('%2F', '%2f')}", _PACKUMENT_LIMIT)
        if found is None:
            return ""
        try:
            said = json.loads(_inflated(self._read(found.path, _PACKUMENT_LIMIT)))
            told = said["versions"][version]["dist"]["tarball"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError, zlib.error):
            return ""
        return told if isinstance(told, str) else ""

    def _fetched(self, address: str, most: int = _TARBALL_LIMIT) -> Cached | None:
        try:
            integrity = self._indexed(_KEY + address)
            return self._checked(integrity, most) if integrity else None
        except (OSError, ValueError, RecursionError):
            return None

    def _indexed(self, key: str) -> str:
        """Returns the digest under a key: each line is a digest over an entry, and the entry; the last one counts."""
        name = hashlib.sha256(key.encode()).hexdigest()
        raw = self._read(f"{self._directory}/index-v5/{name[:2]}/{name[2:4]}/{name[4:]}", _INDEX_LIMIT)
        found = ""
        for line in raw.split(b"\n"):
            digest, tab, text = line.partition(b"\t")
            if not tab or hashlib.sha1(text, usedforsecurity=False).hexdigest().encode() != digest:
                continue
            entry = json.loads(text)
            if isinstance(entry, dict) and entry.get("key") == key:
                integrity = entry.get("integrity")
                found = integrity if isinstance(integrity, str) else ""
        return next((part for part in found.split() if part.startswith("sha512-")), "")

    def _checked(self, integrity: str, most: int) -> Cached | None:
        name = base64.b64decode(integrity.removeprefix("sha512-"), validate=True).hex()
        path = f"{self._directory}/content-v2/sha512/{name[:2]}/{name[2:4]}/{name[4:]}"
        with os.fdopen(self._system.open_straight(path), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            sound = size <= most and _digest(file) == integrity
        return Cached(path, size, integrity) if sound else None

    def _read(self, path: str, most: int) -> bytes:
        with os.fdopen(self._system.open_straight(path), "rb") as file:
            raw = file.read(most + 1)
        if len(raw) > most:
            raise ValueError("the file is too large")
        return raw


def digest(path: str) -> str:
    """Returns the digest over a regular file as npm writes it; OSError where it cannot be read."""
    with os.fdopen(LiveSystem({}).open_file(path), "rb") as file:
        return _digest(file)


def copied(source: BinaryIO, target: Target) -> str:
    """Copies an open file, and returns the digest over what was copied as npm writes it; raises OSError."""
    hasher = hashlib.sha512()
    source.seek(0)
    while piece := source.read(_PIECE):
        hasher.update(piece)
        target.write(piece)
    return _integrity(hasher.digest())


def _digest(file: BufferedReader) -> str:
    return _integrity(hashlib.file_digest(file, "sha512").digest())


def _integrity(digest: bytes) -> str:
    return "sha512-" + base64.b64encode(digest).decode()


def _inflated(raw: bytes) -> bytes:
    if raw[:2] != b"\x1f\x8b":
        return raw
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, _PACKUMENT_LIMIT)
