"""The command line: which commands there are, and what becomes of their errors. Only the command in use is loaded."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cortexrepo.cli.exit_codes import DONE, FAILED, INTERRUPTED, USAGE, exit_code
from cortexrepo.cli.screen.output import Output
from cortexrepo.errors import CortexError
from cortexrepo.formats.registry import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: dict[str, tuple[str, str]] = {
    "create": ("cortexrepo.cli.commands.create", "Record what is installed now."),
    "list": ("cortexrepo.cli.commands.list", "List the snapshots, newest first."),
    "show": ("cortexrepo.cli.commands.show", "Show one snapshot, or the live machine."),
    "diff": ("cortexrepo.cli.commands.diff", "Say what changed between two snapshots, or since one."),
    "status": ("cortexrepo.cli.commands.status", "Say what changed since the latest snapshot."),
    "restore": ("cortexrepo.cli.commands.restore", "Put the packages back as they were in a snapshot."),
    "undo": ("cortexrepo.cli.commands.undo", "Put the packages back as they were before the last restore."),
    "log": ("cortexrepo.cli.commands.log", "Say when packages changed, and why."),
    "search": ("cortexrepo.cli.commands.search", "Say when a version of a package was installed."),
    "tag": ("cortexrepo.cli.commands.tag", "Name a snapshot, or list the names."),
    "delete": ("cortexrepo.cli.commands.delete", "Mark snapshots as deleted."),
    "undelete": ("cortexrepo.cli.commands.undelete", "Bring deleted snapshots back."),
    "prune": ("cortexrepo.cli.commands.prune", "Delete the old snapshots that no rule keeps."),
    "gc": ("cortexrepo.cli.commands.gc", "Remove the files that no snapshot needs any more."),
    "verify": ("cortexrepo.cli.commands.verify", "Read the whole repository and name each problem."),
    "environments": ("cortexrepo.cli.commands.environments", "List every environment, and where nobody looked."),
    "artifacts": ("cortexrepo.cli.commands.artifacts", "Keep the files of packages, or list them."),
    "import-legacy": ("cortexrepo.cli.commands.import_legacy", "Import the snapshots of the old JSON tool."),
    "import-logs": ("cortexrepo.cli.commands.import_logs", "Rebuild past states from the logs of dpkg and apt."),
    "init": ("cortexrepo.cli.commands.init", "Make the repository."),
}
"""Every command: its module, whose `command` it is, and its line in the help."""

_ERRORS = 2
"""The number of the last standard stream."""
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _help(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 -- click's signature
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


_HELP = click.Option(
    ["-h", "--help"], help="Show this message and exit.",
    is_flag=True, expose_value=False, is_eager=True, callback=_help,
)  # fmt: skip
"""As click makes one for each command: it looks for a translation of the line then, and loads `locale` for that."""


class Program(click.Group):
    """A group that ends as the exit codes say, with one line for every error that was foreseen."""

    def get_help_option(self, ctx: click.Context) -> click.Option:  # noqa: ARG002 -- click's signature
        """Returns the option that shows the help."""
        return _HELP

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002, FBT001, FBT002 -- click's signature
        **extra: Any,
    ) -> NoReturn:
        """Runs the command line and exits."""
        _fill_standard()
        words = list(sys.argv[1:] if args is None else args)
        form = next((name for name in FORMATS if f"--{name}" in words), None)
        try:
            result = super().main(words, prog_name, complete_var, standalone_mode=False, obj=words, **extra)
            code = result if isinstance(result, int) else DONE
        except CortexError as error:
            code = _report(exit_code(error), error.kind, str(error), error.hint, form=form)
        except click.Abort:
            code = _report(INTERRUPTED, "interrupted", "interrupted", form=None)
        except click.ClickException as error:
            code = _report(USAGE, "usage", _worded(error), _usage_hint(error), form=form)
        except OSError as error:
            code = _report(FAILED, "error", str(error), form=form)
        sys.exit(code)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Returns the command that is meant; where there is none the error says which one may be."""
        if args and not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None and args[0][:1] != "-":
            raise click.UsageError(self.unknown(ctx, args), ctx)
        return super().resolve_command(ctx, args)

    def unknown(self, ctx: click.Context, words: Sequence[str]) -> str:
        """Returns what is said of words of which the first one is no command."""
        from cortexrepo.cli import suggestions

        names, path = self.list_commands(ctx), ctx.command_path
        return suggestions.help_of(words, names, path) or suggestions.command(words[0], names, path)


