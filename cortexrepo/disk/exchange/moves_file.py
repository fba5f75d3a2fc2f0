"""The file that a list of moves is kept in, from before the first move until the restore is done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cortexrepo.disk.exchange.moves import Directory, Move, Moves, check, root_of
from cortexrepo.disk.replacing import forget, replace
from cortexrepo.disk.tree import Details
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cortexrepo.disk.tree import Tree

VERSION = 1
_FILE = "moves.json"
_LIMIT = 1 << 28
_MODES = 0o7777


def write(moves: Moves, directory: str, files: Tree) -> None:
    """Writes the list into `directory`; when it returns, it is there for good, and complete or not at all before."""
    body = [VERSION, moves.private, moves.roots, moves.moves, [[path, *details] for path, details in moves.directories]]
    replace(f"{directory}/{_FILE}", files, lambda new: files.write(new, json.dumps(body).encode("ascii")))


def forget_unfinished(directory: str, files: Tree) -> None:
    """Removes a list whose writing was killed; nothing of it has been carried out."""
    forget(f"{directory}/{_FILE}", files)


def read(directory: str, private: Collection[str], roots: Sequence[str], files: Tree) -> Moves | None:
    """Returns the list in `directory`, or None where none was written.

    Args:
        directory: Where `write` put it.
        private: The directory that was given to `prepare` is one of these.
        roots: As they were given to `prepare`: the only directories that may be changed. What the file says of them
            does not count.
        files: The disk.

    Raises:
        RestoreError: The file is not a list of moves, or not for these directories.
        RefusedError: A path in it is not below the roots, or the moves contradict one another.
        OSError: It cannot be read.
    """
    path = f"{directory}/{_FILE}"
    if not files.kind(path):
        return None
    try:
        found = _decode(json.loads(files.read(path, _LIMIT)))
    except (ValueError, TypeError, RecursionError) as error:
        raise RestoreError(f"{path} is damaged: {error}") from error
    if found.private not in private or found.roots != tuple(roots):
        raise RestoreError(f"{path} belongs to a restore of another environment; no file was moved")
    check(found.moves, found.private, roots)
    return found


def remove(directory: str, files: Tree) -> None:
    """Removes the list, durably: from then on there is nothing to go on with, and nothing to take back."""
    forget_unfinished(directory, files)
    if files.kind(f"{directory}/{_FILE}"):
        files.unlink(f"{directory}/{_FILE}")
    files.sync_directory(directory)


def _decode(body: object) -> Moves:
    version, private, roots, moves, directories = _listed(body, 5)
    if version != VERSION:
        raise ValueError(f"the version {version!r} is not known")
    places = tuple(_text(root) for root in _listed(roots))
    pairs = tuple(Move(*(_text(path) for path in _listed(pair, 2))) for pair in _listed(moves))
    kept = tuple(_directory(row, (_text(private), *places)) for row in _listed(directories))
    return Moves(pairs, _text(private), places, kept)


def _directory(row: object, roots: Sequence[str]) -> Directory:
    path, *numbers = _listed(row, 4)
    mode, owner, group = (_number(number) for number in numbers)
    if root_of(_text(path), roots) is None or mode > _MODES:
        raise ValueError(f"the directory {path!r} is outside of the environment, or has an invalid mode")
    return Directory(_text(path), Details(mode, owner, group))


def _listed(value: object, length: int | None = None) -> list[object]:
    if not isinstance(value, list) or length not in {None, len(value)}:
        raise ValueError("a list is missing, or has another length")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise ValueError("a number is missing, or is too large")
    return value
