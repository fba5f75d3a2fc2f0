"""The commands of global packages: the links in `bin` that npm makes, and where they lead."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.contract.installed import Seen, there
from cortexrepo.ecosystems.npm.tarballs.description import describe
from cortexrepo.model.installed import CHANGED, MISSING, PRESENT, UNSEEN
from cortexrepo.model.package import LINK, NESTED, OWNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.ecosystems.npm.tarballs.description import Description
    from cortexrepo.model.package import Package

LIMIT = 4 << 20
"""No package.json that is read has more bytes."""


class Command(NamedTuple):
    """A command of a package: the link, and the file inside of the package."""

    path: str
    file: str


class Tops(NamedTuple):
    """The packages of a prefix that npm makes links for.

    Attributes:
        system: The machine.
        prefix: The prefix.
        modules: Where its packages are, links resolved.
        rows: All packages of the prefix.
    """

    system: Files
    prefix: str
    modules: str
    rows: Sequence[Package]

    def described(self, folder: str) -> Description:
        """Returns what the package in a folder says of itself; raises OSError."""
        return describe(self.system.read(f"{folder}/package.json", LIMIT) or b"")

    def commands(self, row: Package) -> list[Command]:
        """Returns the commands that npm links for a package; raises OSError."""
        if row.flags & (NESTED | LINK | OWNED):
            return []
        bins = self.described(f"{self.modules}/{row.name}").bins
        return [Command(f"{self.prefix}/bin/{name}", file) for name, file in sorted(bins.items())]

    def seen(self, row: Package, command: Command) -> Seen:
        """Returns whether a command leads to its package, or to another one that has a command of this name."""
        try:
            target = self.system.readlink(command.path)
        except OSError as error:
            return Seen(UNSEEN, f"it cannot be looked at: {error.strerror or error}")
        if target is None:
            found = there(self.system, command.path)
            return found if found.kind != PRESENT else Seen(CHANGED, "the command is no link to the package")
        if self._leads_to(target, command, row.name, command.file) or self.holder(command, but=row) is not None:
            return Seen(PRESENT)
        return Seen(CHANGED, f"the command leads to {target}")

    def holder(self, command: Command, but: Package) -> int | None:
        """Returns the number of another package that has this command at present, or None."""
        try:
            target = self.system.readlink(command.path)
            if target is None:
                return None
            for number, row in enumerate(self.rows):
                if row is but or not self._is_into(target, command, row.name):
                    continue
                if any(one.path == command.path for one in self.commands(row)):
                    return number
        except OSError:
            return None
        return None

    def _leads_to(self, target: str, command: Command, name: str, file: str) -> bool:
        return self._resolved(target, command) in {f"{top}/{name}/{file}" for top in self._places()}

    def _is_into(self, target: str, command: Command, name: str) -> bool:
        return self._resolved(target, command).startswith(tuple(f"{top}/{name}/" for top in self._places()))

    def _places(self) -> tuple[str, str]:
        return f"{self.prefix}/lib/node_modules", self.modules

    def _resolved(self, target: str, command: Command) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(command.path), target))


def file_of(tops: Tops, folder: str, command: Command) -> Seen:
    """Returns whether the file is there that a command leads to."""
    found = there(tops.system, f"{folder}/{command.file}")
    return found if found.kind != MISSING else Seen(MISSING, "the file of a command is missing")
