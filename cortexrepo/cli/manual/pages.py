"""The manual pages of a program: one for each command, from the texts that its help shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from cortexrepo.cli.manual.files import FILES, VARIABLES
from cortexrepo.cli.manual.paragraphs import parts
from cortexrepo.cli.manual.roff import block, bold, literal, plain, prose, usage, wrapped
from cortexrepo.version import DATE, __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.cli.manual.paragraphs import Parts

_SECTION = "1"
_WHOLE = 1000
"""So many letters may a command's line in the table of commands have: click would cut it."""


class Page(NamedTuple):
    """A manual page: its name, `cortex-snapshot-create`, and its text as `man` reads it."""

    name: str
    text: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.{_SECTION}"


def pages(program: click.Command, name: str) -> Iterator[Page]:
    """Yields the page of a command of that name, and those of all below it."""
    yield from _pages(click.Context(program, info_name=name))


def _pages(ctx: click.Context) -> Iterator[Page]:
    yield Page(_name(ctx), "".join(f"{line}\n" for line in _lines(ctx)))
    for child in _children(ctx):
        yield from _pages(child)


def _children(ctx: click.Context) -> list[click.Context]:
    if not isinstance(ctx.command, click.Group):
        return []
    found = ((name, ctx.command.get_command(ctx, name)) for name in ctx.command.list_commands(ctx))
    return [click.Context(command, parent=ctx, info_name=name) for name, command in found if command is not None]


def _name(ctx: click.Context) -> str:
    return ctx.command_path.replace(" ", "-")


def _lines(ctx: click.Context) -> list[str]:
    found = parts(ctx.command.help or "")
    title = plain(_name(ctx).upper()).replace("-", "\\-")
    return [
        f'.TH {title} {_SECTION} {DATE} "cortex {__version__}" "Cortex manual"',
        ".nh",
        *_section("NAME", _in_short(ctx)),
        *_section("SYNOPSIS", _synopsis(ctx)),
        *_section("DESCRIPTION", _description(found)),
        *_section("COMMANDS", _commands(ctx)),
        *_section("OPTIONS", _options(ctx)),
        *_section("EXIT STATUS", _exit_status(found)),
        *_section("ENVIRONMENT", _environment(ctx)),
        *_section("FILES", _files(ctx)),
        *_section("EXAMPLES", block(found.examples) if found.examples else []),
        *_section("SEE ALSO", _see_also(ctx)),
    ]


def _section(title: str, lines: list[str]) -> list[str]:
    first = 1 if lines[:1] == [".PP"] else 0
    return [f".SH {title}", *lines[first:]] if lines else []


def _in_short(ctx: click.Context) -> list[str]:
    text = ctx.command.get_short_help_str(limit=_WHOLE).removesuffix(".")
    return wrapped(f"{literal(_name(ctx))} \\- {plain(text[:1].lower() + text[1:])}")


def _synopsis(ctx: click.Context) -> list[str]:
    return [bold(ctx.command_path), *(usage(piece) for piece in ctx.command.collect_usage_pieces(ctx))]


def _description(found: Parts) -> list[str]:
    lines: list[str] = []
    for paragraph in found.paragraphs:
        lines += [".PP", *prose(paragraph)] if isinstance(paragraph, str) else block(paragraph)
    return lines


def _item(term: str, text: str) -> list[str]:
    return [".TP", term, *prose(text)]


def _commands(ctx: click.Context) -> list[str]:
    lines: list[str] = []
    for child in _children(ctx):
        lines += _item(f"{bold(_name(child))}({_SECTION})", child.command.get_short_help_str(limit=_WHOLE))
    return lines


def _options(ctx: click.Context) -> list[str]:
    lines: list[str] = []
    for option in ctx.command.get_params(ctx):
        record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
        if record is not None:
            lines += _item(usage_of(record[0]), record[1])
    return lines


def usage_of(option: str) -> str:
    """Returns an option as the help has it, `--only LIST` or `-n, --dry-run`, with its names bold."""
    words = option.split(" ")
    return " ".join(
        bold(word.removesuffix(",")) + "," * word.endswith(",") if word.startswith("-") else usage(word)
        for word in words
    )


def _exit_status(found: Parts) -> list[str]:
    lines: list[str] = []
    for code in found.codes:
        condition = f"{code.condition}: " if code.condition else ""
        lines += _item(bold(code.number), f"{condition}{code.meaning}")
    return lines + ([".PP", *prose(" ".join(found.remarks))] if found.remarks else [])


def _environment(ctx: click.Context) -> list[str]:
    lines: list[str] = []
    for name, text in VARIABLES if isinstance(ctx.command, click.Group) else _variables(ctx):
        lines += _item(bold(name), text)
    return lines


def _variables(ctx: click.Context) -> Iterator[tuple[str, str]]:
    for option in ctx.command.get_params(ctx):
        if isinstance(option, click.Option) and isinstance(option.envvar, str):
            yield option.envvar, f"The value of {option.opts[0]} where this option is not given."


def _files(ctx: click.Context) -> list[str]:
    lines: list[str] = []
    for path, text in FILES if isinstance(ctx.command, click.Group) else ():
        lines += _item(bold(path), text)
    return lines


def _see_also(ctx: click.Context) -> list[str]:
    names = []
    while ctx.parent is not None:
        ctx = ctx.parent
        names.append(literal(_name(ctx)))
    return [f".BR {name} ({_SECTION}){',' * (name != names[-1])}" for name in names]
