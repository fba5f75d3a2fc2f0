"""What dpkg's database says of one package, and which architecture is the machine's own. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

INSTALLED = "install ok installed"
"""The Status of a package about which there is nothing more to say."""


class Stanza(NamedTuple):
    """What one stanza says of one package.

    Attributes:
        name: The package.
        arch: Its architecture; may be empty for one that is not installed.
        version: Its version; empty where there is none.
        state: The three words of Status, lower case: want, error flag, status.
        flags: `ESSENTIAL`, `PROTECTED`.
        is_coinstallable: Whether instances of several architectures can be there together (`Multi-Arch: same`).
    """

    name: str
    arch: str
    version: str
    state: str
    flags: int
    is_coinstallable: bool = False


def native(stanzas: Iterable[Stanza], architectures: str) -> str:
    """Returns the machine's own architecture, or an empty string when nothing tells.

    It is that of the package `dpkg`; else the first in dpkg's list of architectures; else the one that most packages
    have.

    Args:
        stanzas: What the status file says.
        architectures: The content of dpkg's list of architectures; empty when there is none.
    """
    counts: dict[str, int] = {}
    for stanza in stanzas:
        if stanza.arch in {"", "all"}:
            continue
        if stanza.name == "dpkg":
            return stanza.arch
        counts[stanza.arch] = counts.get(stanza.arch, 0) + 1
    listed = architectures.split()
    if listed:
        return listed[0]
    return max(sorted(counts), key=counts.__getitem__, default="")
