"""The journal of a restore: what was begun, so that a process that was killed can be followed by one that ends it.

A directory that belongs to the user who restores. `journal.json` is replaced at one instant and is on disk before what
it announces begins; where it is not there nothing is under way. Each part has a directory of its own beside it.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from shlex import quote
from typing import TYPE_CHECKING, Any

from cortexrepo.disk.claim import claimed
from cortexrepo.disk.removal import remove_tree
from cortexrepo.disk.replacing import replace
from cortexrepo.ecosystems.contract.restoring import WAYS
from cortexrepo.errors import CorruptError, LockTimeoutError, OwnerError, RefusedError, StoreError
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.named import NamedTuple
from cortexrepo.restore.plan import planfile
from cortexrepo.restore.run.entry import Entry, decoded, document
from cortexrepo.restore.run.location import JOURNAL
from cortexrepo.rights.ways import others

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from cortexrepo.disk.filesystem import FileSystem

_LIMIT = 256 << 20
_LAST = 64 << 10
_FOREIGN = stat.S_IWGRP | stat.S_IWOTH
_PASS = stat.S_IXGRP | stat.S_IXOTH


class Last(NamedTuple):
    """The restore that was ended last: the snapshot from before it, and its repository's id and directory."""

    safety: SnapshotId
    repository: str
    location: str


