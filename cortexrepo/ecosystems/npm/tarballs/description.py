"""What a package.json says that a restore must know."""

from __future__ import annotations

import json
import posixpath
from typing import NamedTuple

from cortexrepo.ecosystems.npm.content import digest

_SCRIPTS = ("preinstall", "install", "postinstall")


class Description(NamedTuple):
    """A package as it describes itself.

    Attributes:
        name: Its own name, empty where it has none.
        version: As written there, empty where there is none.
        bins: The commands that it brings: name and path of the file inside of the package.
        scripts: Whether npm runs something when the package is installed.
        may_gyp: Whether npm builds it when it finds instructions to (`binding.gyp`), without being told by a script.
        native: Whether there are parts in it that are made for one version of node.
        content: The digest of its content.
    """

    name: str
    version: str
    bins: dict[str, str]
    scripts: bool
    may_gyp: bool
    native: bool = False
    content: str = ""


def describe(raw: bytes) -> Description:
    """Reads a package.json as npm would; what makes no sense is as if it were not there."""
    try:
        found = json.loads(raw.decode("utf-8", "replace").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        found = {}
    if not isinstance(found, dict):
        found = {}
    name = _text(found.get("name"))
    scripts = found.get("scripts")
    named = {key for key in _SCRIPTS if _text(scripts.get(key))} if isinstance(scripts, dict) else set()
    may_gyp = found.get("gypfile") is not False and not named & {"install", "preinstall"}
    return Description(
        name,
        _text(found.get("version")),
        _bins(found.get("bin"), name),
        bool(named),
        may_gyp,
        content=digest(raw),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _bins(value: object, name: str) -> dict[str, str]:
    """Returns commands and files as npm cleans them: a name is no path, and a path leads nowhere out."""
    if isinstance(value, str):
        value = {name: value}
    elif isinstance(value, list):
        value = {posixpath.basename(path): path for path in value if isinstance(path, str)}
    found = {}
    for key, path in value.items() if isinstance(value, dict) else ():
        command = posixpath.basename(key.replace("\\", "/").replace(":", "/"))
        file = posixpath.normpath("/" + _text(path).replace("\\", "/")).lstrip("/")
        if command not in {"", ".", ".."} and isinstance(path, str) and file:
            found[command] = file
    return found
