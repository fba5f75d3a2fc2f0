"""The digest of an npm package's content: over its package.json, which is read anyway.

npm 7 and later leave a package.json as it is in the tarball. Earlier ones wrote into it, under names that begin with an
underscore, and completed it: such a file says nothing about the tarball's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import content_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

KIND = "package.json"


def digest(raw: bytes) -> str:
    """Returns the digest of a package.json as it is in a tarball."""
    return content_digest(KIND, raw)


def digest_of_installed(raw: bytes, keys: Iterable[str]) -> str:
    """Returns the digest of a package.json where it is installed; empty where npm has written into it.

    Args:
        raw: Its bytes.
        keys: The names in it.
    """
    return "" if any(key.startswith("_") for key in keys) else digest(raw)
