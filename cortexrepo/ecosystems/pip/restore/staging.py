"""What a restore of one Python environment has on the disk while it runs: a journal, and files beside the site."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from typing import TYPE_CHECKING

from cortexrepo.disk.exchange import moves_file
from cortexrepo.disk.exchange.moving import carry_out, take_back
from cortexrepo.disk.realtree import OwnTree, RealTree
from cortexrepo.disk.removal import removed
from cortexrepo.disk.replacing import replace
from cortexrepo.ecosystems.contract.restoring import FINISH, WAYS
from cortexrepo.ecosystems.pip.installed.books import usual_folder
from cortexrepo.errors import RefusedError, RestoreError
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.disk.exchange.moves import Moves
    from cortexrepo.ecosystems.pip.environments.layout import Layout
    from cortexrepo.model.plan import Part

_PRIVATE = re.compile(r"\.cortex-restore-[0-9a-f]{16}\Z", re.ASCII)
_LIMIT = 1 << 16


class Staging(NamedTuple):
    """The directories of one part.

    Attributes:
        journal: On the disk of the restore's journal: the list of moves, and which part it is for.
        private: Beside the site directory and on its disk: what is to come in, and what was taken out.
        layout: The environment's.
    """

    journal: str
    private: str
    layout: Layout

    @property
    def coming(self) -> str:
        """What stands for `/` of what is to come in."""
        return f"{self.private}/new"

    @property
    def gone(self) -> str:
        """What stands for `/` of what was taken out."""
        return f"{self.private}/old"

    @property
    def roots(self) -> tuple[str, ...]:
        """The directories that may be changed: the environment's, and the one with links to its commands."""
        return (*self.layout.roots, *filter(None, (usual_folder(self.layout.prefix),)))

    def moves(self) -> Moves | None:
        """Returns the list of moves, or None where none was written: then nothing has been changed."""
        try:
            return moves_file.read(self.journal, {self.private}, self.roots, OwnTree())
        except OSError as error:
            raise _failure(error) from error

    def write(self, moves: Moves) -> None:
        """Writes the list; from now on the change is carried out or taken back, whatever happens."""
        try:
            moves_file.write(moves, self.journal, OwnTree())
        except OSError as error:
            raise _failure(error) from error

    def is_for(self, part: Part) -> bool:
        """Returns whether what was fetched into these directories, and is complete, is for this part."""
        return _read(f"{self.journal}/part") == digest(part)

    def confirm(self, part: Part) -> None:
        """Notes that everything for this part is there, durably."""
        os.sync()  # Thousands of small files at once: cheaper than one by one.
        _write(f"{self.journal}/part", digest(part))

    def carry_out(self, moves: Moves) -> None:
        """Does what is left to do of the moves; RestoreError."""
        carry_out(moves, RealTree())

    def take_back(self, moves: Moves) -> None:
        """Undoes what was done of the moves, and forgets them; RestoreError."""
        take_back(moves, RealTree())
        moves_file.remove(self.journal, OwnTree())

    def clear(self) -> None:
        """Makes an empty directory for what is to come in. Nothing must have been moved."""
        removed(self.private)
        if os.path.lexists(f"{self.journal}/part"):
            os.unlink(f"{self.journal}/part")
        moves_file.forget_unfinished(self.journal, OwnTree())
        os.mkdir(self.private, 0o700)
        os.mkdir(self.coming, 0o700)

    def discard(self) -> None:
        """Removes everything that can be reverted or gone on with, the list first."""
        try:
            moves_file.remove(self.journal, OwnTree())
            if not removed(self.private):
                raise RestoreError(f"{self.private}: a part of this directory cannot be removed", hint=FINISH)
            for name in ("part", "place"):
                if os.path.lexists(f"{self.journal}/{name}"):
                    os.unlink(f"{self.journal}/{name}")
        except OSError as error:
            raise _failure(error) from error


def begin(journal: str, layout: Layout) -> Staging:
    """Returns the directories of a part, whose names are noted before any of them is made."""
    found = resume(journal, layout)
    if found is not None:
        return found
    _write(f"{journal}/place", f"{layout.beside}/.cortex-restore-{secrets.token_hex(8)}")
    found = resume(journal, layout)
    assert found is not None
    return found


def resume(journal: str, layout: Layout) -> Staging | None:
    """Returns the directories that `begin` noted, or None; RestoreError: they are for another environment."""
    place = _read(f"{journal}/place")
    if not place:
        return None
    parent, _, name = place.rpartition("/")
    if parent != layout.beside or not _PRIVATE.match(name):
        raise RestoreError(f"the directory {journal} belongs to another environment than {layout.prefix}")
    return Staging(journal, place, layout)


def digest(part: Part) -> str:
    """Returns what tells the work of one part from that of another; where files come from does not count."""
    steps = [(step.kind, step.before, step.after) for step in part.steps]
    return hashlib.sha256(repr((part.environment, steps)).encode("utf-8", "surrogatepass")).hexdigest()


def check_is_for(staging: Staging, part: Part) -> None:
    """Raises RefusedError where the change that was begun is not this part's."""
    if not staging.is_for(part):
        raise RefusedError(f"{part.environment}: an earlier restore of this environment is not finished", hint=WAYS)


def _read(path: str) -> str:
    try:
        return OwnTree().read(path, _LIMIT).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _failure(error) from error


def _write(path: str, text: str) -> None:
    """Writes a small file, durably, complete or not at all."""
    files = OwnTree()
    try:
        replace(path, files, lambda new: files.write(new, text.encode("utf-8", "surrogateescape")))
    except OSError as error:
        raise _failure(error) from error


def _failure(error: OSError) -> RestoreError:
    return RestoreError(f"{error.filename or 'a file'}: {error.strerror}")
