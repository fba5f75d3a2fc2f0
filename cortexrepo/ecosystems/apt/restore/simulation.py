"""What apt says it would do, and where that is not what it was asked for.

The comparison is what makes a restore safe: whatever apt reads into a word, whatever its solver, its configuration or a
dependency that has changed adds, it shows here, before anything is done.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import place
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.ecosystems.apt.names import Orders, Place

GONE = "removed"
PURGED = "purged"


_WORD = r"(?P<name>[^\s:\[\]()]+)(?::(?P<foreign>[^\s:\[\]()]+))?"
_PUT = re.compile(rf"Inst {_WORD}(?: \[[^\]\s]*\])? \((?P<version>[^\s()]+)(?: [^()]*)? ?\[(?P<arch>[^\]\s]+)\]\)")
_TAKEN = re.compile(rf"(?P<verb>Remv|Purg) {_WORD}(?: |\Z)")
_VERBS = ("Inst ", "Remv ", "Purg ")
_SHOWN = 20
_SAME = "no change"


class Simulated(NamedTuple):
    """What a simulation said.

    Attributes:
        changes: For each package that would change `VERSION ARCH` as it would be, or `GONE` or `PURGED`.
        unclear: Lines about a change that cannot be understood.
    """

    changes: dict[Place, str]
    unclear: tuple[str, ...]


def parse(output: str, native: str) -> Simulated:
    """Reads the output of `apt-get --simulate`. What is taken out only to be put in again counts as put in."""
    changes: dict[Place, str] = {}
    unclear = []
    for line in output.splitlines():
        if not line.startswith(_VERBS):
            continue
        put, taken = _PUT.match(line), _TAKEN.match(line)
        if put:
            # A package for all has no architecture behind its name, and one of the machine's own neither.
            changes[put["name"], put["foreign"] or native] = f"{put['version']} {put['arch']}"
        elif taken:
            changes.setdefault((taken["name"], taken["foreign"] or native), GONE if taken["verb"] == "Remv" else PURGED)
        else:
            unclear.append(line)
    return Simulated(changes, tuple(unclear))


def expected(asked: Orders, native: str) -> dict[Place, str]:
    """Returns what a simulation must say."""
    changes = {place(package, native): GONE for package in asked.take}
    changes |= {place(package, native): f"{package.version} {package.arch}" for package in asked.put}
    return changes


def differences(wanted: dict[Place, str], found: Simulated) -> list[str]:
    """Returns a line for each package with which apt would do something else, the most at the end as a number."""
    lines = [
        f"{':'.join(key)}: apt says {found.changes.get(key, _SAME)}, the plan says {wanted.get(key, _SAME)}"
        for key in sorted(wanted.keys() | found.changes.keys())
        if wanted.get(key) != found.changes.get(key)
    ]
    lines += [f"a line of apt is not understood: {line}" for line in found.unclear]
    more = len(lines) - _SHOWN
    return lines[:_SHOWN] + ([f"and {more} more"] if more > 0 else [])
