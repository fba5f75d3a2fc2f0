"""Moves of files and whole directories: a list that is checked before anything is touched, then done or taken back.

A restore that changes files makes such a list, writes it down (`moves_file`) and carries it out (`moving`): first the
old ones go into a stash, then the staged ones come into their places. Whoever finds the list after a kill or a power
cut can go on with it or take it back, from wherever it stopped.
"""

from __future__ import annotations

import errno
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.disk.tree import DIRECTORY, FILE, LINK, OTHER, Details
from cortexrepo.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from cortexrepo.disk.tree import Tree


MOVED = frozenset({FILE, LINK})
"""All that is moved where each file is named."""
MOVED_WHOLE = frozenset({FILE, LINK, DIRECTORY, OTHER})
"""The same where directories are moved whole."""
_UNTOUCHED = "no file was moved"


class Move(NamedTuple):
    """A file, a symbolic link or a whole directory gets another name; both are absolute paths."""

    source: str
    target: str


class Directory(NamedTuple):
    """A directory as it was before anything was moved."""

    path: str
    details: Details


class Moves(NamedTuple):
    """A list of moves that has been checked.

    Attributes:
        moves: In this order. No path is a source twice, or a target twice. What is moved is not moved again; a target
            may be the source of an earlier move.
        private: A directory that nobody else writes to, with stash and staging: every move leads into it or out of it.
        roots: Every path is below `private` or one of these directories. They, and what they are in, are never removed.
        directories: Every directory below the roots that a path is in and that was there before, sorted.
    """

    moves: tuple[Move, ...]
    private: str
    roots: tuple[str, ...]
    directories: tuple[Directory, ...]

    def is_away(self, move: Move) -> bool:
        """Returns whether a move takes something out of its place; every other one brings something into its place."""
        return move.target.startswith(self.private + "/")


def prepare(moves: Sequence[Move], private: str, roots: Sequence[str], files: Tree, *, whole: bool = False) -> Moves:
    """Returns a list that can be carried out as things are now. Changes nothing.

    Args:
        moves: Away from their places first where a place is taken again.
        private: A directory that nobody else writes to; every move leads into it or out of it.
        roots: The directories that may be changed besides; the innermost that a path is in is never removed.
        files: The disk.
        whole: Whether directories, sockets and the like may be moved too. All of them must be on one file system.

    Raises:
        RefusedError: A path is not below the roots or behind a link, a source is not there, a target is taken, or the
            moves contradict one another.
        OSError: Something cannot be looked at.
    """
    check(moves, private, roots)
    within = (private, *roots)
    _check_places(moves, within, files, MOVED_WHOLE if whole else MOVED)
    parents = {parent for move in moves for path in move for parent in parents_of(path, within)}
    ends = ends_of(moves)
    there = [path for path in sorted(parents) if kind_in(path, ends, files) == DIRECTORY]
    directories = [Directory(path, files.details(path)) for path in there]
    return Moves(tuple(moves), private, tuple(roots), tuple(directories))


def check(moves: Sequence[Move], private: str, roots: Sequence[str]) -> None:
    """Checks what can be checked without looking at the disk: paths, and whether the moves agree; RefusedError."""
    within = (private, *roots)
    for root in within:
        _check_path(root)
    sources: set[str] = set()
    targets: set[str] = set()
    inside: set[str] = set()
    for move in moves:
        for path in move:
            _check_path(path)
            if root_of(path, within) is None:
                raise RefusedError(f"{path!r} is outside of the directories of the environment")
        if sum(root_of(path, within) == private for path in move) != 1:
            raise RefusedError(f"the plan moves {move.source!r} neither into its place nor out of its place")
        parents = set(parents_of(move.target, within))
        if move.source in sources or move.source in targets or move.source == move.target:
            raise RefusedError(f"the plan moves {move.source!r} twice")
        if move.target in targets or move.target in inside or parents & targets:
            raise RefusedError(f"the plan moves two files to {move.target!r}")
        sources.add(move.source)
        targets.add(move.target)
        inside |= parents
    for move in moves:
        if not sources.isdisjoint(parents_of(move.source, within)):
            raise RefusedError(f"the plan moves {move.source!r} twice: once with its directory")


