"""A directory as the place of a store: making it, finding it, and refusing what is not one."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import FULL
from cortexrepo.errors import CorruptError, ForeignRepositoryError, OwnerError, StoreError
from cortexrepo.store.keys import ARTIFACTS
from cortexrepo.store.local.directories import BALLAST, BESIDE, COLLECTOR_LOCK, LOCK, OWN, TEMPORARY
from cortexrepo.store.local.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cortexrepo.disk.filesystem import FileSystem, Info
    from cortexrepo.store.keys import Shape

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EMLINK}


class LocalSite:
    """One directory: see `Site`."""

    def __init__(self, location: str, files: FileSystem, shape: Shape, user: int) -> None:
        """Takes an absolute path, the file system it is on, the keys of a repository, and who asks."""
        self.location = location
        self._files = files
        self._shape = shape
        self._user = user
        self._directories = sorted((*shape.prefixes, *OWN))

    # -- finding

    def look(self) -> bool:
        """See `Site.look`."""
        with self._failing("read"):
            info = self._files.info(self.location)
        if info is not None:
            self._check(info)
        return info is not None

    def configuration(self, limit: int) -> bytes | None:
        """See `Site.configuration`."""
        with self._failing("read"):
            try:
                return self._files.read(self._path(self._shape.config), limit)
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno in {errno.EISDIR, errno.EINVAL, errno.ELOOP, errno.EFBIG}:
                    raise self._foreign() from error
                raise

    def check_unused(self) -> None:
        """See `Site.check_unused`."""
        ours = {
            *self._directories,
            BESIDE,
            BALLAST,
            COLLECTOR_LOCK,
            LOCK,
            ARTIFACTS,
            self._shape.config,
            *self._shape.later,
        }
        with self._failing("read"):
            names = self._files.names(self.location)
            if not ours.issuperset(names):
                raise self._foreign()
            used = [name for name in self._shape.prefixes if name in names and self._files.names(self._path(name))]
            # Nothing is stored before the configuration is there. Another process may have made it just now.
            is_lost = bool(used) and self._files.info(self._path(self._shape.config)) is None
        if is_lost:
            raise CorruptError(
                f"{self._path(self._shape.config)} is missing, and {used[0]}/ is not empty",
                hint="copy this file back from a backup of the repository, then run `cortex snapshot verify`",
            )

    def check(self) -> None:
        """Refuses a link in the place of a directory: a collector would clean up wherever it points to."""
        for name in (*self._directories, BESIDE):
            with self._failing("read"):
                info = self._files.info(self._path(name))
            if info is not None and info.kind != "directory":
                raise ForeignRepositoryError(
                    f"{self._path(name)} is not a directory",
                    hint="a directory of a repository cannot be a link; copy the directory back from a backup",
                )

    def _foreign(self) -> ForeignRepositoryError:
        return ForeignRepositoryError(
            f"{self.location} is not a repository: other files are in it",
            hint="choose a new or an empty directory: --repo DIR",
        )

    def _check(self, info: Info) -> None:
        if info.kind != "directory":
            what = "a file, not a repository" if info.kind == "file" else "not a directory"
            raise ForeignRepositoryError(f"{self.location} is {what}", hint="choose another directory: --repo DIR")
        if info.owner not in {self._user, 0}:
            raise OwnerError(
                f"{self.location} belongs to another user (uid {info.owner})",
                hint=f"run the command as user {info.owner}, or choose another directory: --repo DIR",
            )

    # -- making

    def prepare(self) -> None:
        """Makes the directory and the missing ones above it; see `Site.prepare`."""
        with self._failing(_MAKE):
            missing = []
            path = self.location
            while path and self._files.info(path) is None:
                missing.append(path)
                path = path.rpartition("/")[0]
            for path in reversed(missing):
                with contextlib.suppress(FileExistsError):
                    self._files.make_directory(path)
                self._files.sync_directory(path.rpartition("/")[0] or "/")
            info = self._files.info(self.location)
        if info is None:
            raise ForeignRepositoryError(
                f"{self.location} is not a directory", hint="choose another directory: --repo DIR"
            )
        self._check(info)

    def furnish(self) -> None:
        """See `Site.furnish`."""
        with self._failing(_MAKE):
            for name in self._directories:
                with contextlib.suppress(FileExistsError):
                    self._files.make_directory(self._path(name))
            for name in (LOCK, COLLECTOR_LOCK):
                # Now, when there is room: who wants to lock a full disk cannot make them any more.
                with contextlib.suppress(FileExistsError):
                    self._files.write_new(self._path(name), b"")
            self._make_ballast()
            self._files.sync_directory(self.location)
            self._files.sync_directory(self.location.rpartition("/")[0] or "/")

    def _make_ballast(self) -> None:
        from cortexrepo.store.local.ballast import Ballast  # once in a repository's life

        try:
            Ballast(self.location, self._files).make()
        except FileExistsError:
            return
        except OSError as error:
            # A disk that has no room for it may still have enough for a few snapshots.
            if error.errno not in FULL:
                raise

    def publish(self, encode: Callable[[str], bytes]) -> None:
        """See `Site.publish`: by link where the file system has links, which is what the configuration then says."""
        with self._failing(_MAKE):
            if any(self._published(way, encode(way)) for way in ("link", "rename")):
                return
        raise StoreError(
            f"{self.location}: the file system has no hard links and cannot refuse to overwrite a file",
            hint="choose another directory: --repo DIR",
        )

    def _published(self, way: str, data: bytes) -> bool:
        temporary = self._path(f"{TEMPORARY}/{os.urandom(16).hex()}")
        self._files.write_new(temporary, data)
        claim = self._files.link if way == "link" else self._files.rename_new
        try:
            claim(temporary, self._path(self._shape.config))
        except FileExistsError:
            # Another process was first, and may not have come to its own sync yet.
            self._files.sync_directory(self.location)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return False
        else:
            self._files.sync_directory(self.location)
        finally:
            with contextlib.suppress(OSError):
                self._files.unlink(temporary)
        return True

    def store(self, way: str) -> LocalStore:
        """See `Site.store`."""
        return LocalStore(self.location, self._files, rename=way == "rename")

    # -- steps

    def _path(self, name: str) -> str:
        return f"{self.location}/{name}"

    @contextlib.contextmanager
    def _failing(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"cannot {verb} {self.location}: {error.strerror or error}",
                hint="check the permissions and the free space of the directory and of the directory above it, "
                "or choose another directory: --repo DIR",
            ) from error


_MAKE = "make a repository at"
