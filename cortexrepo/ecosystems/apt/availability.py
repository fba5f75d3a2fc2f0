"""Where a package's file is available: in apt's cache, kept in the repository, or from a configured source."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.command import VARIABLES, apt_get
from cortexrepo.ecosystems.apt.names import file_name, pinned
from cortexrepo.ecosystems.apt.sources import shown, trust, trust_asked, untrusted
from cortexrepo.machine.parallel import at_once
from cortexrepo.model.plan import ARTIFACT, CACHE, CONFIGURED, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package

_MANY = 500
_OFFER = re.compile(r"'(?P<uri>[^']*)' (?P<file>\S+) (?P<size>[0-9]+)(?: (?P<digest>\S+))?\Z")
_SHA256 = re.compile(r"SHA256:([0-9a-f]{64})\Z")


class Offer(NamedTuple):
    """A file that a configured source offers.

    Attributes:
        uri: Where it is.
        size: Its size in bytes.
        digest: Its digest; empty where the source does not give SHA-256.
        untrusted: The source, where apt does not trust it, and downloads nothing from it; else empty.
    """

    uri: str
    size: int
    digest: str
    untrusted: str = ""


def offers(packages: Iterable[Package], native: str, room: Room) -> dict[str, Offer]:
    """Asks apt which of these its sources offer; returns them by `file_name`. Of many it is asked twice at once."""
    asked = [pinned(package, native) for package in packages]
    parts = [asked] if len(asked) < _MANY else [asked[::2], asked[1::2]]

    def answer(some: list[str]) -> dict[str, Offer]:
        # What is not available is an error to apt, which then still prints the others.
        ended = room.machine.run(apt_get("download", *some, options=("-qq", "--print-uris")), variables=VARIABLES)
        return parse(ended.output)

    found: dict[str, Offer] = {}
    for part in at_once(*(partial(answer, some) for some in parts if some)):
        found |= part
    return _judged(found, room) if found else found


def _judged(found: dict[str, Offer], room: Room) -> dict[str, Offer]:
    """Returns the offers with the sources that apt does not trust."""
    known = trust(room.machine.run(trust_asked(), variables=VARIABLES).output)
    return {name: offer._replace(untrusted=untrusted(offer.uri, known)) for name, offer in found.items()}


def parse(output: str) -> dict[str, Offer]:
    """Reads the output of `apt-get --print-uris`; what has another form is passed over."""
    found = {}
    for line in output.splitlines():
        match = _OFFER.match(line.strip())
        if match:
            digest = _SHA256.match(match["digest"] or "")
            known = f"sha256:{digest[1]}" if digest else ""
            found[match["file"]] = Offer(shown(match["uri"]), int(match["size"]), known)
    return found


def source(package: Package, offered: dict[str, Offer], room: Room, archives: str) -> Source | None:
    """Returns the best place to have this package's file from, or None where there is none.

    Args:
        package: The package.
        offered: What apt's sources offer.
        room: Where files are kept.
        archives: The directory of apt's cache; empty where there is none.
    """
    offer = offered.get(file_name(package))
    cached = f"{archives}/{file_name(package)}"
    size = is_cached(cached) if archives else 0
    if size and (offer is None or size == offer.size):
        return Source(CACHE, cached, size, offer.digest if offer else "")
    if offer is not None and not offer.untrusted:
        return Source(CONFIGURED, offer.uri, offer.size, offer.digest)
    for artifact in room.shelf.find("apt", package):
        return Source(ARTIFACT, artifact.file, artifact.size, origin=artifact.origin)
    return None


def is_cached(path: str) -> int:
    """Returns how long a file in apt's cache is, 0 where there is none."""
    try:
        return os.path.getsize(path) if os.path.isfile(path) and not os.path.islink(path) else 0
    except OSError:
        return 0
