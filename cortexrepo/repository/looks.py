"""Where a snapshot looked for environments, as the object that its role `looked` names: a manifest of places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.objects import encode
from cortexrepo.model.looked import Looked, Place
from cortexrepo.model.package import Manifest, Package

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.codec.objects import Encoded

ECOSYSTEM = "looked"
"""The word in the place of an ecosystem's name. No ecosystem has it."""
_HOME, _PLACE, _KIND = "home", "place", "kind"


def encoded(looked: Iterable[Looked]) -> Encoded | None:
    """Returns the object, or None where there is nothing to say, or more than an object can say."""
    rows = [row for one in looked for row in _rows(one)]
    if not rows:
        return None
    try:
        return encode(Manifest.of(ECOSYSTEM, rows))
    except ValueError:
        return None


def decoded(found: Manifest) -> tuple[Looked, ...]:
    """Returns what the object says. Rows that make no sense are left out: nobody looked there."""
    homes: dict[str, list[str]] = {}
    places: dict[str, list[Place]] = {}
    for path, ecosystem, what, _, attributes in found.packages:
        if what == _HOME:
            homes.setdefault(ecosystem, []).append(path)
        elif what == _PLACE:
            kinds = tuple(dict(attributes).get(_KIND, "").split())
            places.setdefault(ecosystem, []).append(Place(path, kinds))
    return tuple(
        Looked(name, tuple(homes.get(name, ())), tuple(places.get(name, ()))) for name in sorted(homes.keys() | places)
    )


def _rows(one: Looked) -> list[Package]:
    homes = [Package(home, one.ecosystem, _HOME) for home in one.homes]
    places = [
        Package(place.path, one.ecosystem, _PLACE, 0, ((_KIND, " ".join(place.kinds)),) if place.kinds else ())
        for place in one.places
    ]
    return [*homes, *places]
