"""Carrying out moves and taking them back. Both may be killed at any moment, and be called again, in either direction.

What has been done is told from the disk alone. Where a file is at one of the two names of a move, that says it. Where
one is at both, it was copied to another file system and not yet removed here; or the place is held by the other file
of a pair, the old one that goes away and the new one that comes in, and where that one is not says it. A file that is
to leave its place may be gone: nobody needs it in this direction. A file that is to come into its place may not.

A directory that is moved whole is one rename, whatever is in it: it is never copied to another file system.

A wave of moves is durable before the next one begins: no power cut keeps a new file in its place and loses the old one.
"""

from __future__ import annotations

import errno
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.disk.exchange.moves import MOVED, Move, ends_of, kind_in, parents_of, root_of, waves
from cortexrepo.disk.tree import DIRECTORY, failure
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.disk.exchange.moves import Moves
    from cortexrepo.disk.tree import Tree

UNFINISHED = ".cortex-restore-unfinished"
"""What a file is called while it is copied from another file system, beside the name that it will have."""


def carry_out(moves: Moves, files: Tree) -> None:
    """Does what of the moves is not done yet: every file is at its target, durably, and no emptied directory is left.

    Raises:
        RestoreError: It is not all done: the disk failed, a file is lost, or somebody put another one in the way. It
            can be called again, or taken back.
    """
    try:
        _Way(moves, files).forth()
    except OSError as error:
        raise failure(error) from error


def take_back(moves: Moves, files: Tree) -> None:
    """Undoes what of the moves is done; then every file is at its source, durably, and every directory as it was.

    Raises:
        RestoreError: As `carry_out`.
    """
    try:
        _Way(moves, files).back()
    except OSError as error:
        raise failure(error) from error


class _Way:
    """One run through the moves, in one direction."""

    def __init__(self, moves: Moves, files: Tree) -> None:
        self._moves = moves
        self._roots = (moves.private, *moves.roots)
        self._waves = waves(moves)
        self._known = {directory.path: directory.details for directory in moves.directories}
        self._comer = {move.target: move for move in moves.moves}
        self._leaver = {move.source: move for move in moves.moves}
        self._ends = ends_of(moves.moves)
        self._files = files

    def forth(self) -> None:
        self._clear()
        for number, wave in enumerate(self._waves):
            for move in wave:
                if not self._is_done(move):
                    self._move(move.source, move.target)
            later = (move for one in self._waves[number + 1 :] for move in one)
            self._tidy((move.source for move in wave), (path for move in later for path in self._parents(move.target)))
            self._settle(wave)

    def back(self) -> None:
        self._clear()
        for wave in reversed(self._waves):
            for move in reversed(wave):
                if not self._is_undone(move):
                    self._move(move.target, move.source)
            self._tidy((move.target for move in wave), self._known)
            self._restore_directories(wave)
            self._settle(wave)

    def _is_done(self, move: Move) -> bool:
        """Returns whether the file is at its target; removes what copying left at its source."""
        source, target = self._found(move, is_leaving=self._moves.is_away(move))
        if not (source and target):
            return not source
        comer = self._comer.get(move.source)
        if comer is not None and not self._there(comer.source):
            return True  # What has the old place is the new file.
        if self._files.same(move.source, move.target):
            self._files.unlink(move.source)
        elif not self._moves.is_away(move):
            raise RestoreError(
                f"another program created {move.target} during the restore",
                hint="move the file away, then `cortex snapshot restore --resume`",
            )
        return True  # Else what is at the source is the new file, copied, or nothing of ours.

    def _is_undone(self, move: Move) -> bool:
        """Returns whether the file is at its source; removes what copying left at its target."""
        source, target = self._found(move, is_leaving=not self._moves.is_away(move))
        if not (source and target):
            return not target
        leaver = self._leaver.get(move.target)
        if leaver is not None and not self._there(leaver.target):
            return True  # What has the place is the old file.
        if self._files.same(move.source, move.target):
            self._files.unlink(move.target)
        elif self._moves.is_away(move):
            raise RestoreError(
                f"another program created {move.source} during the restore",
                hint="move the file away, then `cortex snapshot restore --abort`",
            )
        return True  # Else what is at the target is the old file, copied, or nothing of ours.

    def _found(self, move: Move, *, is_leaving: bool) -> tuple[bool, bool]:
        """Returns whether there is a file at each name of a move; RestoreError: one that comes is at neither."""
        source, target = self._there(move.source), self._there(move.target)
        if not (source or target or is_leaving):
            raise RestoreError(f"a file is missing: neither {move.source} nor {move.target} exists")
        return source, target

    def _there(self, path: str) -> bool:
        return bool(self._kind(path))

    def _kind(self, path: str) -> str:
        return kind_in(path, self._ends, self._files)

    def _parents(self, path: str) -> Iterator[str]:
        return parents_of(path, self._roots)

    def _move(self, source: str, target: str) -> None:
        self._make_parents(target)
        try:
            self._files.rename(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV or self._kind(source) not in MOVED:
                raise
            self._copy(source, target)

    def _copy(self, source: str, target: str) -> None:
        """Moves a file to another file system: complete and durable there before it is gone here."""
        parent = posixpath.dirname(target)
        unfinished = f"{parent}/{UNFINISHED}"
        self._files.copy(source, unfinished)
        self._files.rename(unfinished, target)
        self._files.sync_directory(parent)
        self._files.unlink(source)

    def _make_parents(self, path: str) -> None:
        self._make_root(root_of(path, self._roots) or "/")
        missing = [parent for parent in self._parents(path) if not self._kind(parent)]
        for parent in reversed(missing):
            self._files.make_directory(parent)

    def _make_root(self, path: str) -> None:
        """Makes a root, durably, where it is the first time that something comes into it."""
        if not self._kind(path):
            self._make_root(posixpath.dirname(path))
            self._files.make_directory(path)
            self._files.sync_directory(posixpath.dirname(path))

    def _tidy(self, paths: Iterable[str], kept: Iterable[str]) -> None:
        """Removes the directories that `paths` are in, where nothing is in them any more, the innermost first."""
        never = {*kept, *self._roots, *(parent for root in self._roots for parent in _ancestors(root))}
        emptied = {parent for path in paths for parent in self._parents(path)} - never
        for path in sorted(emptied, key=len, reverse=True):
            if self._kind(path) == DIRECTORY and not self._files.names(path):
                self._files.remove_directory(path)

    def _restore_directories(self, wave: Sequence[Move]) -> None:
        """Gives directories that were made again the mode and owners that they had."""
        for path in {parent for move in wave for parent in self._parents(move.source)} & self._known.keys():
            if self._kind(path) == DIRECTORY and self._files.details(path) != self._known[path]:
                self._files.set_details(path, self._known[path])

    def _settle(self, wave: Sequence[Move]) -> None:
        """Makes the wave durable, also what a killed run has done of it."""
        touched = {parent for move in wave for path in move for parent in self._parents(path)}
        for path in sorted(touched.union(self._roots)):
            if self._kind(path) == DIRECTORY:
                self._files.sync_directory(path)

    def _clear(self) -> None:
        """Removes what copying left when it was killed."""
        for parent in sorted({posixpath.dirname(path) for wave in self._waves for move in wave for path in move}):
            if self._kind(f"{parent}/{UNFINISHED}"):
                self._files.unlink(f"{parent}/{UNFINISHED}")


def _ancestors(path: str) -> list[str]:
    found = []
    while path != "/":
        path = posixpath.dirname(path)
        found.append(path)
    return found
