"""A package as it is installed, and the manifest: all packages of one ecosystem in one environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

AUTO = 1 << 0
"""Installed as a dependency, not asked for (apt)."""
HOLD = 1 << 1
"""Held at its version (apt)."""
ESSENTIAL = 1 << 2
"""Essential to the operating system (apt)."""
PROTECTED = 1 << 3
"""Protected from removal (apt)."""
REQUESTED = 1 << 4
"""Asked for by a person, not pulled in (pip)."""
EDITABLE = 1 << 5
"""Runs from its source tree (pip)."""
OWNED = 1 << 6
"""A package manager of the system owns these files: a restore of this ecosystem must not touch them (pip, npm)."""
LINK = 1 << 7
"""A symbolic link to a directory elsewhere (npm)."""
NESTED = 1 << 8
"""Inside another package; the attribute `inside` says which (npm)."""
RESIDUAL = 1 << 9
"""Known to the package manager but not installed: configuration left behind, or only a selection (apt)."""
BROKEN = 1 << 10
"""There, but its own description cannot be read: name and version are what its directory says, if anything."""

FLAG_NAMES: tuple[tuple[int, str], ...] = (
    (AUTO, "auto"),
    (HOLD, "hold"),
    (ESSENTIAL, "essential"),
    (PROTECTED, "protected"),
    (REQUESTED, "requested"),
    (EDITABLE, "editable"),
    (OWNED, "dpkg"),
    (LINK, "link"),
    (NESTED, "nested"),
    (RESIDUAL, "residual"),
    (BROKEN, "broken"),
)
"""Every flag with its name in JSON and on the terminal. Only ever appended to: the bits are on disk."""


class Package(NamedTuple):
    """One package in one environment: one row of a manifest.

    Attributes:
        name: As the ecosystem names it: dpkg's name without architecture, PEP 503's for pip, npm's folder name with
            scope.
        arch: dpkg's architecture; empty for pip and npm.
        version: Untouched, as the package manager reports it; empty where it is not known (`BROKEN`) or there is none.
        flags: The bits above.
        attributes: Pairs (key, value), sorted, keys unique: only what is needed to put the package back, or to say what
            state it is in. Keys are listed in docs/format.md.
    """

    name: str
    arch: str
    version: str
    flags: int = 0
    attributes: tuple[tuple[str, str], ...] = ()

    def attribute(self, key: str) -> str:
        """Returns the value under `key`, or an empty string."""
        return next((value for name, value in self.attributes if name == key), "")

    @property
    def outermost(self) -> str:
        """The name of the package that this one is nested in, at the top; its own where it is nested in none."""
        return self.attribute("inside").partition(">")[0] or self.name


class Manifest(NamedTuple):
    """The packages of one ecosystem in one environment, in canonical order.

    Two environments with the same packages have equal manifests: nothing in a manifest says where the environment is.
    """

    ecosystem: str
    packages: tuple[Package, ...]

    @classmethod
    def of(cls, ecosystem: str, packages: Iterable[Package]) -> Manifest:
        """Returns a manifest with the rows sorted by UTF-8 bytes and each row once.

        Python orders text by code point, which for valid text is the order of its UTF-8 bytes.

        Args:
            ecosystem: The ecosystem's name.
            packages: The rows, in any order.
        """
        rows = set(packages)
        return cls(ecosystem, tuple(sorted(rows)))

    @property
    def installed(self) -> int:
        """How many packages a person would say are installed: neither residual nor nested ones."""
        return sum(1 for package in self.packages if not package.flags & (NESTED | RESIDUAL))


def flag_names(flags: int) -> tuple[str, ...]:
    """Returns the names of the flags that are set, in the table's order, and `bit-N` for each that has no name yet."""
    return (*(name for bit, name in FLAG_NAMES if flags & bit), *_unnamed(flags >> len(FLAG_NAMES)))


def _unnamed(rest: int) -> list[str]:
    """Returns words for bits that a later version has set."""
    return [f"bit-{number + len(FLAG_NAMES)}" for number in range(rest.bit_length()) if rest >> number & 1]
