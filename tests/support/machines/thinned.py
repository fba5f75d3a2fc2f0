"""A bed whose dpkg knows a tenth of this machine's packages, so that every call of apt and dpkg takes a third."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_DPKG = "/var/lib/dpkg"
_SEEDS = ("apt", "base-files", "dpkg", "nodejs", "npm", "python3", "python3-pip", "python3-venv")
"""What stays with all that it needs, besides what every system has."""
_NEEDS = ("Depends", "Pre-Depends")


class _Known(NamedTuple):
    """One instance of a package: its fields, and its stanza."""

    fields: Mapping[str, str]
    text: str


def thin() -> None:
    """Has dpkg forget the packages that no package of the seeds needs. Their files stay, and are nobody's."""
    known = _known()
    kept = _closure(known)
    _write("status", "".join(f"{one.text}\n\n" for name in known if name in kept for one in known[name]))
    for name in os.listdir(f"{_DPKG}/info"):
        package = name.rpartition(".")[0].partition(":")[0]
        if package and package not in kept:
            os.unlink(f"{_DPKG}/info/{name}")
    for name in os.listdir(f"{_DPKG}/triggers"):
        _keep(f"triggers/{name}", 1, lambda line: re.split("[/:]", line.rpartition(" ")[2])[0] in kept)
    _keep("diversions", 3, lambda lines: lines.rpartition("\n")[2] in {":", *kept})
    shutil.rmtree(f"{_DPKG}/alternatives")
    os.mkdir(f"{_DPKG}/alternatives")


def _known() -> dict[str, list[_Known]]:
    with open(f"{_DPKG}/status", encoding="utf-8") as file:
        stanzas = filter(None, (one.strip("\n") for one in file.read().split("\n\n")))
    found: dict[str, list[_Known]] = {}
    for stanza in stanzas:
        lines = (line.partition(": ") for line in stanza.splitlines() if not line.startswith(" "))
        fields = {key: value for key, _, value in lines}
        found.setdefault(fields["Package"], []).append(_Known(fields, stanza))
    return found


def _closure(known: Mapping[str, list[_Known]]) -> set[str]:
    providers: dict[str, set[str]] = {}
    for name, instances in known.items():
        for one in instances:
            for virtual in _names(one.fields.get("Provides", "")):
                providers.setdefault(virtual, set()).add(name)
    left = [*_SEEDS, *(name for name, instances in known.items() if any(map(_is_basic, instances)))]
    kept: set[str] = set()
    while left:
        name = left.pop()
        left += providers.get(name, ())
        if name in known and name not in kept:
            kept.add(name)
            left += (need for one in known[name] for key in _NEEDS for need in _names(one.fields.get(key, "")))
    return kept


def _is_basic(one: _Known) -> bool:
    return one.fields.get("Essential") == "yes" or one.fields.get("Priority") == "required"


def _names(relations: str) -> Iterable[str]:
    return re.findall(r"(?:^|[,|])\s*([^\s:(,|]+)", relations)


def _keep(name: str, size: int, is_kept: Callable[[str], bool]) -> None:
    """Leaves some records in a file of dpkg's: each has so many lines."""
    if not os.path.exists(f"{_DPKG}/{name}"):
        return
    with open(f"{_DPKG}/{name}", encoding="utf-8") as file:
        lines = file.read().splitlines()
    records = ("\n".join(lines[at : at + size]) for at in range(0, len(lines), size))
    _write(name, "".join(f"{one}\n" for one in records if is_kept(one)))


def _write(name: str, text: str) -> None:
    with open(f"{_DPKG}/{name}", "w", encoding="utf-8") as file:
        file.write(text)
