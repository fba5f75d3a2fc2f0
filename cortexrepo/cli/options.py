"""Options that several commands share, and what they mean when they are not given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cortexrepo.cli.terminal import now_ms
from cortexrepo.errors import RevisionError
from cortexrepo.model.revision import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., int]
    Decorator = Callable[[Function], Function]



class Revision(click.ParamType):
    """A word that can name a snapshot; whether it does is for the repository to say."""

    name = "revision"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the word; fails as wrong usage when no snapshot can have such a name."""
        return checked_revision(value, param, ctx)


class Moment(click.ParamType):
    """A date, or a date and time, as people write them."""

    name = "time"

    def __init__(self, *, end_of_day: bool) -> None:
        """Takes which end of it a date without a time means."""
        self.end_of_day = end_of_day

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Returns the moment in milliseconds since 1970; fails as wrong usage."""
        if isinstance(value, int):
            return value
        from cortexrepo.model.when import parse_when  # noqa: PLC0415 -- loads datetime

        try:
            return parse_when(value, now_ms(), end_of_day=self.end_of_day)
        except RevisionError as error:
            self.fail(f"{error}; {error.hint}", param, ctx)


def checked_revision(text: str, param: click.Parameter | None = None, ctx: click.Context | None = None) -> str:
    """Returns `text`, or fails as wrong usage when it cannot name a snapshot."""
    try:
        parse(text)
    except RevisionError as error:
        message = f"{error}; {error.hint}"
        raise click.BadParameter(message, ctx, param) from None
    return text


REVISION = Revision()

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
