"""Files of apt's packages: from its cache, and from the sources that it is configured with."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.availability import offers
from cortexrepo.ecosystems.apt.command import VARIABLES, apt_get
from cortexrepo.ecosystems.apt.deb import described
from cortexrepo.ecosystems.apt.names import file_name, pinned, unsafe
from cortexrepo.ecosystems.apt.places import places
from cortexrepo.ecosystems.contract.files import File, opened, pieces_of
from cortexrepo.errors import CortexError, RestoreError
from cortexrepo.model.artifact import CACHE, SOURCE
from cortexrepo.model.content import is_other

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.contract.files import Answer, Place, Wanted
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package

_AT_ONCE = 16
"""So many are downloaded before they are kept: as much room is needed twice."""


def local(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.local`."""
    found = places(place.system)
    archives = found.places.archives
    unsure = f" ({found.problems[0]})" if found.problems else ""
    for one in wanted:
        path = f"{archives}/{file_name(one.package)}"
        reason = unsafe(one.package, versioned=True)
        if reason:
            yield one, reason
            continue
        try:
            descriptor = place.system.open_file(path)
        except FileNotFoundError:
            yield one, f"the .deb file is not in apt's cache{unsure}"
        except OSError as error:
            yield one, f"{path}: {error.strerror}"
        else:
            yield from _read(one, descriptor, path, CACHE)


def source(wanted: Sequence[Wanted], place: Place) -> Iterator[Answer]:
    """See `Provider.source`. Which are available is asked once; apt checks what it downloads."""
    safe = []
    for one in wanted:
        reason = unsafe(one.package, versioned=True)
        if reason:
            yield one, reason
        else:
            safe.append(one)
    if not safe:
        return
    native = architecture(place.room)
    offered = offers([one.package for one in safe], native, place.room)
    there = []
    for one in safe:
        offer = offered.get(file_name(one.package))
        if offer is None:
            yield one, "the .deb file is not in apt's cache, and no configured source offers the file"
        elif offer.untrusted:
            yield one, f"the source {offer.untrusted} offers the .deb file, and apt does not trust this source"
        else:
            there.append(one)
    for start in range(0, len(there), _AT_ONCE):
        some = there[start : start + _AT_ONCE]
        ended = place.room.machine.run(
            apt_get("download", *(pinned(one.package, native) for one in some), options=("-qq",)),
            variables=VARIABLES,
            directory=place.room.staging,
        )
        for one in some:
            yield from _downloaded(one, place.room.staging, ended.errors)


def architecture(room: Room) -> str:
    """Returns the machine's own architecture; raises RestoreError where dpkg does not say."""
    ended = room.machine.ask(["dpkg", "--print-architecture"])
    if ended.code or not ended.output.strip():
        raise RestoreError(f"`dpkg --print-architecture` failed: {ended.errors.strip()[:200]}")
    return ended.output.strip()


def _downloaded(one: Wanted, staging: str, errors: str) -> Iterator[Answer]:
    path = f"{staging}/{file_name(one.package)}"
    try:
        descriptor = opened(path)
    except OSError:
        lines = [line for line in errors.splitlines() if line.startswith("E:")]
        yield (
            one,
            f"apt-get cannot download the .deb file: {lines[0][2:].strip() if lines else 'apt-get gives no reason'}",
        )
        return
    yield from _read(one, descriptor, path, SOURCE)
    os.unlink(path)


def _read(one: Wanted, descriptor: int, path: str, origin: str) -> Iterator[Answer]:
    try:
        reason = _wrong(one.package, descriptor, path)
        yield one, reason or File(file_name(one.package), origin, partial(pieces_of, descriptor, path))
    finally:
        os.close(descriptor)


def _wrong(package: Package, descriptor: int, path: str) -> str:
    """Returns in what the file is of another package, or an empty string."""
    try:
        # The very file that is kept afterwards, whatever has its name by then.
        fields, content = described(f"/proc/self/fd/{descriptor}")
    except (CortexError, OSError) as error:
        return f"{path}: {str(error).partition(': ')[2] or error}"
    said = tuple(fields.get(name, "") for name in ("Package", "Architecture", "Version"))
    if said == (package.name, package.arch, package.version):
        return f"{path} has other files than the installed package" if is_other(package, content) else ""
    return f"{path} contains {' '.join(said)}, another package"
