"""Where npm says that a package came from, as far as it is worth keeping: without secrets, and not for a registry's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = "?"
"""Stands for an address that makes no sense, or is not there: the package did not come from a registry."""
_LIMIT = 1024
_ELSEWHERE = frozenset({"git", "hosted", "remote", "file", "directory", "local"})
"""The sorts of words behind `npm install` that npm does not look up in a registry."""


def escaped(text: str) -> str:
    """Returns `text` with each character that cannot be printed or encoded written as a backslash sequence."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def outside_registry(description: Mapping[str, object], locked: str, name: str) -> str:
    """Returns where a package came from, without credentials, if that was no registry, else an empty string.

    npm up to 6 wrote into a package.json what it was asked for (`_requested`) and what it took (`_resolved`). Later
    ones write the latter into a lock file. A registry's tarball follows from name and version. Of other addresses the
    user, the password and the query are left out; the user of an ssh address, which is a login name, stays.

    Args:
        description: What is in the package.json.
        locked: What a lock file has under `resolved`; empty where none has it.
        name: The package's own name.
    """
    resolved = description.get("_resolved") or locked
    if not isinstance(resolved, str) or len(resolved) > _LIMIT:
        return UNKNOWN if resolved or _is_elsewhere(description) else ""
    if not resolved:
        return UNKNOWN if _is_elsewhere(description) else ""
    if not _is_elsewhere(description) and _is_registrys(resolved, name):
        return ""
    return _without_credentials(resolved)


def _is_elsewhere(description: Mapping[str, object]) -> bool:
    """Returns whether npm was asked for something that it does not look up in a registry."""
    asked = description.get("_requested")
    return isinstance(asked, dict) and (asked.get("registry") is False or asked.get("type") in _ELSEWHERE)


def _is_registrys(resolved: str, name: str) -> bool:
    """Returns whether an address is that of a registry's tarball of this package."""
    scheme, _, rest = resolved.partition("://")
    path = rest.partition("#")[0].partition("?")[0].partition("/")[2].replace("%2f", "/").replace("%2F", "/")
    before, mark, file = path.partition("/-/")
    is_own = f"/{before}".endswith(f"/{name}")
    return scheme in {"http", "https"} and bool(mark) and is_own and file.endswith(".tgz")


def _without_credentials(resolved: str) -> str:
    scheme, separator, rest = resolved.partition("://")
    if not separator:
        return escaped(resolved)
    rest, hash_sign, fragment = rest.partition("#")
    rest = rest.partition("?")[0]
    host, slash, path = rest.partition("/")
    login, at, host = host.rpartition("@")
    user = login.partition(":")[0]
    kept = f"{user}@" if at and user and "ssh" in scheme else ""
    return escaped(f"{scheme}://{kept}{host}{slash}{path}{hash_sign}{fragment}")