def ends_of(moves: Sequence[Move]) -> frozenset[str]:
    """Returns every path that something is moved from or to."""
    return frozenset(path for move in moves for path in move)


def kind_in(path: str, ends: Container[str], files: Tree) -> str:
    """Returns what `Tree.kind` does, and that nothing is at a path behind a link that is moved itself.

    A package may have had a link where it has a directory now: what is to come into this directory is not there yet.
    Any other link on the way raises OSError(ELOOP): nobody has moved anything through it.
    """
    try:
        return files.kind(path)
    except OSError as error:
        if error.errno == errno.ELOOP and error.filename in ends:
            return ""
        raise


def root_of(path: str, roots: Sequence[str]) -> str | None:
    """Returns the innermost of `roots` that `path` is below, or None."""
    found = [root for root in roots if path.startswith(root + "/")]
    return max(found, key=len, default=None)


def parents_of(path: str, roots: Sequence[str]) -> Iterator[str]:
    """Yields the directories that `path` is in, the innermost first, up to the root and without it."""
    root = root_of(path, roots)
    path = posixpath.dirname(path)
    while root is not None and path != root:
        yield path
        path = posixpath.dirname(path)


def waves(moves: Moves) -> list[list[Move]]:
    """Returns the moves in groups: within one, no move needs another to have been done before it."""
    within = (moves.private, *moves.roots)
    found: list[list[Move]] = [[]]
    left: set[str] = set()
    emptied: set[str] = set()
    for move in moves.moves:
        parents = set(parents_of(move.target, within))
        if move.target in left or move.target in emptied or parents & left:
            found.append([])
            left, emptied = set(), set()
        found[-1].append(move)
        left.add(move.source)
        emptied.update(parents_of(move.source, within))
    return found


def _check_path(path: str) -> None:
    # normpath keeps two slashes at the beginning: they may mean something elsewhere, and nothing here.
    sound = path.startswith("/") and path != "/" and "\0" not in path and posixpath.normpath(path) == path
    if not sound or path.startswith("//"):
        raise RefusedError(f"{path!r} is not a plain absolute path")


def _check_places(moves: Sequence[Move], roots: Sequence[str], files: Tree, kinds: Container[str]) -> None:
    gone: set[str] = set()
    ends = ends_of(moves)
    for root in sorted({root for path in ends if (root := root_of(path, roots)) is not None}):
        if files.kind(root) not in {DIRECTORY, ""}:
            raise RefusedError(f"{root} is a symbolic link or a file, not a directory; {_UNTOUCHED}")
    for move in moves:
        _check_parents(move.source, roots, files, set())
        _check_parents(move.target, roots, files, gone)
        if files.kind(move.source) not in kinds:
            raise RefusedError(f"{move.source} is missing, or is not a file; {_UNTOUCHED}")
        if not _free(move.target, files, gone, ends):
            raise RefusedError(
                f"{move.target} is in the way: no package of the plan owns this file; {_UNTOUCHED}",
                hint="move the file away, then `cortex snapshot restore --resume`",
            )
        gone.add(move.source)


def _check_parents(path: str, roots: Sequence[str], files: Tree, gone: set[str]) -> None:
    """Checks that every directory down to `path` is one, and no link to elsewhere, or is yet to be made."""
    for parent in reversed(list(parents_of(path, roots))):
        if parent in gone:
            return
        if files.kind(parent) not in {DIRECTORY, ""}:
            raise RefusedError(f"{parent} is not a directory, but {path} must be inside; {_UNTOUCHED}")


def _free(path: str, files: Tree, gone: set[str], ends: Container[str]) -> bool:
    """Returns whether nothing is at `path` any more once everything in `gone` is."""
    if path in gone:
        return True
    kind = kind_in(path, ends, files)
    inside = files.names(path) if kind == DIRECTORY else ()
    return not kind or (kind == DIRECTORY and all(_free(f"{path}/{name}", files, gone, ends) for name in inside))
