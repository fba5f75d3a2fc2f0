"""npm's cache, written as npm writes it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def integrity(content: bytes) -> str:
    """Returns the digest of content as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def stored(cache: Path, content: bytes) -> Path:
    """Puts content into the cache; returns where."""
    name = hashlib.sha512(content).hexdigest()
    path = cache / "_cacache/content-v2/sha512" / name[:2] / name[2:4] / name[4:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def indexed(cache: Path, address: str, says: str | None, *, key: str = "", spoilt: bool = False) -> Path:
    """Adds a line to the index; returns its file."""
    whole = f"make-fetch-happen:request-cache:{address}"
    name = hashlib.sha256(whole.encode()).hexdigest()
    path = cache / "_cacache/index-v5" / name[:2] / name[2:4] / name[4:]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"key": key or whole, "integrity": says, "time": 1, "size": 9}).encode()
    check = hashlib.sha1(text + b"x" * spoilt, usedforsecurity=False).hexdigest().encode()
    with path.open("ab") as file:
        file.write(b"\n" + check + b"\t" + text)
    return path
