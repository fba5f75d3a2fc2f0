"""What the operating system says, as an error of the store."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from cortexrepo.errors import DurabilityError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_LINK = frozenset({errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES})
"""What linking says where there are no links, or not to this file."""

_OWNER = "check who owns the repository: `ls -ld {location}`; or choose another repository: `--repo DIR`"
_SPACE = "make room: `df {location}` shows the free space; nothing that was stored before is affected"
_HINTS = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EROFS: "the file system is read-only: choose another repository with `--repo DIR`",
    errno.EACCES: _OWNER,
    errno.EPERM: _OWNER,
}


def store_error(location: str, verb: str, key: str, error: OSError) -> StoreError:
    """Returns the error that says what could not be done where, why, and the way out."""
    return StoreError(
        f"{location}: cannot {verb} {key}: {error.strerror or error}",
        hint=_HINTS.get(error.errno or 0, "").format(location=location),
    )


def is_full(error: StoreError) -> bool:
    """Returns whether an error of the store says that something was not done for want of room."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in FULL and not isinstance(error, DurabilityError)


@contextlib.contextmanager
def confirming(location: str, key: str) -> Iterator[None]:
    """Raises a `DurabilityError` for every `OSError` inside: the key is there, but it may not outlast a power cut."""
    try:
        yield
    except OSError as error:
        raise DurabilityError(
            f"{location}/{key}: the change was made, but the disk did not confirm the change ({error.strerror})",
            hint="a power cut may undo this change; check the disk: `dmesg`",
        ) from error


@contextlib.contextmanager
def failing(location: str, verb: str, key: str) -> Iterator[None]:
    """Raises a `StoreError` for every `OSError` inside."""
    try:
        yield
    except OSError as error:
        raise store_error(location, verb, key, error) from error
