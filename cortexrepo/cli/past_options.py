"""The options of every question about the past, and the conditions that they make."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.ecosystems import registry
from cortexrepo.history.past import Where

if TYPE_CHECKING:
    from cortexrepo.cli.options import Decorator, Function


class _Ecosystem(click.Choice[str]):
    """An ecosystem that this version knows; another one that a snapshot has is written before the package."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        """Returns why a word cannot be taken, and the way out."""
        found = super().get_invalid_choice_message(value, ctx)
        return f"{found} To ask for another ecosystem that a snapshot has, write it before the name: '{value}:NAME'."


_ecosystem: Decorator = click.option(
    "--ecosystem",
    type=_Ecosystem(registry.names()),
    metavar="NAME",
    help=f"Show only packages of one ecosystem: {registry.listed(registry.READ)}.",
)
_environment: Decorator = click.option(
    "--environment", metavar="PATH", help="Show only packages of the environment at PATH."
)


def past(function: Function) -> Function:
    """Adds what every question about the past has: `--ecosystem`, `--environment`, `--since`, `--until`."""
    for option in (options.period, _environment, _ecosystem):
        function = option(function)
    return function


def where(ecosystem: str | None, environment: str | None, since_ms: int | None, until_ms: int | None) -> Where:
    """Returns the conditions; raises click.UsageError where no moment can meet them."""
    options.check_period(since_ms, until_ms)
    return Where(ecosystem, environment if environment is None else os.path.abspath(environment), since_ms, until_ms)
