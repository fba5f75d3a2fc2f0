"""The access list of a file (POSIX ACL): whom it lets write, besides the owner."""

from __future__ import annotations

import errno
import os
import struct

from cortexrepo.named import NamedTuple

_ATTRIBUTE = "system.posix_acl_access"
_VERSION = 2
_ENTRY = struct.Struct("<HHI")
_WRITE = 2
_OWNER, _USER, _GROUP_OBJECT, _GROUP, _MASK, _OTHERS = 1, 2, 4, 8, 16, 32
_NOBODY = 0xFFFFFFFF
"""The number in an entry that is about nobody by name."""
_ABSENT = (errno.ENODATA, errno.ENOTSUP, errno.ENOENT)


class AccessList(NamedTuple):
    """Whom an access list lets write: users and groups by their ids, and whether the file's own group is one."""

    users: tuple[int, ...]
    groups: tuple[int, ...]
    own_group: bool


def access_list(path: str, *, follow: bool = False) -> AccessList | None:
    """Returns the access list of a file or directory; None where it has none.

    Args:
        path: Where it is.
        follow: Whether a link there is followed, as that of an open descriptor in /proc is.

    Raises:
        OSError: It cannot be read.
        ValueError: It is none.
    """
    try:
        raw = os.getxattr(path, _ATTRIBUTE, follow_symlinks=follow)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
    return decode(raw)


def decode(raw: bytes) -> AccessList:
    """Returns what an access list says, the mask applied; raises ValueError for what is none."""
    if len(raw) % _ENTRY.size != 4 or int.from_bytes(raw[:4], "little") != _VERSION:  # noqa: PLR2004 -- the version
        raise ValueError("the access list cannot be read")
    entries = list(_ENTRY.iter_unpack(raw[4:]))
    mask = next((rights for tag, rights, _ in entries if tag == _MASK), _WRITE)
    may = [(tag, number) for tag, rights, number in entries if rights & mask & _WRITE]
    return AccessList(
        tuple(number for tag, number in may if tag == _USER),
        tuple(number for tag, number in may if tag == _GROUP),
        any(tag == _GROUP_OBJECT for tag, _ in may),
    )


def encode(owners: int, user: int, users: int) -> bytes:
    """Returns the access list that gives the owner these rights, one user those, and nobody else any."""
    entries = [(_OWNER, owners, _NOBODY), (_USER, users, user), (_GROUP_OBJECT, 0, _NOBODY)]
    entries += [(_MASK, users, _NOBODY), (_OTHERS, 0, _NOBODY)]
    return _VERSION.to_bytes(4, "little") + b"".join(_ENTRY.pack(*entry) for entry in entries)
