"""Lists of package sources without the credentials in them.

Removed, wherever a URI stands, comments included: everything before the `@` of its host (a user name alone may be a
token), and the value of every parameter in a query string (apt itself never needs one; where one is there it is a
token). Kept: the rest of the path, since what is a secret in it cannot be told from what is not, and keys written into
`Signed-By`.
"""

from __future__ import annotations


def scrub(text: str) -> str:
    """Returns `text` with the credentials of every URI removed. Doing it again changes nothing."""
    if "://" not in text or ("@" not in text and "?" not in text):
        return text
    import re

    # A password may hold an unescaped slash. What tells it from `host:80/path@x` is that a port is digits only.
    text = re.sub(r"://(?:[^\s/:\[\]]*:(?!\d*(?:[/?\s]|$))[^\s]*@|[^\s/?]*@)", "://", text)
    return re.sub(r"(?<=://)\S*\?\S*", _without_values, text)


def _without_values(match: object) -> str:
    """Returns a URI with each parameter's value removed, and what has no name removed too."""
    uri = match.group()  # type: ignore[attr-defined]
    base, _, query = uri.partition("?")
    names = [part.partition("=")[0] + "=" for part in query.replace(";", "&").split("&") if "=" in part]
    return f"{base}?{'&'.join(names)}"


def decode(raw: bytes) -> str:
    """Returns the content of a list as text: UTF-8, or else Latin-1, which loses nothing."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
