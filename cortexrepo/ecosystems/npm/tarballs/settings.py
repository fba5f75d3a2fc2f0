"""Where npm keeps what it has fetched, and from which registry: as its files say, without starting it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.npm.npmrc import read_value
from cortexrepo.machine.homes import homes
from cortexrepo.model.artifact import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.files import Files, Place

_REGISTRY = "https://registry.npmjs.org"


class Fetched(NamedTuple):
    """A cache, as `NpmCache` takes it, and the registry that a package in it would have come from."""

    cache: str
    registry: str


def fetched(place: Place, prefix: str, name: str) -> Iterator[Fetched]:
    """Yields where npm may have left the tarball of a package that it installed below a prefix.

    Only caches of whoever the packages belong to, and of root, with everything on the way to them: what others have put
    into theirs would else be taken for what was installed, and put back with this owner's rights.

    Args:
        place: The machine, and whose what on it is.
        prefix: The prefix.
        name: The package's own name: each scope may have a registry.
    """
    system = place.system
    try:
        owner, places = system.owner(f"{prefix}/lib/node_modules"), homes(system)
    except OSError:
        return
    scope = name.partition("/")[0] if name.startswith("@") else ""
    for home in places:
        files = (f"{home}/.npmrc", f"{prefix}/etc/npmrc")
        registry = ""
        for key in (f"{scope}:registry", "registry") if scope else ("registry",):
            registry = registry or _first(system, files, key, home)
        cache = _first(system, files, "cache", home) or f"{home}/.npm"
        kept = f"{cache}/_cacache"
        if not os.path.isabs(cache) or owner is None or _owner(system, kept) not in {0, owner}:
            continue
        holder = place.whose.environment("npm", prefix)
        if joined(holder, place.whose.paths([kept])) == holder:
            yield Fetched(cache, registry or _REGISTRY)


def _first(system: Files, files: tuple[str, ...], key: str, home: str) -> str:
    for file in files:
        try:
            if found := read_value(system, file, key, {"HOME": home}):
                return found
        except OSError:
            continue
    return ""


def _owner(system: Files, path: str) -> int | None:
    try:
        return system.owner(path)
    except OSError:
        return None
