"""The floor: a click program with `cortex snapshot`'s command lines that does nothing at all."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """Does nothing."""


@main.group()
@click.option("--repo", type=click.Path())
def snapshot(repo: str | None) -> None:
    """Does nothing."""


@snapshot.command()
@click.argument("message", default="")
@click.option("--tag", multiple=True)
@click.option("--root", default="/")
@click.option("--only")
@click.option("--environment", multiple=True)
@click.option("--json", is_flag=True)
def create(**_options: object) -> None:
    """Does nothing."""


@snapshot.command()
@click.argument("revision")
@click.option("--packages", is_flag=True)
@click.option("--json", is_flag=True)
def show(**_options: object) -> None:
    """Does nothing."""


@snapshot.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option("--stat", is_flag=True)
@click.option("--exit-code", is_flag=True)
@click.option("--json", is_flag=True)
def diff(**_options: object) -> None:
    """Does nothing."""


if __name__ == "__main__":
    main()
