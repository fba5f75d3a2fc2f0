"""Whether release, architectures and sources let the packages of then be put back. Pure.

A restore changes none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.surroundings import Surroundings
from cortexrepo.model.plan import Obstacle, Risk

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOREIGN = "architecture/foreign/"
_CODENAME = "os/VERSION_CODENAME"
_SAME = {
    "os/ID": ("release", "the snapshot was made on {then}, and this machine runs {now}"),
    _CODENAME: ("release", "the snapshot was made on the release {then}, and this machine runs {now}"),
    "architecture/native": (
        "architecture",
        "the snapshot was made on a machine with the architecture {then}, and this machine has {now}",
    ),
}


def around(
    ecosystem: str, now: Mapping[str, str], then: Mapping[str, str], *, with_release: bool = False
) -> Surroundings:
    """See `Surrounding.around`."""
    if not then or not now:
        return Surroundings((), ())
    if with_release and now.get(_CODENAME, "") != then.get(_CODENAME, ""):
        found = around(ecosystem, {**now, _CODENAME: then.get(_CODENAME, "")}, then)
        reason = (
            f"{_SAME[_CODENAME][1].format(then=then.get(_CODENAME), now=now.get(_CODENAME))}: its packages go back too"
        )
        return found._replace(risks=(Risk("release", ecosystem, "", "", reason), *found.risks))
    obstacles = [
        Obstacle(
            kind,
            ecosystem,
            "",
            "",
            text.format(then=then[key], now=now[key]),
            "restore this snapshot on a machine with the same release and architecture",
        )
        for key, (kind, text) in _SAME.items()
        if key in then and key in now and then[key] != now[key]
    ]
    for arch in sorted(key.removeprefix(_FOREIGN) for key in then.keys() - now.keys() if key.startswith(_FOREIGN)):
        way = " or ".join(f"`{supplier.enabling(arch)}`" for supplier in registry.suppliers())
        obstacles.append(Obstacle("architecture", ecosystem, "", "", f"the architecture {arch} is not enabled", way))
    return Surroundings(tuple(obstacles), tuple(_risks(ecosystem, now, then)))


def _risks(ecosystem: str, now: Mapping[str, str], then: Mapping[str, str]) -> list[Risk]:
    words = {"source/": "lists of sources", "keyring/": "keys of sources", "preferences/": "preferences (pins)"}
    found = []
    for prefix, what in words.items():
        names = {key for key in now.keys() | then.keys() if key.startswith(prefix) and now.get(key) != then.get(key)}
        if names:
            paths = ", ".join(sorted(key[len(prefix) - 1 :] for key in names))
            found.append(
                Risk("sources", ecosystem, "", "", f"{what} differ from the snapshot and are not restored: {paths}")
            )
    return found
