"""What is around the packages: release, architectures, kernel, sources. A restore changes none of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.model.plan import Obstacle, Risk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.model.inventory import Inventory

SYSTEM = "system"
_FOREIGN = "architecture/foreign/"
_SAME = {
    "os/ID": ("release", "the snapshot is of {then}, this machine is {now}"),
    "os/VERSION_CODENAME": ("release", "the snapshot is of the release {then}, this machine is {now}"),
    "architecture/native": ("architecture", "the snapshot is of a machine for {then}, this one is for {now}"),
}


class Surroundings(NamedTuple):
    """What keeps the packages of then from this machine, and what is only worth knowing."""

    obstacles: tuple[Obstacle, ...]
    risks: tuple[Risk, ...]


def compare_surroundings(now: Inventory, target: Inventory) -> Surroundings:
    """Returns what differs around the packages; what was not recorded on one side differs in nothing."""
    then, here = _values(target), _values(now)
    if not then or not here:
        return Surroundings((), ())
    obstacles = [
        Obstacle(kind, "apt", "", "", text.format(then=then[key], now=here[key]), "restore it on a machine like that")
        for key, (kind, text) in _SAME.items()
        if key in then and key in here and then[key] != here[key]
    ]
    for arch in sorted(key.removeprefix(_FOREIGN) for key in then.keys() - here.keys() if key.startswith(_FOREIGN)):
        way = f"dpkg --add-architecture {arch} && apt-get update"
        obstacles.append(Obstacle("architecture", "apt", "", "", f"the architecture {arch} is not enabled", way))
    return Surroundings(tuple(obstacles), tuple(_risks(here, then)))


def _risks(now: Mapping[str, str], then: Mapping[str, str]) -> list[Risk]:
    words = {"source/": "lists of sources", "keyring/": "keys of sources", "preferences/": "preferences (pins)"}
    found = []
    for prefix, what in words.items():
        names = {key for key in now.keys() | then.keys() if key.startswith(prefix) and now.get(key) != then.get(key)}
        if names:
            paths = ", ".join(sorted(key.removeprefix(prefix) for key in names))
            found.append(Risk("sources", "apt", "", "", f"{what} are not as they were, and stay as they are: {paths}"))
    return found


def _values(inventory: Inventory) -> dict[str, str]:
    for reading in inventory.readings:
        if reading.ecosystem == SYSTEM and reading.manifest is not None:
            return {row.name: row.version for row in reading.manifest.packages}
    return {}
