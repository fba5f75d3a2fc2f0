"""Files of npm's packages: from its cache, packed again from what is installed, and from the configured registries."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, cast

from cortexrepo.ecosystems.contract.files import Made, complaint, finished, made_here
from cortexrepo.ecosystems.npm.managers import STORE, modules_at
from cortexrepo.ecosystems.npm.names import is_name, is_version
from cortexrepo.ecosystems.npm.places import chain, is_folder
from cortexrepo.ecosystems.npm.places import place as place_of
from cortexrepo.ecosystems.npm.tarballs.cache import NpmCache, copied
from cortexrepo.ecosystems.npm.tarballs.packing import pack
from cortexrepo.ecosystems.npm.tarballs.settings import fetched
from cortexrepo.ecosystems.npm.tarballs.supply import read_as, spec_of
from cortexrepo.errors import CollectError, CortexError
from cortexrepo.model.artifact import CACHE, INSTALLED, SOURCE, own_name
from cortexrepo.model.content import is_other

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.contract.files import Answer, Maker, Place, Target, Wanted
    from cortexrepo.model.package import Package

_AT_ONCE = 16


def local(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.local`: the registry's own file from npm's cache, else packed from what is installed."""
    return made_here(cast("Maker", sys.modules[__name__]), wanted, place)


def make(one: Wanted, place: Place, target: Target) -> Made:
    """See `Maker.make`."""
    reason = _refusal(one.package)
    if chain(one.package)[0] == STORE:
        reason = "pnpm has the package in a store of its own, and it is not packed from there"
    if not reason and not all(map(is_folder, chain(one.package))):
        reason = f"{one.package.name!r:.80} is not a valid folder name of an npm package"
    if reason:
        raise CollectError(reason)
    try:
        cached = _cached(one, place, target)
        made_of = (cached,) if cached else pack(place.system, _folder(one, place), target)
    except (CollectError, OSError, ValueError) as error:
        raise CollectError(f"the installed files cannot be packed: {error}") from error
    return Made(spec_of(one.package).file, CACHE if cached else INSTALLED, made_of)


def fault(one: Wanted, name: str, path: str) -> str:
    """See `Maker.fault`."""
    if name != spec_of(one.package).file:
        return "this is the name of another package's file"
    return _wrong(one.package, path)


def source(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.source`: several at once, and one by one where npm could not have all of them."""
    safe = []
    for one in wanted:
        origin = one.package.attribute("resolved")
        reason = f"the package was installed from {origin}, not from a registry" if origin else _refusal(one.package)
        if reason:
            yield one, reason
        else:
            safe.append(one)
    for start in range(0, len(safe), _AT_ONCE):
        some = safe[start : start + _AT_ONCE]
        errors = _download(some, place)
        for one in some:
            path = f"{place.room.staging}/{spec_of(one.package).file}"
            said = _download([one], place) if errors and not os.path.exists(path) else errors
            if os.path.exists(path):
                yield from _staged(one, path)
                _remove(path)
            else:
                yield one, f"npm cannot download the package: {said}"


def _refusal(package: Package) -> str:
    """Returns why npm must not see this package's name or version, or an empty string.

    `npm pack` takes paths, URLs and other packages' names too.
    """
    name = own_name(package)
    if not is_name(name):
        return f"{name!r:.80} is not a valid name of an npm package"
    if not is_version(package.version):
        return f"{package.version!r:.80} is not a valid version of an npm package"
    return ""


def _download(some: Sequence[Wanted], place: Place) -> str:
    """Has npm download packages into the staging directory; returns what it says where it could not have all."""
    asked = [str(spec_of(one.package)) for one in some]
    options = ["--pack-destination", place.room.staging, "--ignore-scripts", "--loglevel=error", "--no-update-notifier"]
    ended = place.room.machine.run(["npm", "pack", *options, "--", *asked], directory=place.room.staging)
    return complaint(ended, [line for line in ended.errors.splitlines() if " code " in line or "404" in line])


def _cached(one: Wanted, place: Place, target: Target) -> str:
    """Copies the tarball that was installed, if npm's cache has it: with the very same package.json.

    Returns where it is in the cache; an empty string where that has none. Raises CollectError where it is changed
    meanwhile.
    """
    spec = spec_of(one.package)
    if one.package.attribute("resolved"):
        return ""
    for cache, registry in fetched(place, one.environment, spec.name):
        found = NpmCache(cache, place.system).find(registry, *spec)
        if found is None:
            continue
        try:
            source = os.fdopen(place.system.open_straight(found.path), "rb")
        except OSError:
            continue  # changed meanwhile: as if it were not there
        with source:
            if not _is_installed(one, place, f"/proc/self/fd/{source.fileno()}"):
                continue
            if copied(source, target) != found.integrity:
                raise CollectError(f"{found.path} was changed while it was copied")
        return found.path
    return ""


def _is_installed(one: Wanted, place: Place, path: str) -> bool:
    """Returns whether a tarball has the package.json that is installed; one that is damaged has not."""
    try:
        return read_as(path, spec_of(one.package)).raw == _description(one, place)
    except (CortexError, OSError):
        return False


def _description(one: Wanted, place: Place) -> bytes | None:
    return place.system.read(f"{_folder(one, place)}/package.json")


def _folder(one: Wanted, place: Place) -> str:
    # The packages may be elsewhere, with a link to them here; below that there is none.
    modules = place.system.realpath(modules_at(one.environment))
    return f"{modules}/{place_of(one.package)}"


def _staged(one: Wanted, path: str) -> Iterator[Answer]:
    """Yields the file that npm has left at `path` if it is of the package and can be installed."""
    yield from finished(one, Made(spec_of(one.package).file, SOURCE, ()), path, _wrong(one.package, path))


def _wrong(package: Package, path: str) -> str:
    """Returns in what a tarball is another package's, or none that could be installed, or an empty string."""
    try:
        found = read_as(path, spec_of(package))
    except (CortexError, OSError) as error:
        return str(error).removeprefix(path).removeprefix(": ").strip()
    is_another = is_other(package, found.packages[""].content)
    return "the tarball has other files than the installed package" if is_another else ""


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
