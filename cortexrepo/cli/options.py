"""Options that several commands share, and what they mean when they are not given."""

from __future__ import annotations

import os
from functools import partial, wraps
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from cortexrepo.cli.screen.output import Output
from cortexrepo.cli.screen.result import write
from cortexrepo.cli.where import announcement, lender, usual, who_may
from cortexrepo.clock import now_ms
from cortexrepo.errors import CortexError, NoRepositoryError, OwnerError, RepositoryError, RequestError, RevisionError
from cortexrepo.formats.registry import FORMATS
from cortexrepo.formats.text.escape import escape
from cortexrepo.model.revision import parse
from cortexrepo.repository.repository import Repository
from cortexrepo.store.registry import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cortexrepo.cli.screen.result import Result, Stream

    Function = Callable[..., int]
    """A command as click calls it: it returns its exit code."""
    Command = Callable[..., Result | Stream | Iterator[Result]]
    """A command as its file has it: it returns its result."""
    Decorator = Callable[[Function], Function]


_NO_PAGER = "cortex.no-pager"


def revision(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Checks an argument that names a snapshot: what cannot be such a name is wrong usage."""
    return checked_revision(value) if value is not None else None


def revisions(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Checks arguments that name snapshots."""
    return tuple(map(checked_revision, values))


def since(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Returns the first moment that a date means, in milliseconds since 1970."""
    return _moment(value, end_of_day=False) if value is not None else None


def until(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Returns the last moment that a date means, in milliseconds since 1970."""
    return _moment(value, end_of_day=True) if value is not None else None


def duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Returns a length of time in milliseconds: what is none is wrong usage."""
    if value is None:
        return None
    from cortexrepo.model.when import parse_length

    try:
        return parse_length(value, now_ms())
    except RequestError as error:
        raise click.BadParameter(f"{error}; {error.hint}") from None


def size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Returns a number of bytes: what is none is wrong usage."""
    if value is None:
        return None
    from cortexrepo.model.size import parse_size

    try:
        return parse_size(value)
    except RequestError as error:
        raise click.BadParameter(f"{error}; {error.hint}") from None


def checked_revision(text: str) -> str:
    """Returns `text`; raises click.BadParameter, which is wrong usage, when it cannot name a snapshot."""
    try:
        when = parse(text).when
    except RevisionError as error:
        raise click.BadParameter(f"{error}; {error.hint}") from None
    if when:
        _moment(when, end_of_day=True)
    return text


def _moment(text: str, *, end_of_day: bool) -> int:
    from cortexrepo.model.when import parse_when

    try:
        return parse_when(text, now_ms(), end_of_day=end_of_day)
    except RevisionError as error:
        raise click.BadParameter(f"{error}; {error.hint}") from None


def is_given(name: str) -> bool:
    """Returns whether an option of this command stands on the command line; a variable is not meant for one command."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def check_asks(*, dry_run: bool, yes: bool) -> None:
    """Raises click.UsageError where somebody wants no question, and nothing done: it is not known which is meant."""
    if dry_run and yes:
        raise click.UsageError("--dry-run changes nothing and asks nothing: leave out --yes, or --dry-run")


def location(repo: str | None) -> str:
    """Returns where the repository is: as told, else the system's for root, else the user's own."""
    try:
        return absolute(repo) if repo is not None else usual()
    except RequestError as error:
        raise click.BadParameter(f"{error}; {error.hint}", param_hint="--repo") from None


def existing(place: str) -> Repository | None:
    """Returns the repository at a location, or None where there is none yet."""
    try:
        return Repository.open(place)
    except NoRepositoryError:
        return None


def shared(function: Command) -> Function:
    """Adds what every command has, `--repo`, `--color` and the formats, and has its result written."""
    return talking(lambda output, **given: function(**given), function)  # noqa: ARG005 -- it asks nothing


def talking(function: Command, like: Command | None = None) -> Function:
    """As `shared`, for a command that takes `output` to ask or tell a person something before its result is there."""

    @wraps(like or function)
    def command(*, color: str, **given: object) -> int:
        chosen = [name for name in FORMATS if given.pop(f"as_{name}")]
        output = Output(color, chosen[0] if chosen else None)
        output.pages = _NO_PAGER not in click.get_current_context().meta
        try:
            _place(output, given["repo"])
            return write(function(output=output, **given), output)
        except CortexError as error:
            error.hint = _way_out(error, output)
            raise

    decorated: Function = command
    for option in (_color, *map(_format, reversed(FORMATS)), _repo):
        decorated = option(decorated)
    return decorated


def _place(output: Output, repo: object) -> None:
    """Says which repository is used, where that is not the usual one, and has commands name it."""
    named = repo if isinstance(repo, str) else None
    place = location(named)
    is_option = is_given("repo")
    output.written = partial(_written, place if is_option else "", place)
    line = announcement(place, "" if named is None else "--repo" if is_option else "CORTEX_REPO", os.environ)
    # A document is read by a program, often together with what is said on stderr.
    if line and output.format is None:
        output.message(escape(line))


def _written(repo: str, place: str, text: str) -> str:
    if "cortex snapshot " not in text:
        return text
    from cortexrepo.cli import program  # most commands name no other

    return program.this(escape(repo), escape(place), escape(lender(place))).written(text)


def _way_out(error: CortexError, output: Output) -> str:
    """Returns the hint of an error; for what only the repository's owner may do, the same command as this user."""
    words = click.get_current_context().obj
    if not isinstance(words, list) or not (isinstance(error, RepositoryError) or not error.hint):
        return output.written(error.hint)
    place = location(click.get_current_context().params.get("repo"))
    user = (isinstance(error, OwnerError) and error.user) or who_may(error, place)
    if not user:
        return output.written(error.hint)
    from cortexrepo.cli import program

    who = "this user" if isinstance(error, OwnerError) else user
    return f"run the command as {who}: `{program.this(place=place).again(words, user)}`"


def _format(name: str) -> Decorator:
    return click.option(f"--{name}", f"as_{name}", is_flag=True, help=FORMATS[name][1])


def _without_pager(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 -- click's
    if value:
        ctx.meta[_NO_PAGER] = True


def period(function: Function) -> Function:
    """Adds `--since` and `--until`."""
    return _since(_until(function))


def check_period(since_ms: int | None, until_ms: int | None) -> None:
    """Raises click.UsageError where no moment is between the two."""
    if since_ms is not None and until_ms is not None and since_ms > until_ms:
        raise click.UsageError("--since is after --until: there is no time between them")


_repo: Decorator = click.option(
    "--repo",
    metavar="DIR",
    envvar="CORTEX_REPO",
    show_envvar=True,
    help="Use the repository DIR.  [default: /var/lib/cortex/snapshots for root, else ~/.local/share/cortex/snapshots]",
)
_color: Decorator = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="When to use colours; `auto` obeys the variables NO_COLOR and CLICOLOR_FORCE.",
)
root: Decorator = click.option(
    "--root",
    metavar="DIR",
    default="/",
    help="Read the machine whose files are under DIR: a mounted image, a chroot.",
)
_since: Decorator = click.option(
    "--since",
    "since_ms",
    callback=since,
    metavar="TIME",
    help="Nothing older than TIME: 2026-03-01, '2026-03-01 12:00', yesterday, 12h, '2 weeks ago'.",
)
_until: Decorator = click.option(
    "--until", "until_ms", callback=until, metavar="TIME", help="Nothing newer than TIME; a day counts to its end."
)
pager: Decorator = click.option(
    "--no-pager",
    is_flag=True,
    expose_value=False,
    callback=_without_pager,
    help="Show a long result at once, without $CORTEX_PAGER, $PAGER or less.",
)
exit_code: Decorator = click.option("--exit-code", "tell", is_flag=True, help="Exit with 5 if there are differences.")
