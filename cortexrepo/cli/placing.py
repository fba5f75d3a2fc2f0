"""Files of this tool that other programs look for: completion scripts and manual pages, written and removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cortexrepo.cli.exit_codes import DONE
from cortexrepo.cli.screen.output import Output
from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.disk.replacing import replace
from cortexrepo.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Function = Callable[..., int]

_PUBLIC = 0o644


def options(thing: str, where: str) -> Callable[[Function], Function]:
    """Adds `--install` and `--remove` to a command; the words complete their lines in the help."""

    def decorated(function: Function) -> Function:
        removing = click.option("--remove", is_flag=True, help=f"Remove {thing} that --install wrote.")
        return click.option("--install", is_flag=True, help=f"Write {thing} where {where}.")(removing(function))

    return decorated


def check(*, install: bool, remove: bool) -> None:
    """Raises click.UsageError where both are asked for."""
    if install and remove:
        raise click.UsageError("give one of --install and --remove")


def put(path: str, text: str) -> None:
    """Writes a file that everybody may read, in the place of the one before; raises RequestError."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace(path, RealFileSystem(), lambda new: _new(new, text))
    except OSError as error:
        raise RequestError(
            f"cannot write {path}: {error.strerror}",
            hint="leave out --install, and save what is printed in another place",
        ) from error


def take_away(paths: Iterable[str]) -> int:
    """Removes the files that are there, and says which; returns the exit code. Raises RequestError."""
    removed = [path for path in paths if _is_removed(path)]
    for path in removed:
        Output().message(f"removed {path}")
    if not removed:
        Output().message("nothing was removed: nothing is installed there")
    return DONE


def _is_removed(path: str) -> bool:
    try:
        RealFileSystem().unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RequestError(f"cannot remove {path}: {error.strerror}") from error
    return True


def _new(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PUBLIC)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
