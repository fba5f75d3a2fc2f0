"""Swaps: whole packages and links change places with those that were staged. They can go on or back from any kill.

Everything is on one file system, so that a swap is two renames, whatever is in a package: sockets, empty folders, times
and owners stay as they are. What has been done is told from the disk alone: the old one is out when it is in the stash,
the new one is in when it is no longer where it was staged.
"""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.disk.replacing import forget, replace
from cortexrepo.disk.tree import DIRECTORY, Details, failure
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.disk.tree import Tree

VERSION = 1
_FILE = "swaps.json"
_LIMIT = 1 << 26


class Swap(NamedTuple):
    """What is at `place` goes to `stash`, what is at `staged` comes to `place`; either is empty if there is none."""

    place: str
    staged: str
    stash: str


class Folder(NamedTuple):
    """A folder of a scope as it is before anything is swapped, to be made again when all goes back."""

    path: str
    details: Details


class Swaps(NamedTuple):
    """A list of swaps, in this order; no place is inside another.

    Attributes:
        swaps: The swaps.
        scopes: The folders of scopes that are there before, where one of their packages is swapped.
    """

    swaps: tuple[Swap, ...]
    scopes: tuple[Folder, ...]


def write(swaps: Swaps, directory: str, files: Tree) -> None:
    """Writes the list down; when it returns, it is there for good, and before it is there completely or not at all."""
    body = [VERSION, swaps.swaps, [[path, *details] for path, details in swaps.scopes]]
    replace(f"{directory}/{_FILE}", files, lambda new: files.write(new, json.dumps(body).encode("ascii")))


def read(directory: str, roots: Sequence[str], files: Tree) -> Swaps | None:
    """Returns the list that was written, or None where there is none.

    Args:
        directory: Where it was written.
        roots: Nothing else than what is below these directories is touched.
        files: The disk.

    Raises:
        RestoreError: The file is no such list.
        OSError: It cannot be read.
    """
    path = f"{directory}/{_FILE}"
    if not files.kind(path):
        return None
    try:
        version, swaps, scopes = json.loads(files.read(path, _LIMIT))
        found = Swaps(
            tuple(Swap(*map(str, row)) for row in swaps),
            tuple(Folder(str(row[0]), Details(*map(int, row[1:]))) for row in scopes),
        )
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise RestoreError(f"{path} is not a list of swaps: {error}") from error
    paths = [path for swap in found.swaps for path in swap if path] + [folder.path for folder in found.scopes]
    if version != VERSION or not all(_below(path, roots) for path in paths):
        raise RestoreError(f"{path} is not for this environment")
    return found


def remove(directory: str, files: Tree) -> None:
    """Removes the list, durably: from then on there is nothing to go on with, and nothing to take back."""
    forget(f"{directory}/{_FILE}", files)
    if files.kind(f"{directory}/{_FILE}"):
        files.unlink(f"{directory}/{_FILE}")
        files.sync_directory(directory)


def carry_out(swaps: Swaps, files: Tree) -> None:
    """Does what is not done yet, durably. RestoreError: it is not all done, and can be called again, or taken back."""
    try:
        for swap in swaps.swaps:
            _take_out(swap, files)
        # No power cut may keep a new one in its place and lose the old one.
        _settle(swaps, files)
        for swap in swaps.swaps:
            if swap.staged and files.kind(swap.staged):
                _bring(swap.staged, swap.place, files)
        _remove_emptied(swaps, (), files)
        _settle(swaps, files)
    except OSError as error:
        raise failure(error) from error


def take_back(swaps: Swaps, files: Tree) -> None:
    """Undoes what is done, durably; then all is in its place that was there before. RestoreError as `carry_out`."""
    try:
        _make_scopes(swaps, files)
        for swap in reversed(swaps.swaps):
            _take_out_again(swap, files)
        _settle(swaps, files)
        for swap in reversed(swaps.swaps):
            if swap.stash and files.kind(swap.stash):
                _bring(swap.stash, swap.place, files)
        _remove_emptied(swaps, (folder.path for folder in swaps.scopes), files)
        _settle(swaps, files)
    except OSError as error:
        raise failure(error) from error


def _take_out(swap: Swap, files: Tree) -> None:
    """Moves the old one into the stash, unless that was done."""
    coming = bool(swap.staged) and bool(files.kind(swap.staged))
    if swap.stash and not files.kind(swap.stash) and (coming or not swap.staged) and files.kind(swap.place):
        files.rename(swap.place, swap.stash)


def _take_out_again(swap: Swap, files: Tree) -> None:
    """Moves the new one back to where it was staged, unless it never came."""
    came = bool(swap.staged) and not files.kind(swap.staged)
    if came and swap.stash and not files.kind(swap.stash):
        raise RestoreError(f"what was at {swap.place} is not kept any more")
    if came and files.kind(swap.place):
        files.rename(swap.place, swap.staged)


def _bring(source: str, place: str, files: Tree) -> None:
    if files.kind(place):
        raise RestoreError(f"{place} was put there by somebody else meanwhile")
    _make_folder(posixpath.dirname(place), files)
    files.rename(source, place)


def _make_folder(path: str, files: Tree) -> None:
    if not files.kind(path):
        _make_folder(posixpath.dirname(path), files)
        files.make_directory(path)


def _make_scopes(swaps: Swaps, files: Tree) -> None:
    for path, details in swaps.scopes:
        if not files.kind(path):
            files.make_directory(path)
        # Also where a run that was killed has made it and come no further.
        if files.details(path) != details:
            files.set_details(path, details)


def _remove_emptied(swaps: Swaps, kept: Iterable[str], files: Tree) -> None:
    for path in sorted({posixpath.dirname(swap.place) for swap in swaps.swaps}.difference(kept)):
        if _is_scope(path) and files.kind(path) == DIRECTORY and not files.names(path):
            files.remove_directory(path)


def _settle(swaps: Swaps, files: Tree) -> None:
    folders = {posixpath.dirname(path) for swap in swaps.swaps for path in swap if path}
    for path in sorted(folders | {posixpath.dirname(path) for path in folders if _is_scope(path)}):
        if files.kind(path) == DIRECTORY:
            files.sync_directory(path)


def _is_scope(path: str) -> bool:
    return posixpath.basename(path).startswith("@")


def _below(path: str, roots: Iterable[str]) -> bool:
    return posixpath.normpath(path) == path and any(path.startswith(root + "/") for root in roots)
