"""Files of npm's packages: from its cache, packed again from what is installed, and from the configured registries."""

from __future__ import annotations

import os
import shutil
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.files import File, complaint, opened, pieces_of
from cortexrepo.ecosystems.npm.names import is_name, is_version
from cortexrepo.ecosystems.npm.places import chain, is_folder
from cortexrepo.ecosystems.npm.places import place as place_of
from cortexrepo.ecosystems.npm.tarballs.cache import NpmCache, digest
from cortexrepo.ecosystems.npm.tarballs.packing import pack
from cortexrepo.ecosystems.npm.tarballs.settings import fetched
from cortexrepo.ecosystems.npm.tarballs.supply import read_as, spec_of
from cortexrepo.errors import CollectError, CortexError
from cortexrepo.model.artifact import CACHE, INSTALLED, SOURCE, own_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.contract.files import Answer, Files, Place, Wanted
    from cortexrepo.model.package import Package

_AT_ONCE = 16


def local(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.local`: the registry's own file from npm's cache, else packed from what is installed."""
    for one in wanted:
        reason = _refusal(one.package)
        if not reason and not all(map(is_folder, chain(one.package))):
            reason = f"{one.package.name!r:.80} is not a valid folder name of an npm package"
        if reason:
            yield one, reason
            continue
        path = f"{place.room.staging}/{spec_of(one.package).file}"
        try:
            cached = _cached(one, place, path)
            made_of = (cached,) if cached else pack(place.system, _folder(one, place), path)
        except (CollectError, OSError, ValueError) as error:
            yield one, f"the installed files cannot be packed: {error}"
        else:
            yield from _staged(one, path, CACHE if cached else INSTALLED, made_of)
        finally:
            _remove(path)


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
                yield from _staged(one, path, SOURCE)
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


def _cached(one: Wanted, place: Place, path: str) -> str:
    """Copies the tarball that was installed to `path`, if npm's cache has it: with the very same package.json.

    Returns where it is in the cache; an empty string where that has none.
    """
    spec = spec_of(one.package)
    if one.package.attribute("resolved"):
        return ""
    for cache, registry in fetched(place, one.environment, spec.name):
        found = NpmCache(cache, place.system).find(registry, *spec)
        if found is None:
            continue
        try:
            _copy(found.path, place.system, path)
            if digest(path) == found.integrity and read_as(path, spec).raw == _description(one, place):
                return found.path
        except (CortexError, OSError):
            pass  # Damaged, or changed meanwhile: as if it were not there.
        _remove(path)
    return ""


def _copy(path: str, system: Files, target: str) -> None:
    with os.fdopen(system.open_straight(path), "rb") as source, open(target, "xb") as copy:
        shutil.copyfileobj(source, copy)


def _description(one: Wanted, place: Place) -> bytes | None:
    return place.system.read(f"{_folder(one, place)}/package.json")


def _folder(one: Wanted, place: Place) -> str:
    # The packages may be elsewhere, with a link to them here; below that there is none.
    modules = place.system.realpath(f"{one.environment}/lib/node_modules")
    return f"{modules}/{place_of(one.package)}"


def _staged(one: Wanted, path: str, origin: str, made_of: tuple[str, ...] = ()) -> Iterator[Answer]:
    """Yields the file at `path` if it is of the package and can be installed."""
    descriptor = opened(path)
    try:
        read_as(path, spec_of(one.package))
    except (CortexError, OSError) as error:
        yield one, f"{spec_of(one.package).file}: {str(error).removeprefix(path).removeprefix(': ').strip()}"
    else:
        yield one, File(spec_of(one.package).file, origin, partial(pieces_of, descriptor, path), made_of)
    finally:
        os.close(descriptor)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