def _fill_standard() -> None:
    """Opens nothing in the place of standard streams that are closed: another file would get their numbers."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _ERRORS:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


class Commands(Program):
    """The group of `COMMANDS`, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Returns the names in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        """Imports the command of that name and returns it, or None if there is none."""
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        found = import_module(row[0]).command
        assert isinstance(found, click.Command)
        found.short_help = row[1]
        if found.add_help_option and not isinstance(found, click.Group):
            found.add_help_option = False
            found.params.append(_HELP)
        if "_CORTEX_COMPLETE" in os.environ:
            from cortexrepo.cli.completing import prepare  # only where a shell asks

            prepare(found)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's
        """Writes the table, without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row[1]) for name, row in COMMANDS.items()])


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 -- click's signature
    if value:
        from cortexrepo.version import __version__

        Output().data([f"cortex {__version__}"])
        ctx.exit()


_version_option = click.option(
    "--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version and exit."
)


@click.group(
    cls=Commands, invoke_without_command=True, context_settings=_SETTINGS,
    short_help="Record, compare and restore the installed packages.",
)  # fmt: skip
@_version_option
@click.pass_context
def snapshot(ctx: click.Context) -> int:
    """Record the packages that apt, pip and npm installed, show what changed, and put packages back.

    \b
    cortex snapshot create "before upgrade"
    cortex snapshot list
    cortex snapshot diff
    cortex snapshot restore latest --dry-run

    \b
    REV, the name of a snapshot, is one of:
      latest, latest~2              the newest one, the second one before it
      @{yesterday}, @{2026-03-01}   the newest one at that time
      9e11d728                      the beginning of its id, 4 digits or more
      golden                        a tag
      "before upgrade"              its message, if no other snapshot has it
      live                          the machine as it is now (show, diff)
      A..B                          the two snapshots A and B (diff)

    \b
    TIME, in --since, @{TIME} and elsewhere, is one of:
      2026-03-01, yesterday, 'last monday'    a day, here
      '2026-03-01 12:00', 'yesterday 18:00'   a moment, here
      2026-03-01T12:00:00Z                    a moment, with its zone
      12h, 90d, 2w, 6mo, '2 weeks ago'        so long ago
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    return _without_command(ctx)


class Top(Program):
    """The group of all: `snapshot`, and what is about the program itself, imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names."""
        return [*super().list_commands(ctx), "completion", "man"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns the command of that name, or None."""
        if cmd_name == "completion":
            from cortexrepo.cli.completion import command

            return command
        if cmd_name == "man":
            from cortexrepo.cli.man import command as man

            return man
        return super().get_command(ctx, cmd_name)

    def unknown(self, ctx: click.Context, words: Sequence[str]) -> str:
        """Returns what is said of words of which the first one is no command; one of `snapshot`'s is there."""
        from cortexrepo.cli import suggestions

        names = self.list_commands(ctx)
        if words[0] in COMMANDS:
            return f"No such command {words[0]!r}. It is `{ctx.command_path} snapshot {words[0]}`."
        if suggestions.near(words[0], names):
            return suggestions.command(words[0], names, ctx.command_path)
        path = f"{ctx.command_path} snapshot"
        return suggestions.help_of(words, tuple(COMMANDS), path) or suggestions.command(words[0], tuple(COMMANDS), path)


@click.group(cls=Top, invoke_without_command=True, context_settings=_SETTINGS)
@_version_option
@click.pass_context
def cortex(ctx: click.Context) -> int:
    """Keep snapshots of the packages on this machine."""
    return _without_command(ctx)


cortex.add_command(snapshot)


def _without_command(ctx: click.Context) -> int:
    if ctx.invoked_subcommand is not None:
        return DONE
    Output().message(ctx.get_help())
    return USAGE


def _report(code: int, kind: str, message: str, hint: str = "", *, form: str | None) -> int:
    """Says what went wrong on standard error and, where a format was asked for, as a document; returns `code`."""
    output = Output(form=form)
    output.error(message, hint)
    if form is not None:
        from cortexrepo.formats.json.snapshots import problem

        try:
            output.document(problem(kind, message, hint))
        except CortexError:
            # Standard output is what failed: it was said on standard error.
            return code
    return code


def _worded(error: click.ClickException) -> str:
    """Returns the fault of a command line, with near words only, and without the lines of click's list of choices."""
    if isinstance(error, click.MissingParameter):
        return " ".join(error.format_message().split())
    if not isinstance(error, click.NoSuchOption):
        return error.format_message().replace(":\n\t", ": ").replace(",\n\t", ", ")
    from cortexrepo.cli import suggestions

    return suggestions.option(error)


def _usage_hint(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return f"try '{ctx.command_path} --help'" if ctx is not None else ""
