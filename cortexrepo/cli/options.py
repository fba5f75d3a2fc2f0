"""Options that several commands share, and what they mean when they are not given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., int]
    Decorator = Callable[[Function], Function]

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage"


def location(repo: str | None) -> str:
    """Returns where the repository is: as told, else the system's for root, else the user's own."""
    if repo is not None:
        return os.path.abspath(repo)
    if os.geteuid() == 0:
        return "/var/lib/cortex/snapshots"
    base = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.local/share")
    return os.path.join(base, "cortex", "snapshots")


def shared(function: Function) -> Function:
    """Adds what every command has: `--repo`, `--json`, `--color`."""
    for option in (_color, _as_json, _repo):
        function = option(function)
    return function


_repo: Decorator = click.option(
    "--repo",
    metavar="DIR",
    envvar="CORTEX_REPO",
    show_envvar=True,
    help="The repository.  [default: /var/lib/cortex/snapshots for root, else ~/.local/share/cortex/snapshots]",
)
_as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
_color: Decorator = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; NO_COLOR and CLICOLOR_FORCE count too.",
)
root: Decorator = click.option(
    "--root",
    metavar="DIR",
    default="/",
    help="Read the machine whose files are under DIR: a mounted image, a chroot.",
)
exit_code: Decorator = click.option("--exit-code", "tell", is_flag=True, help="Exit with 5 if there are differences.")
