"""npm's own cache of what it has fetched: a package's tarball is found there without starting npm or asking anyone.

The layout is that of `cacache`: an index by the digest of a key, content by its own digest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import zlib
from typing import NamedTuple
from urllib.parse import quote

_KEY = "make-fetch-happen:request-cache:"
_INDEX_LIMIT = 16 << 20
_PACKUMENT_LIMIT = 256 << 20


class Cached(NamedTuple):
    """A file in the cache: where, how long, and its digest as npm writes it; its content has been checked."""

    path: str
    size: int
    integrity: str


class NpmCache:
    """The cache in one directory: what npm calls `cache`, `~/.npm` by default. Whatever is wrong in it is not there."""

    def __init__(self, directory: str) -> None:
        """Takes the directory; there need not be one."""
        self._directory = f"{directory}/_cacache"

    def find(self, registry: str, name: str, version: str) -> Cached | None:
        """Returns the tarball of a version of a package as it came from this registry, or None.

        Args:
            registry: The registry's address, as npm is configured.
            name: A name that `npm_names.is_name` allows.
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
            said = json.loads(_inflated(_read(found.path, _PACKUMENT_LIMIT)))
            told = said["versions"][version]["dist"]["tarball"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError, zlib.error):
            return ""
        return told if isinstance(told, str) else ""

    def _fetched(self, address: str, most: int | None = None) -> Cached | None:
        try:
            integrity = self._indexed(_KEY + address)
            return self._checked(integrity, most) if integrity else None
        except (OSError, ValueError):
            return None

    def _indexed(self, key: str) -> str:
        """Returns the digest under a key: each line is a digest over an entry, and the entry; the last one counts."""
        name = hashlib.sha256(key.encode()).hexdigest()
        raw = _read(f"{self._directory}/index-v5/{name[:2]}/{name[2:4]}/{name[4:]}", _INDEX_LIMIT)
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

    def _checked(self, integrity: str, most: int | None) -> Cached | None:
        name = base64.b64decode(integrity.removeprefix("sha512-"), validate=True).hex()
        path = f"{self._directory}/content-v2/sha512/{name[:2]}/{name[2:4]}/{name[4:]}"
        size = os.stat(path).st_size
        if most is not None and size > most:
            return None
        return Cached(path, size, integrity) if digest(path) == integrity else None


def digest(path: str) -> str:
    """Returns the digest over a regular file as npm writes it; OSError where it cannot be read."""
    found = hashlib.sha512()
    with open(_regular(path), "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return "sha512-" + base64.b64encode(found.digest()).decode()


def _read(path: str, most: int) -> bytes:
    with open(_regular(path), "rb") as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise ValueError("larger than is sensible")
    return raw


def _regular(path: str) -> int:
    """Opens a file, and nothing that one would wait at."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("not a regular file")
    return descriptor


def _inflated(raw: bytes) -> bytes:
    if raw[:2] != b"\x1f\x8b":
        return raw
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, _PACKUMENT_LIMIT)
