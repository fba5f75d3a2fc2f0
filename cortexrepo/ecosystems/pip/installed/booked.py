"""In what an environment is not as the manager of applications says that has made it. See `Inspector.booked`."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from cortexrepo.ecosystems.contract.installed import there
from cortexrepo.ecosystems.pip.installed.books import PIPX, UV, book_of, links, pages
from cortexrepo.ecosystems.pip.installed.records import NoListError, Records
from cortexrepo.model.installed import MISSING, NOBODY, RECORD, UNSEEN, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.ecosystems.contract.installed import Asked
    from cortexrepo.ecosystems.pip.installed.books import Book

_TOOL = "uv-tool"
"""The kind of an environment that uv has made for a tool."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*", re.ASCII)


def booked(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.booked`."""
    try:
        book = book_of(system, asked.environment)
    except ValueError as error:
        yield Finding(RECORD, NOBODY, asked.environment, str(error))
        return
    if book is None:
        yield from _without(asked)
        return
    yield from _versions(asked, book)
    if not book.folders:
        reason = f"cortex does not know where {book.manager} has the commands of this environment"
        yield Finding(UNSEEN, NOBODY, asked.environment, reason)
        return
    yield from _commands(asked, system, book)


def _without(asked: Asked) -> Iterator[Finding]:
    """Yields a finding where a manager has made an environment, and its record of that is gone."""
    parent, kind = asked.environment.rpartition("/")[0], asked.fact("kind")
    manager = PIPX if kind == PIPX and parent.endswith("/venvs") else UV if kind == _TOOL else ""
    if manager:
        reason = f"{manager} has no record of this environment: whether its commands are right is not known"
        yield Finding(UNSEEN, NOBODY, asked.environment, reason)


def _versions(asked: Asked, book: Book) -> Iterator[Finding]:
    """Yields a finding for each package of which the book says another version."""
    installed = {row.name: row.version for row in asked.rows}
    for number, (name, noted) in enumerate(book.noted):
        version = installed.get(name, "")
        if version and _fits(book, noted, version):
            continue
        said = f"{name} {noted}".rstrip()
        is_now = f"version {version} is installed" if version else "this package is not installed"
        reason = f"{book.manager} notes {said}, and {is_now}{_way(asked, book, number)}"
        yield Finding(RECORD, NOBODY, book.path, reason)


def _fits(book: Book, noted: str, version: str) -> bool:
    if book.manager == PIPX:
        return noted == version
    try:
        return SpecifierSet(noted).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def _way(asked: Asked, book: Book, number: int = 0) -> str:
    """Returns the command with which the manager brings its record and its links up to what is installed."""
    name = book.noted[number][0] if book.noted else ""
    version = next((row.version for row in asked.rows if row.name == name), "")
    if not _PLAIN.fullmatch(name) or not _PLAIN.fullmatch(version):
        return ""
    word = shlex.quote(f"{name}=={version}")
    if book.manager != PIPX:
        return f": `uv tool install --force {word}`" if number == 0 else ""
    if number:
        return f": `pipx inject --force {shlex.quote(asked.environment.rpartition('/')[2])} {word}`"
    suffix = f" --suffix={shlex.quote(book.suffix)}" if book.suffix else ""
    return f": `pipx install --force{suffix} {word}`"


def _commands(asked: Asked, system: Files, book: Book) -> Iterator[Finding]:
    """Yields the commands of the application that are missing, lead nowhere, or are none of it any more."""
    programs = _programs(asked, system, book)
    if book.manager != PIPX and programs is not None and programs != book.commands:
        # Without a version in it, this is all that tells uv's book from that of another version.
        lists = [", ".join(sorted(some)) or "none" for some in (book.commands, programs)]
        reason = f"{book.manager} notes the commands {lists[0]}, and the application has {lists[1]}{_way(asked, book)}"
        yield Finding(RECORD, NOBODY, book.path, reason)
    leading = links(system, book, asked.environment)
    for path, name in sorted(leading.items()):
        target = f"{asked.environment}/bin/{name}"
        if there(system, target).kind == MISSING:
            yield Finding(RECORD, NOBODY, path, f"the link leads to {target}, which does not exist")
        elif name in book.commands and programs is not None and name not in programs:
            yield Finding(RECORD, NOBODY, path, "the link leads to a program that is no command of the application")
    for path, target in sorted(pages(system, book, asked.environment).items()):
        if there(system, target).kind == MISSING:
            yield Finding(RECORD, NOBODY, path, f"the link leads to {target}, which does not exist")
    for name in sorted((programs or set()) - set(leading.values())):
        path = f"{book.folders[0]}/{name}{book.suffix}"
        if there(system, path).kind == MISSING:
            reason = f"this command of the application is missing{_way(asked, book)}"
            yield Finding(RECORD, NOBODY, path, reason)


def _programs(asked: Asked, system: Files, book: Book) -> set[str] | None:
    """Returns the names of the programs that are to be commands; None where the lists of files do not say them."""
    scripts = f"{asked.environment}/bin/"
    found: set[str] = set()
    try:
        records = Records(asked, system)
        for row in asked.rows:
            if book.exposing is None or row.name in book.exposing:
                paths = [line.path for line in records.lines(row)]
                found |= {path.removeprefix(scripts) for path in paths if path.startswith(scripts)}
    except (NoListError, OSError):
        return None
    return {name for name in found if "/" not in name}
