"""The place of a repository: making it, finding it, and refusing what is not one."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from cortexrepo.codec.records import LIMIT, Config, decode_config, encode_config
from cortexrepo.errors import (
    CorruptError,
    ForeignRepositoryError,
    FormatVersionError,
    NoRepositoryError,
    OwnerError,
    StoreError,
)
from cortexrepo.repository.layout import CACHE, CONFIG, DAMAGED, DELETED, OBJECTS, PACKS, REFS, SEGMENTS, TAGS
from cortexrepo.store.local.directories import ARTIFACTS, BALLAST, COLLECTOR_LOCK, LOCK, PINS, QUARANTINE, TEMPORARY
from cortexrepo.store.local.store import LocalStore

if TYPE_CHECKING:
    from cortexrepo.disk.filesystem import FileSystem

DIRECTORIES = (DELETED, OBJECTS, PACKS, PINS, QUARANTINE, REFS, SEGMENTS, TAGS, TEMPORARY)
FILES = frozenset((BALLAST, COLLECTOR_LOCK, CONFIG, LOCK))
OURS = frozenset((*DIRECTORIES, *FILES, ARTIFACTS, CACHE, DAMAGED))
"""Every name that may be in a repository's directory."""
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EMLINK}
_START = "`cortex snapshot create` makes one"


def find(location: str, files: FileSystem, user: int) -> tuple[LocalStore, Config]:
    """Returns the repository's store and configuration.

    Raises:
        NoRepositoryError: There is nothing, or a repository whose making was interrupted.
        ForeignRepositoryError: It is a file, or a directory with other things in it, or with links for directories.
        OwnerError: It belongs neither to `user` nor to root.
        FormatVersionError: A newer version made it.
        StoreError: It cannot be read.
    """
    try:
        info = files.info(location)
        if info is None:
            raise NoRepositoryError(f"no repository at {location}", hint=_START)
        _check(location, info.kind, info.owner, user)
        config = _config(location, files)
        if config is None:
            _check_ours(location, files)
            raise NoRepositoryError(
                f"no repository at {location}: the directory is there, but nothing is in it yet", hint=_START
            )
        _check_directories(location, files)
    except OSError as error:
        raise _failed("read", location, error) from error
    return LocalStore(location, files, rename=config.publish == "rename"), config


def make(location: str, files: FileSystem, user: int) -> tuple[LocalStore, Config]:
    """Makes a repository where there is none, durable when it returns, and returns what `find` does.

    Any number of processes may do this at once: the configuration is published last and create-exclusive, so that all
    of them end with the same one. Raises as `find` does, but for NoRepositoryError.
    """
    try:
        _directory(location, files)
        info = files.info(location)
        _check(location, info.kind if info else "other", info.owner if info else user, user)
        if _config(location, files) is None:
            _check_ours(location, files)
            for name in DIRECTORIES:
                with contextlib.suppress(FileExistsError):
                    files.make_directory(f"{location}/{name}")
            for name in (LOCK, COLLECTOR_LOCK):
                # Now, when there is room: who wants to lock a full disk cannot make them any more.
                with contextlib.suppress(FileExistsError):
                    files.write_new(f"{location}/{name}", b"")
            _ballast(location, files)
            files.sync_directory(location)
            files.sync_directory(location.rpartition("/")[0] or "/")
            _publish(location, files)
    except OSError as error:
        raise _failed("make a repository at", location, error) from error
    return find(location, files, user)


def _directory(location: str, files: FileSystem) -> None:
    """Makes the directory and the missing ones above it."""
    missing = []
    path = location
    while path and files.info(path) is None:
        missing.append(path)
        path = path.rpartition("/")[0]
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            files.make_directory(path)
        files.sync_directory(path.rpartition("/")[0] or "/")


def _ballast(location: str, files: FileSystem) -> None:
    from cortexrepo.disk.failure import FULL
    from cortexrepo.store.local.ballast import Ballast  # once in a repository's life

    try:
        Ballast(location, files).make()
    except FileExistsError:
        return
    except OSError as error:
        # A disk that has no room for it may still have enough for a few snapshots.
        if error.errno not in FULL:
            raise


def _publish(location: str, files: FileSystem) -> None:
    """Publishes the configuration, by link where the file system has links, which is what it then says."""
    for method in ("link", "rename"):
        temporary = f"{location}/{TEMPORARY}/{os.urandom(16).hex()}"
        files.write_new(temporary, encode_config(Config(os.urandom(16).hex(), method)))
        claim = files.link if method == "link" else files.rename_new
        try:
            claim(temporary, f"{location}/{CONFIG}")
        except FileExistsError:
            # Another process was first, and may not have come to its own sync yet.
            files.sync_directory(location)
            return
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        else:
            files.sync_directory(location)
            return
        finally:
            with contextlib.suppress(OSError):
                files.unlink(temporary)
    raise StoreError(
        f"{location}: this file system can neither link files nor rename without replacing",
        hint="choose another place with --repo",
    )


def _check(location: str, kind: str, owner: int, user: int) -> None:
    if kind != "directory":
        raise ForeignRepositoryError(
            f"{location} is a file, not a repository" if kind == "file" else f"{location} is not a directory",
            hint="choose another place with --repo",
        )
    if owner not in {user, 0}:
        raise OwnerError(
            f"{location} belongs to another user (uid {owner})",
            hint="run as that user, or choose another place with --repo",
        )


def _check_directories(location: str, files: FileSystem) -> None:
    """Refuses a link in the place of a directory: a collector would clean up wherever it points to."""
    for name in DIRECTORIES:
        info = files.info(f"{location}/{name}")
        if info is not None and info.kind != "directory":
            raise ForeignRepositoryError(
                f"{location}/{name} is not a directory",
                hint="a repository's directories are never links; restore it from a copy",
            )


def _config(location: str, files: FileSystem) -> Config | None:
    try:
        data = files.read(f"{location}/{CONFIG}", LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in {errno.EISDIR, errno.EINVAL, errno.ELOOP, errno.EFBIG}:
            raise _foreign(location) from error
        raise
    try:
        return decode_config(data)
    except FormatVersionError as error:
        raise FormatVersionError(f"{location}/{CONFIG}: {error}", hint=error.hint) from error
    except CorruptError as error:
        if data[:4] != b"\x89CXR":
            raise _foreign(location) from error
        raise CorruptError(
            f"{location}/{CONFIG}: {error}",
            hint="restore this one file from a copy; the snapshots themselves are not touched",
        ) from error


def _check_ours(location: str, files: FileSystem) -> None:
    if not OURS.issuperset(files.names(location)):
        raise _foreign(location)


def _foreign(location: str) -> ForeignRepositoryError:
    return ForeignRepositoryError(
        f"{location} holds other things and is not a repository", hint="choose an empty or new directory with --repo"
    )


def _failed(verb: str, location: str, error: OSError) -> StoreError:
    return StoreError(
        f"cannot {verb} {location}: {error.strerror or error}",
        hint="choose another place with --repo, or check its permissions and free space",
    )
