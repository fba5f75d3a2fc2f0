"""The records that managers of applications keep of the environments that they have made: pipx's and uv's.

What is in them was written by the environment's owner. Nothing of it is believed; it is compared.
"""

from __future__ import annotations

import json
import posixpath
import tomllib
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from cortexrepo.ecosystems.pip.metadata import normalise
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.machine.files import System

PIPX, UV = "pipx", "uv"
_FILES = ((PIPX, "pipx_metadata.json"), (UV, "uv-receipt.toml"))
_LIMIT = 1 << 20
_FORM = "its form is not that of such a record"
_HOMES = ("/.local/share/pipx/venvs", "/.local/pipx/venvs", "/.local/share/uv/tools")
"""Where a manager keeps its environments in a home, with links to their commands in `.local/bin`."""


class Book(NamedTuple):
    """What a manager notes of one environment.

    Attributes:
        manager: `PIPX` or `UV`.
        path: The file.
        noted: Names of packages, and for each the version or, of uv, what the version must fit.
        exposing: The packages whose programs are commands; None where all are.
        suffix: What the names of commands have at their end.
        commands: The commands that it lists.
        folders: The directories with the links to them; none where they are not known.
    """

    manager: str
    path: str
    noted: tuple[tuple[str, str], ...]
    exposing: frozenset[str] | None
    suffix: str
    commands: frozenset[str]
    folders: tuple[str, ...]


def book_of(system: System, environment: str) -> Book | None:
    """Returns the book of an environment, None where there is none; raises ValueError for a damaged one, OSError."""
    for manager, name in _FILES:
        path = f"{environment}/{name}"
        content = system.read(path, _LIMIT)
        if content is None:
            continue
        try:
            text = content.decode()
            if manager == PIPX:
                return _of_pipx(path, environment, _table(json.loads(text)), system.environment.get("PIPX_BIN_DIR", ""))
            return _of_uv(path, _table(tomllib.loads(text)))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the record of {manager} cannot be read: {error}") from error
    return None


def usual_folder(environment: str) -> str:
    """Returns where the links to the commands of an environment usually are; empty where its place does not say."""
    parent = posixpath.dirname(environment)
    for below in _HOMES:
        if parent.endswith(below):
            return f"{parent.removesuffix(below)}/.local/bin"
    return "/usr/local/bin" if parent == "/opt/pipx/venvs" else ""


def links(system: System, book: Book, environment: str) -> dict[str, str]:
    """Returns the links in a book's folders that lead to programs of an environment, and the program's name."""
    found: dict[str, str] = {}
    for folder in book.folders:
        found |= _leading(system, folder, f"{environment}/bin")
    return found


def pages(system: System, book: Book, environment: str) -> dict[str, str]:
    """Returns the links that lead to manual pages of an environment, and the paths that they lead to."""
    found: dict[str, str] = {}
    for folder in book.folders:
        manual = f"{posixpath.dirname(folder)}/share/man"
        for entry in system.entries(manual) if system.is_directory(manual) else ():
            place = f"{environment}/share/man/{entry.name}"
            leading = _leading(system, f"{manual}/{entry.name}", place) if entry.name.startswith("man") else {}
            found |= {path: f"{place}/{name}" for path, name in leading.items()}
    return found


def _leading(system: System, folder: str, place: str) -> dict[str, str]:
    """Returns the links in a folder that lead to what is, or was, directly in a place, and the names there."""
    found = {}
    for entry in system.entries(folder) if system.is_directory(folder) else ():
        path = f"{folder}/{entry.name}"
        if entry.kind != "link":
            continue
        parent, name = posixpath.split(posixpath.join(folder, system.readlink(path) or ""))
        try:
            is_inside = name and system.realpath(parent) == place
        except OSError:
            continue  # It leads through what is not there, or is another user's: nowhere in here.
        if is_inside:
            found[path] = name
    return found


def _of_pipx(path: str, environment: str, data: dict[str, Any], chosen: str) -> Book:
    main = _table(data.get("main_package"))
    packages = [main, *map(_table, _table(data.get("injected_packages", {})).values())]
    showing = [one for one in packages if one.get("include_apps", True)]
    names = frozenset(normalise(_text(one.get("package"))) for one in showing)
    listed = frozenset(
        _text(app) for one in showing for key in ("apps", "apps_of_dependencies") for app in _list(one.get(key, []))
    )
    noted = tuple((normalise(_text(one.get("package"))), _text(one.get("package_version"))) for one in packages)
    everything = any(one.get("include_dependencies") for one in showing)
    places = (posixpath.normpath(chosen) if chosen.startswith("/") else "", usual_folder(environment))
    folders = tuple(dict.fromkeys(filter(None, places)))  # pipx does not note them.
    suffix = _text(main.get("suffix", ""))
    return Book(PIPX, path, noted, None if everything else names, suffix, listed, folders)


def _of_uv(path: str, data: dict[str, Any]) -> Book:
    tool = _table(data.get("tool"))
    noted = tuple(map(_requirement, _list(tool.get("requirements", []))))
    # uv itself refuses a receipt without this.
    entries = [_table(one) for one in _list(tool.get("entrypoints"))]
    names = {normalise(_text(one["from"])) for one in entries if "from" in one} or {name for name, _ in noted[:1]}
    places = [_text(one.get("install-path")) for one in entries]
    folders = dict.fromkeys(posixpath.dirname(posixpath.normpath(place)) for place in places if place[:1] == "/")
    listed = frozenset(_text(one.get("name")) for one in entries)
    return Book(UV, path, noted, frozenset(names), "", listed, tuple(folders))


def _requirement(value: object) -> tuple[str, str]:
    """Returns name and specifier of a requirement, which early versions of uv wrote as one text."""
    if isinstance(value, str):
        written = Requirement(value)  # what it raises for any other text is a ValueError
        return normalise(written.name), str(written.specifier)
    table = _table(value)
    return normalise(_text(table.get("name"))), _text(table.get("specifier", ""))


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(_FORM)  # noqa: TRY004 -- a value in a file
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(_FORM)  # noqa: TRY004 -- a value in a file
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(_FORM)
    return value
