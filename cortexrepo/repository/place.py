"""The place of a repository: making it, finding it, and refusing what is not one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.codec.records import LIMIT, Config, decode_config, encode_config
from cortexrepo.errors import CorruptError, ForeignRepositoryError, FormatVersionError, NoRepositoryError, OwnerError
from cortexrepo.repository.layout import CONFIG, SHAPE
from cortexrepo.store import registry

if TYPE_CHECKING:
    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.rights.person import Person
    from cortexrepo.store.site import Site
    from cortexrepo.store.upkeep import Kept

_START = "`cortex snapshot create` makes one"


def opened(location: str, files: FileSystem | None, user: int, *, create: bool) -> tuple[Kept, Config, Person | None]:
    """Returns what `find` does, and whose the repository is where root may only read it.

    Args:
        location: As a person gave it.
        files: Another file system than the disk, for tests.
        user: Who asks.
        create: Make it where there is none, as `make` does.

    Raises as those do, and as `lender` and `borrow`.
    """
    if files is not None:
        path, who = location, None
    else:
        path, who = registry.real(location), lender(location) if user == 0 else None
    if who is not None:
        return (*borrow(path, who, create=create), who)
    try:
        return (*find(path, files, user), None)
    except NoRepositoryError:
        if not create:
            raise
    return (*make(path, files, user), None)


def find(location: str, files: FileSystem | None, user: int) -> tuple[Kept, Config]:
    """Returns the repository's store and configuration.

    Args:
        location: A directory's absolute path, or a location of another kind of store.
        files: Another file system than the disk, for tests.
        user: Who asks.

    Raises:
        NoRepositoryError: There is nothing, or a repository whose making was interrupted.
        ForeignRepositoryError: It is a file, or a directory with other things in it, or with links for directories.
        OwnerError: It belongs neither to `user` nor to root.
        FormatVersionError: A newer version made it.
        StoreError: It cannot be read.
    """
    return _found(registry.site(location, SHAPE, user, files))


def lender(location: str) -> Person | None:
    """Returns the user who could replace a directory, or what leads to it; None where only root could.

    Root asks it, with the path as it was given: a user's link is as good as the user's directory.

    Raises:
        OwnerError: Several users could.
    """
    from cortexrepo.rights.ways import SEVERAL, others

    if not registry.is_directory(location):
        return None
    found = others(os.path.abspath(location))
    if not found:
        return None
    if SEVERAL in found:
        raise OwnerError(
            f"the repository {location} cannot be used: several users can write to {found[SEVERAL]}",
            hint=f"`chmod go-w {found[SEVERAL]}`, or choose another directory: --repo DIR",
        )
    if len(found) > 1:
        raise OwnerError(
            f"the repository {location} cannot be used: {' and '.join(found.values())} belong to different users",
            hint="choose another directory: --repo DIR",
        )
    from cortexrepo.rights.person import person

    return person(next(iter(found)))


def borrow(location: str, who: Person, *, create: bool) -> tuple[Kept, Config]:
    """Returns what `find` does of a user's repository, for root to read; raises as that does.

    Where there is none and `create` says to make it, that is an OwnerError: root makes nothing in a user's directory.
    """
    from cortexrepo.disk.borrowed import BorrowedFileSystem
    from cortexrepo.repository.guard import borrowed, not_ours

    try:
        store, config = find(location, BorrowedFileSystem(who), who.user)
    except NoRepositoryError as error:
        refusal = not_ours(location, who.title)
        if create:
            raise refusal from error
        error.hint = ""
        raise
    return borrowed(store, who.title), config


def make(location: str, files: FileSystem | None, user: int) -> tuple[Kept, Config]:
    """Makes a repository where there is none, durable when it returns, and returns what `find` does.

    Any number of processes may do this at once: the configuration is published last and create-exclusive, so that all
    of them end with the same one. Raises as `find` does, except NoRepositoryError.
    """
    site = registry.site(location, SHAPE, user, files)
    site.prepare()
    if _config(site) is None:
        site.check_unused()
        site.furnish()
        site.publish(lambda way: encode_config(Config(os.urandom(16).hex(), way)))
    return _found(site)


def _found(site: Site) -> tuple[Kept, Config]:
    if not site.look():
        raise NoRepositoryError(f"no repository at {site.location}", hint=_START)
    config = _config(site)
    if config is None:
        site.check_unused()
        raise NoRepositoryError(
            f"no repository at {site.location}: the directory exists, and no repository is in it yet", hint=_START
        )
    site.check()
    store = site.store(config.publish)
    if config.to_write or config.to_collect:
        from cortexrepo.repository.guard import guarded  # no version before has made such a repository

        store = guarded(store, config)
    return store, config


def _config(site: Site) -> Config | None:
    data = site.configuration(LIMIT)
    if data is None:
        return None
    try:
        return decode_config(data)
    except FormatVersionError as error:
        raise FormatVersionError(f"{site.location}/{CONFIG}: {error}", hint=error.hint) from error
    except CorruptError as error:
        if data[:4] != b"\x89CXR":
            raise ForeignRepositoryError(
                f"{site.location} is not a repository, or its file {CONFIG} is damaged",
                hint=f"if {site.location} is a repository, copy {CONFIG} back from a backup, then run "
                "`cortex snapshot verify`; else choose a new or an empty directory: --repo DIR",
            ) from error
        raise CorruptError(
            f"{site.location}/{CONFIG}: {error}",
            hint="copy this file back from a backup of the repository, then run `cortex snapshot verify`",
        ) from error
