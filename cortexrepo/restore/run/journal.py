"""The journal of a restore: what was begun, so that a process that was killed can be followed by one that ends it.

A directory that belongs to the user who restores. `journal.json` is replaced at one instant and is on disk before what
it announces begins; where it is not there nothing is under way. Each part has a directory of its own beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from cortexrepo.disk.claim import claimed
from cortexrepo.disk.replacing import replace
from cortexrepo.ecosystems.contract.restoring import WAYS
from cortexrepo.errors import CorruptError, LockTimeoutError, OwnerError, RefusedError, StoreError
from cortexrepo.formats.json import plan as plan_json
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.restore.plan import planfile
from cortexrepo.restore.run.location import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.model.plan import Part, Plan

VERSION = 1
FETCHING = "fetching"
"""Nothing is changed yet."""
APPLYING = "applying"
"""Something may be changed."""
FINISHING = "finishing"
"""Everything is changed; the ways back of the parts are being removed, one after the other."""
PHASES = (FETCHING, APPLYING, FINISHING)
_LIMIT = 256 << 20
_LAST = 64 << 10
_PASS = stat.S_IXGRP | stat.S_IXOTH


class Begun(NamedTuple):
    """A part that was planned.

    Attributes:
        part: What was to be done.
        staging: The name of its directory in the journal.
        applied: Whether it was done to its end.
    """

    part: Part
    staging: str
    applied: bool = False


class Entry(NamedTuple):
    """A restore that is under way.

    Attributes:
        repository: Where the snapshot is: the repository's id and its directory.
        location: The directory.
        plan: What was decided.
        phase: One of `PHASES`.
        safety: The snapshot of how the machine was before, once there is one.
        parts: In the order in which they were begun; a resumed restore adds to them.
        home: The id of the repository that the safety snapshot is in; another one, where root restores from a user's.
        content: A digest over what the snapshot held when the restore began; empty where an older version began it.
    """

    repository: str
    location: str
    plan: Plan
    phase: str
    safety: SnapshotId | None
    parts: tuple[Begun, ...]
    home: str = ""
    content: str = ""

    @property
    def safety_is_in(self) -> str:
        """Returns the id of the repository with the safety snapshot."""
        return self.home or self.repository


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
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            found = os.lstat(self.directory)
        except OSError as error:
            raise _failed("make", self.directory, error) from error
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
        """Returns the restore that is under way, or None; CorruptError for a journal that makes no sense."""
        try:
            text = self._files.read(self._path, _LIMIT)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed("read", self._path, error) from error
        try:
            return _entry(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CorruptError(
                f"{self._path} is damaged: {planfile.fault(error)}",
                hint=f"check the packages: `cortex snapshot status`; then remove the file: `rm {self._path}`",
            ) from error

    def clear(self) -> None:
        """Removes what planning left behind; RefusedError where a restore was interrupted, for that is needed still."""
        if self.read() is not None:
            raise RefusedError("a restore was interrupted, and is not finished", hint=WAYS)
        self._sweep()

    def _sweep(self) -> None:
        try:
            for name in self._files.names(self.directory):
                if name.startswith("part-"):
                    shutil.rmtree(f"{self.directory}/{name}", ignore_errors=True)
        except OSError as error:
            raise _failed("clear", self.directory, error) from error

    def write(self, entry: Entry) -> None:
        """Replaces what is under way, durably."""
        self._replace(JOURNAL, _document(entry))

    def _replace(self, name: str, value: dict[str, Any]) -> None:
        path = f"{self.directory}/{name}"
        try:
            replace(path, self._files, lambda new: self._files.write_new(new, json.dumps(value).encode()))
        except OSError as error:
            raise _failed("write", path, error) from error

    def staging(self, name: str, owner: int | None = None) -> str:
        """Returns a part's directory, which is there when it returns, mode 0700.

        It is the owner's, if one is given, who can reach it then: what leads to it can be passed through, not read.
        """
        path = f"{self.directory}/{name}"
        try:
            os.makedirs(path, mode=0o700, exist_ok=True)
            if owner is not None:
                os.chown(path, owner, -1, follow_symlinks=False)
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
        """Returns the snapshot before the last restore and its repository, or None."""
        try:
            value = json.loads(self._files.read(f"{self.directory}/last.json", _LAST))
            found = Last(SnapshotId(value["safety"]), str(value["repository"]), str(value.get("location", "")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        return found if is_hex(str(found.safety), 32) else None


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "version": VERSION,
        "repository": entry.repository,
        "location": entry.location,
        "home": entry.home,
        "content": entry.content,
        "plan": plan_json.fields(entry.plan),
        "phase": entry.phase,
        "safety": entry.safety,
        "parts": [
            {"part": plan_json.part(one.part), "staging": one.staging, "applied": one.applied} for one in entry.parts
        ],
    }


def _entry(value: Any) -> Entry:
    if value["version"] != VERSION or value["phase"] not in PHASES:
        raise ValueError("the version or the phase is not known")
    safety = value["safety"]
    parts = tuple(
        Begun(planfile.part(one["part"]), _staging(one["staging"]), bool(one["applied"])) for one in value["parts"]
    )
    plan = planfile.plan(value["plan"])
    return Entry(
        str(value["repository"]), str(value["location"]), plan, value["phase"],
        None if safety is None else SnapshotId(str(safety)), parts,
        str(value.get("home", "")), str(value.get("content", "")),
    )  # fmt: skip


def _staging(name: str) -> str:
    if not name.startswith("part-") or not name.removeprefix("part-").isdigit():
        raise ValueError(f"{name!r} is not the name of a part")
    return name


def _let_pass(directory: str) -> None:
    mode = stat.S_IMODE(os.stat(directory).st_mode)
    if mode & _PASS != _PASS:
        os.chmod(directory, mode | _PASS)


def _failed(what: str, path: str, error: OSError) -> StoreError:
    return StoreError(f"cannot {what} {error.filename or path}: {error.strerror or error}")