class Journal:
    """The journal in one directory; methods raise StoreError where the disk fails them."""

    def __init__(self, directory: str, files: FileSystem) -> None:
        """Takes an absolute path, and the file system that it is in; nothing is made yet."""
        self.directory = directory
        self._files = files
        self._path = f"{directory}/{JOURNAL}"

    @property
    def log(self) -> str:
        """Where what the package managers write is kept."""
        return f"{self.directory}/log"

    def make(self) -> None:
        """Makes the directory.

        Raises OwnerError where it belongs to somebody else, or others may write to it.
        """
        try:
            _make(self.directory)
            found = os.lstat(self.directory)
            theirs = others(self.directory) if os.geteuid() == 0 else {}
        except OSError as error:
            raise _failed("make", self.directory, error) from error
        if theirs:
            raise OwnerError(
                f"{self.directory} cannot hold root's journal: other users can change {next(iter(theirs.values()))}",
                hint=f"give the directory to root: `chown root: {next(iter(theirs.values()))}`, "
                f"`chmod go-w {next(iter(theirs.values()))}`",
            )
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise OwnerError(
                f"{self.directory} must be a directory that only you can write to: the journal is kept in this place",
                hint=f"move the path away: `mv {self.directory} {self.directory}.old`",
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Yields once, while no other process restores with this journal; LockTimeoutError where one does.

        Afterwards nothing is left of what was only planned: it may be much, and the next plan starts anew.
        """
        with ExitStack() as held:
            try:
                held.enter_context(claimed(f"{self.directory}/lock"))
            except BlockingIOError:
                raise LockTimeoutError(
                    "another restore is running",
                    hint="wait until the other restore has ended, then run the same command again",
                ) from None
            except OSError as error:
                raise _failed("lock", self.directory, error) from error
            try:
                yield
            finally:
                if not os.path.lexists(self._path):
                    self._sweep()

    def read(self) -> Entry | None:
        """Returns the restore that is under way, or None.

        Raises CorruptError for a journal that makes no sense, OwnerError for one that somebody else could have written.
        """
        text = self._own(self._path, _LIMIT)
        if text is None:
            return None
        try:
            return decoded(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CorruptError(
                f"{self._path} is damaged: {planfile.fault(error)}",
                hint=f"check the packages: `cortex snapshot status`; then remove the file: `rm {self._path}`",
            ) from error

    def _own(self, path: str, limit: int) -> bytes | None:
        """Returns what a file holds, or None where there is none; OwnerError where another user could have written it.

        It may be left from a time when the directory was open to others.
        """
        try:
            about = self._files.info(path)
            if about is None:
                return None
            if about.owner != os.geteuid() or about.mode & _FOREIGN:
                raise OwnerError(
                    f"{path} is not believed: another user could have written the file",
                    hint=f"check the packages: `cortex snapshot status`; then remove the file: `rm {quote(path)}`",
                )
            return self._files.read(path, limit)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed("read", path, error) from error

    def clear(self) -> None:
        """Removes what planning left behind; RefusedError where a restore was interrupted, for that is needed still."""
        if self.read() is not None:
            raise RefusedError("a restore was interrupted, and is not finished", hint=WAYS)
        self._sweep()

    @contextmanager
    def only_planned(self) -> Iterator[None]:
        """Yields once, and removes afterwards what was made meanwhile: the parts of what is under way stay."""
        before = set(self._files.names(self.directory))
        try:
            yield
        finally:
            self._sweep(before)

    def _sweep(self, kept: Container[str] = ()) -> None:
        try:
            for name in self._files.names(self.directory):
                if name.startswith("part-") and name not in kept:
                    remove_tree(f"{self.directory}/{name}")
        except OSError as error:
            raise _failed("clear", self.directory, error) from error

    def write(self, entry: Entry) -> None:
        """Replaces what is under way, durably."""
        self._replace(JOURNAL, document(entry))

    def _replace(self, name: str, value: dict[str, Any]) -> None:
        path = f"{self.directory}/{name}"
        try:
            replace(path, self._files, lambda new: self._files.write_new(new, json.dumps(value).encode()))
        except OSError as error:
            raise _failed("write", path, error) from error

    def staging(self, name: str, owner: int | None = None) -> str:
        """Returns a part's directory, which is there when it returns, mode 0700.

        It is the owner's, if one is given, who can reach it then: what leads to it can be passed through, not read.

        Raises RefusedError where it is another user's: nothing that one user has put there serves the work of another.
        """
        path = f"{self.directory}/{name}"
        whose = os.geteuid() if owner is None else owner
        try:
            with suppress(FileExistsError):
                os.mkdir(path, 0o700)
                if whose != os.geteuid():
                    os.chown(path, whose, -1, follow_symlinks=False)
            found = os.lstat(path)
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != whose:
                raise RefusedError(
                    f"{path} belongs to the user {found.st_uid}, and not to {whose}, who owns the environment now",
                    hint="give the environment back to this user with `chown`, then `cortex snapshot restore --resume`",
                )
            if owner is not None:
                # The one above is this tool's too; a repository that was made before closed it.
                for directory in (os.path.dirname(self.directory), self.directory):
                    _let_pass(directory)
        except OSError as error:
            raise _failed("make", path, error) from error
        return path

    def end(self, safety: SnapshotId | None, repository: str, location: str) -> None:
        """Says that nothing is under way any more, and removes what the parts left; `undo` finds `safety`.

        Args:
            safety: The snapshot from before the restore.
            repository: The id of the repository that it is in.
            location: The directory of this repository.
        """
        if safety is not None:
            self._replace("last.json", {"safety": safety, "repository": repository, "location": location})
        try:
            with suppress(FileNotFoundError):
                self._files.unlink(self._path)
            self._files.sync_directory(self.directory)
        except OSError as error:
            raise _failed("remove", self._path, error) from error
        self._sweep()

    def last(self) -> Last | None:
        """Returns the snapshot before the last restore and its repository, or None; OwnerError is that of `read`."""
        text = self._own(f"{self.directory}/last.json", _LAST)
        try:
            value = json.loads(text or b"")
            found = Last(SnapshotId(value["safety"]), str(value["repository"]), str(value.get("location", "")))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        return found if is_hex(str(found.safety), 32) else None


def _make(path: str) -> None:
    """Makes a directory and those above it, mode 0700 whatever the umask is."""
    missing = []
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    for one in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(one, 0o700)


def _let_pass(directory: str) -> None:
    mode = stat.S_IMODE(os.stat(directory).st_mode)
    if mode & _PASS != _PASS:
        os.chmod(directory, mode | _PASS)


def _failed(what: str, path: str, error: OSError) -> StoreError:
    return StoreError(f"cannot {what} {error.filename or path}: {error.strerror or error}")
