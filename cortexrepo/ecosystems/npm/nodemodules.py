"""Reading one `node_modules` tree as it lies on disk, without starting node.

npm leaves no lock file for global packages: what is installed is what the folders and their `package.json` say.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.content import digest_of_installed
from cortexrepo.ecosystems.npm.origin import escaped, outside_registry
from cortexrepo.machine.budget import SpentError
from cortexrepo.machine.holders import ForeignError
from cortexrepo.model.content import DIGEST
from cortexrepo.model.package import BROKEN, LINK, NESTED, Package
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.machine.files import System

MOST = 100_000
"""No tree holds more packages than this."""
DEEPEST = 100
"""No package lies inside more packages than this."""

_DESCRIPTION_LIMIT = 1 << 20
_LOCK_LIMIT = 4 << 20
_TEXT_LIMIT = 1024
_SENSELESS = frozenset({errno.EINVAL, errno.EFBIG, errno.ELOOP, errno.EISDIR, errno.ENAMETOOLONG})
"""What reading says of something that cannot be a package.json, as against one that may not be read now."""


class Tree(NamedTuple):
    """The packages of one tree.

    Attributes:
        packages: The packages.
        problems: One line for each place that could not be read.
        foreign: The places among these that another user could change.
    """

    packages: list[Package]
    problems: list[str]
    foreign: list[str]

    def miss(self, path: str, error: OSError) -> None:
        """Notes that a place could not be read."""
        self.problems.append(f"{path}: {error.strerror}")
        if isinstance(error, ForeignError):
            self.foreign.append(path)


class _Folder(NamedTuple):
    """A folder that holds a package: its name with the scope, its path, and for a link what the link says."""

    name: str
    path: str
    target: str | None


class _Level(NamedTuple):
    """A `node_modules` folder to be read, and the chain of packages that it lies inside."""

    path: str
    inside: tuple[str, ...]


def read_tree(system: System, top: str, most: int = MOST, deepest: int = DEEPEST) -> Tree:
    """Reads the packages of the `node_modules` folder `top` and those nested in them.

    Raises OSError when `top` itself cannot be listed; everything further in becomes a problem of the tree.

    Args:
        system: The machine.
        top: The path of the folder.
        most: Stop after this many packages.
        deepest: Do not look inside packages that lie inside this many.
    """
    tree = Tree([], [], [])
    try:
        _read_levels(system, top, tree, most, deepest)
    except SpentError as error:
        if not tree.packages:
            raise
        tree.problems.insert(0, str(error))
    return tree


def _read_levels(system: System, top: str, tree: Tree, most: int, deepest: int) -> None:
    origins = _origins(system, top)
    levels = [_Level(top, ())]
    while levels:
        level = levels.pop()
        try:
            folders = list(_folders(system, level))
        except OSError as error:
            if not level.inside:
                raise
            tree.miss(level.path, error)
            continue
        if folders and len(level.inside) > deepest:
            tree.problems.append(f"{level.path}: the packages are nested more than {deepest} levels deep")
            continue
        for folder in folders:
            if len(tree.packages) >= most:
                tree.problems.append(f"{top}: the folder has more than {most} packages, and the others were not read")
                return
            origin = origins.get(folder.path[len(top) + 1 :], "") if origins else ""
            tree.packages.append(_package(system, folder, level.inside, origin, tree))
            if folder.target is None:
                levels.append(_Level(f"{folder.path}/node_modules", (*level.inside, _folder_name(folder.name))))


def _folders(system: System, level: _Level) -> Iterator[_Folder]:
    entries = system.entries(level.path)
    if not entries or (level.inside and system.readlink(level.path) is not None):
        # A nested node_modules that is a link belongs to another tree, perhaps to one that it lies in itself.
        return
    for name, kind in entries:
        path = f"{level.path}/{name}"
        if name[0] == ".":
            continue
        if name[0] == "@":
            yield from _scoped(system, name, path, is_link=kind == "link")
        elif kind == "directory":
            yield _Folder(name, path, None)
        elif kind == "link":
            yield _Folder(name, path, system.readlink(path) or "")


def _scoped(system: System, scope: str, path: str, *, is_link: bool) -> Iterator[_Folder]:
    outer = (system.readlink(path) or "") if is_link else None
    if outer and not outer.startswith("/"):
        # As seen from one level further in, where its packages are.
        outer = f"../{outer}"
    for name, kind in system.entries(path):
        if name[0] == ".":
            continue
        child = f"{path}/{name}"
        if outer is not None and kind in {"directory", "link"}:
            yield _Folder(f"{scope}/{name}", child, f"{outer.rstrip('/')}/{name}")
        elif kind == "directory":
            yield _Folder(f"{scope}/{name}", child, None)
        elif kind == "link":
            yield _Folder(f"{scope}/{name}", child, system.readlink(child) or "")


def _package(system: System, folder: _Folder, inside: tuple[str, ...], origin: str, tree: Tree) -> Package:
    description: dict[str, object] = {}
    content = b""
    try:
        content = system.read(f"{folder.path}/package.json", _DESCRIPTION_LIMIT) or b""
        description = _described(content)
    except OSError as error:
        if error.errno not in _SENSELESS:
            tree.miss(f"{folder.path}/package.json", error)
    name = _folder_name(folder.name)
    version = _plain(description.get("version"))
    real = _plain(description.get("name", folder.name))
    attributes: list[tuple[str, str]] = []
    flags = NESTED if inside else 0
    if name != folder.name or not version or not real:
        version = ""
        flags |= BROKEN
    else:
        if real != folder.name:
            attributes.append(("alias", real))
        if folder.target is None and (known := digest_of_installed(content, description)):
            attributes.append((DIGEST, known))
        if folder.target is None and (resolved := outside_registry(description, origin, real)):
            attributes.append(("resolved", resolved))
    if inside:
        attributes.append(("inside", ">".join(inside)))
    if folder.target is not None:
        flags |= LINK
        attributes.append(("target", escaped(folder.target)))
    if len(attributes) > 1:
        attributes.sort()
    return Package(name, "", version, flags, tuple(attributes))


def _plain(value: object) -> str:
    """Returns a name or version if it is a text that can be one, else an empty string."""
    return value if isinstance(value, str) and len(value) <= _TEXT_LIMIT and value.isprintable() else ""


def _folder_name(name: str) -> str:
    """Returns the name as it is kept: the separator of `inside` is no part of a name that npm would accept."""
    return escaped(name).replace(">", "\\x3e")


def _described(content: bytes) -> dict[str, object]:
    """Returns what a JSON file holds, read as node would; an empty one when it makes no sense."""
    if not content:
        return {}
    # Costs milliseconds that a machine without node shall not pay.
    import json

    try:
        description = json.loads(content.decode("utf-8", "replace").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return {}
    return description if isinstance(description, dict) else {}


def _origins(system: System, top: str) -> dict[str, str]:
    """Returns where packages came from by their path below `top`, as far as a hidden lock file says so."""
    try:
        packages = _described(system.read(f"{top}/.package-lock.json", _LOCK_LIMIT) or b"").get("packages")
    except OSError:
        return {}
    if not isinstance(packages, dict):
        return {}
    return {
        path.removeprefix("node_modules/"): record["resolved"]
        for path, record in packages.items()
        if isinstance(record, dict) and isinstance(record.get("resolved"), str)
    }
