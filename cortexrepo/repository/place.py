"""The place of a repository: making it, finding it, and refusing what is not one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.codec.records import LIMIT, Config, decode_config, encode_config
from cortexrepo.errors import CorruptError, ForeignRepositoryError, FormatVersionError, NoRepositoryError
from cortexrepo.repository.layout import CONFIG, SHAPE
from cortexrepo.store import registry

if TYPE_CHECKING:
    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.store.site import Site
    from cortexrepo.store.upkeep import Kept

_START = "`cortex snapshot create` makes one"


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
