"""Alternatives: links of dpkg's to the program that a command's name stands for, and those that lead to nothing."""

from __future__ import annotations

import posixpath
import shlex
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.command import choose
from cortexrepo.ecosystems.contract.installed import there
from cortexrepo.model.installed import MISSING, NOBODY, RECORD, UNSEEN, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.apt.installed.database import Database
    from cortexrepo.ecosystems.contract.files import Files

LINKS = "/etc/alternatives"
GROUPS = "/var/lib/dpkg/alternatives"
_UNFINISHED = (".dpkg-tmp", ".dpkg-new", ".dpkg-old")


def broken(database: Database, system: Files) -> Iterator[Finding]:
    """Yields the alternatives that lead to nothing, and the commands whose own link is gone."""
    try:
        groups = _groups(system)
        links = {entry.name: system.readlink(f"{LINKS}/{entry.name}") for entry in system.entries(LINKS)}
    except OSError as error:
        yield Finding(UNSEEN, NOBODY, error.filename or LINKS, f"alternatives cannot be read: {error.strerror}")
        return
    members = {member: name for name, (_, others) in groups.items() for member in (*others, name)}
    for name, target in sorted(links.items()):
        place = posixpath.normpath(posixpath.join(LINKS, target or ""))
        if target and not database.filters.leaves_out(place) and there(system, place).kind == MISSING:
            reason = f"the link leads to {place}, which does not exist; to end this: `{_way(name, members)}`"
            yield Finding(RECORD, NOBODY, f"{LINKS}/{name}", reason)
    for name, (link, _) in sorted(groups.items()):
        if links.get(name) and there(system, link).kind == MISSING:
            reason = f"the link to {LINKS}/{name} is missing; to end this: `{_way(name, members)}`"
            yield Finding(RECORD, NOBODY, link, reason)


def groups_in(content: bytes) -> tuple[str, list[str]] | None:
    """Returns a command's own link, and the names that go with it, of what dpkg wrote of one command.

    Args:
        content: The mode, the link, then each name that goes with the command and its link, and an empty line.
    """
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    if len(lines) < 2 or not lines[1].startswith("/") or "" not in lines:  # noqa: PLR2004 -- the mode and the link
        return None
    return lines[1], lines[2 : lines.index("")][::2]


def _groups(system: Files) -> dict[str, tuple[str, list[str]]]:
    found = {}
    for entry in system.entries(GROUPS):
        group = groups_in(system.read(f"{GROUPS}/{entry.name}") or b"")
        if group is not None and not entry.name.endswith(_UNFINISHED):
            found[entry.name] = group
    return found


def _way(name: str, members: dict[str, str]) -> str:
    """Returns a command that takes a link away, or has dpkg choose one that leads to something."""
    return shlex.join(choose(members[name]) if name in members else ["rm", f"{LINKS}/{name}"])
