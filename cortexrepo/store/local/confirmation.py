"""Confirmation: a name that is there, or is gone, outlasts a power cut from here on.

The order of the steps is the guarantee (docs/protocol.md); no step may be moved without checking the model again.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.store.local.directories import BESIDE, DROPPED, RENEWED

if TYPE_CHECKING:
    from cortexrepo.disk.filesystem import FileSystem


def confirm(files: FileSystem, location: str, key: str) -> None:
    """Makes a key of the repository at `location` durable, or that it is gone, whoever did that; raises OSError."""
    directory = key.rpartition("/")[0]
    if directory == RENEWED:
        _confirm_ref(files, location, key.rpartition("/")[2])
    elif directory in DROPPED:
        # Where it is gone, it was empty when a collector removed it.
        with contextlib.suppress(FileNotFoundError):
            files.sync_directory(f"{location}/{directory}")
        # Whoever made it may not have come so far.
        files.sync_directory(location)
    else:
        files.sync_directory(f"{location}/{directory}")


def _confirm_ref(files: FileSystem, location: str, name: str) -> None:
    """Makes a name in `refs/` durable, also while a collector puts another directory in its place.

    The look must come after the name is there: a collector that begins later finds the name.
    """
    here, beside = f"{location}/{RENEWED}", f"{location}/{BESIDE}"
    found = files.info(beside)
    if found is None or found.kind != "directory":
        files.sync_directory(here)
        return
    # The two may change places between any two calls. So the name comes into both, and both are synced.
    for source, target in ((here, beside), (beside, here)):
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            files.link(f"{source}/{name}", f"{target}/{name}")
    for directory in (beside, here, beside):
        # It is gone once every name in it is in the other one, durably.
        with contextlib.suppress(FileNotFoundError):
            files.sync_directory(directory)
