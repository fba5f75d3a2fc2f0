"""Where npm says that a package came from, as far as it is worth keeping: without secrets, and not for a registry's."""

from __future__ import annotations

_LIMIT = 1024


def escaped(text: str) -> str:
    """Returns `text` with each character that cannot be printed or encoded written as a backslash sequence."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def outside_registry(resolved: object) -> str:
    """Returns the address without credentials when it is not that of a registry's tarball, else an empty string.

    A registry's tarball follows from name and version. Of other addresses the user, the password and the query are left
    out; the user of an ssh address, which is a login name, stays.

    Args:
        resolved: What npm wrote under `_resolved` or `resolved`; anything.
    """
    if not isinstance(resolved, str) or len(resolved) > _LIMIT:
        return ""
    scheme, separator, rest = resolved.partition("://")
    if not separator:
        return escaped(resolved)
    rest, hash_sign, fragment = rest.partition("#")
    rest = rest.partition("?")[0]
    host, slash, path = rest.partition("/")
    if scheme in {"http", "https"} and "/-/" in slash + path and path.endswith(".tgz"):
        return ""
    login, at, host = host.rpartition("@")
    user = login.partition(":")[0]
    kept = f"{user}@" if at and user and "ssh" in scheme else ""
    return escaped(f"{scheme}://{kept}{host}{slash}{path}{hash_sign}{fragment}")
