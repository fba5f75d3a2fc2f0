"""Links outside of an environment that lead to its programs: those that a manager of applications has made.

They go and come with the programs, by the same list of moves, where it is plain what the manager would do: in the
folder where its links usually are, which is this user's own. All else is left alone, and named afterwards.
"""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.installed.books import book_of, links, usual_folder
from cortexrepo.ecosystems.pip.metadata import normalise
from cortexrepo.ecosystems.pip.restore.installed import Site
from cortexrepo.ecosystems.pip.wheels import record as pip_record
from cortexrepo.machine.live_files import LiveSystem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cortexrepo.ecosystems.pip.environments.layout import Layout
    from cortexrepo.ecosystems.pip.installed.books import Book


def stage_links(layout: Layout, tree: str) -> None:
    """Stages a link for each command that comes with what was staged in `tree`, and was not there; OSError."""
    book, folder = _own_book(layout), usual_folder(layout.prefix)
    for name in _programs(layout, tree, book) if book is not None else ():
        target, link = f"{layout.prefix}/bin/{name}", f"{folder}/{name}{book.suffix if book is not None else ''}"
        if not os.path.lexists(target) and not os.path.lexists(link):
            os.makedirs(tree + folder, exist_ok=True)
            if not os.path.lexists(tree + link):
                os.symlink(target, tree + link)


def stale_links(layout: Layout, going: Collection[str]) -> set[str]:
    """Returns the links of this user's whose programs are among the files that go for good; OSError."""
    book, folder = _own_book(layout), usual_folder(layout.prefix)
    if book is None:
        return set()
    return {
        path
        for path, name in links(LiveSystem({}), book, layout.prefix).items()
        if path == f"{folder}/{name}{book.suffix}"
        and f"{layout.prefix}/bin/{name}" in going
        and os.lstat(path).st_uid == os.geteuid()
    }


def _own_book(layout: Layout) -> Book | None:
    """Returns the book of an environment whose links this user may change, and that nobody else can change."""
    folder = usual_folder(layout.prefix)
    if not folder or os.path.realpath(folder) != folder or not os.path.isdir(folder):
        return None
    about = os.stat(folder)
    if about.st_uid != os.geteuid() or not os.access(folder, os.W_OK | os.X_OK):
        return None
    try:
        book = book_of(LiveSystem({}), layout.prefix)
    except (ValueError, OSError):
        return None  # What is not known is not changed; the look afterwards names it.
    return book if book is not None and folder in book.folders else None


def _programs(layout: Layout, tree: str, book: Book | None) -> Iterator[str]:
    """Yields the names of the programs of commands among what was staged."""
    if book is None or not os.path.isdir(tree + layout.site):
        return
    for one in Site(layout._replace(site=tree + layout.site)).found:
        if book.exposing is not None and normalise(one.name) not in book.exposing:
            continue
        for entry in pip_record.read(f"{one.info}/RECORD"):
            path = posixpath.normpath(posixpath.join(layout.site, entry.path))
            if posixpath.dirname(path) == f"{layout.prefix}/bin":
                yield posixpath.basename(path)
