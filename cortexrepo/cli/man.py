"""`cortex man`: the manual pages, and where they belong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cortexrepo.cli import placing
from cortexrepo.cli.exit_codes import DONE
from cortexrepo.cli.manual.pages import pages
from cortexrepo.cli.screen.output import Output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.cli.manual.pages import Page

_SYSTEM = "/usr/local/share/man/man1"


def place(environment: Mapping[str, str], user: int, home: str) -> str:
    """Returns the directory in which `man` looks for pages: for root the system's, for others their own."""
    if user == 0:
        return _SYSTEM
    base = environment.get("XDG_DATA_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.join(home, ".local/share"), "man/man1")


@click.command("man", short_help="Print a manual page, or install them all.")
@click.argument("words", metavar="[COMMAND]...", nargs=-1)
@placing.options("all pages", "`man` looks for them")
@click.pass_context
def command(ctx: click.Context, *, words: tuple[str, ...], install: bool, remove: bool) -> int:
    """Print the manual page of a command as `man` reads it: `cortex man snapshot restore | man -l -`.

    With --install the pages of all commands are written where `man` finds them: for root for all users, else for
    the user. They say the same as the help of the version that wrote them.

    \b
    cortex man snapshot restore | man -l -
    cortex man --install
    cortex man --remove

    Exit codes: 0 done, 1 failed, 2 wrong usage.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    placing.check(install=install, remove=remove)
    if words and (install or remove):
        raise click.UsageError("--install and --remove mean all pages: leave out the command")
    found = {page.name: page for page in pages(ctx.find_root().command, "cortex")}
    directory = place(os.environ, os.geteuid(), os.path.expanduser("~"))
    if remove:
        return placing.take_away(os.path.join(directory, page.file) for page in found.values())
    if not install:
        Output().data(_page(words, found).text.splitlines())
        return DONE
    for page in found.values():
        placing.put(os.path.join(directory, page.file), page.text)
    Output().message(f"wrote {len(found)} pages to {directory}")
    Output().message(_next(directory))
    return DONE


def _page(words: tuple[str, ...], found: Mapping[str, Page]) -> Page:
    """Returns the page of a command, which may be named as its page is, or without the words before it."""
    name = "-".join(words)
    for prefix in ("", "cortex-", "cortex-snapshot-"):
        if (page := found.get(f"{prefix}{name}" if name else "cortex")) is not None:
            return page
    raise click.UsageError(f"no command {' '.join(words)!r} has a page")


def _next(directory: str) -> str:
    condition = "" if directory == _SYSTEM else ", and if ~/.local/bin is in PATH"
    return f"`man cortex-snapshot` shows one, if the package man-db is installed{condition}"
