"""The small files that say how a distribution came to be installed: INSTALLER, REQUESTED and direct_url.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.distributions import UNKNOWN_URL
from cortexrepo.ecosystems.pip.metadata import direct_url
from cortexrepo.errors import RefusedError
from cortexrepo.model.package import EDITABLE, REQUESTED

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

NAMES = ("INSTALLER", "REQUESTED", "direct_url.json")
_SYSTEMS = ("git", "hg", "bzr", "svn")


def marks(row: Package) -> dict[str, bytes]:
    """Returns the small files of a row and what is in them; RefusedError: its URL cannot be written down."""
    installer = row.attribute("installer") or "pip"
    # uv writes no line end, and REQUESTED for everything.
    found = {"INSTALLER": installer.encode() + (b"" if installer == "uv" else b"\n")}
    if row.flags & REQUESTED or installer == "uv":
        found["REQUESTED"] = b""
    if row.attribute("url"):
        # Of an origin that nobody knows, an empty file says the same, and nothing that was never true.
        found["direct_url.json"] = b"" if row.attribute("url") == UNKNOWN_URL else _direct_url(row)
    return found


def _direct_url(row: Package) -> bytes:
    url, editable = row.attribute("url"), bool(row.flags & EDITABLE)
    location, _, fragment = url.partition("#")
    pairs = dict(pair.partition("=")[::2] for pair in fragment.split("&") if pair)
    body: dict[str, object] = {}
    if "subdirectory" in pairs:
        body["subdirectory"] = pairs.pop("subdirectory")
    system, plus, rest = location.partition("+")
    if plus and system in _SYSTEMS:
        location, _, commit = rest.rpartition("@")
        body["vcs_info"] = {"commit_id": commit, "vcs": system}
    elif pairs or not location.startswith("file:") or location.endswith((".whl", ".zip", ".gz")):
        body["archive_info"] = _archive(pairs)
    else:
        body["dir_info"] = {"editable": True} if editable else {}
    content = json.dumps(body | {"url": location}, sort_keys=True).encode()
    if _read(content) != (url, editable):
        raise RefusedError(
            f"{row.name} {row.version}: pip's record of the source URL {url} cannot be made",
            hint=f"leave the package out: `cortex snapshot restore REV --exclude {row.name}`",
        )
    return content


def _archive(pairs: dict[str, str]) -> dict[str, object]:
    return {"hash": "=".join(next(iter(pairs.items()))), "hashes": pairs} if pairs else {}


def _read(content: bytes) -> tuple[str, bool]:
    try:
        return direct_url(content)
    except ValueError:
        return "", False
