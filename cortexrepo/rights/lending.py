"""Lending a file of root's to one user: by an access list, and where the disk has none, as the user's own file."""

from __future__ import annotations

import errno
import os
import stat

from cortexrepo.rights.accesslist import encode

_READ, _PASS = 4, 1
_NO_LISTS = (errno.ENOTSUP, errno.ENOSYS, errno.EPERM, errno.EINVAL)


def lend_directory(path: str, user: int) -> None:
    """Lets one user pass through a directory of root's, and nobody list it.

    Where the disk has no access lists everybody can pass: then its name is to be one that nobody can guess.
    """
    os.chmod(path, 0o700)
    if not _listed(path, user, 7, _PASS):
        os.chmod(path, 0o711)  # noqa: S103 -- to be passed through, not listed


def lend_file(path: str, user: int) -> None:
    """Lets one user read a file of root's; where the disk has no access lists, it becomes this user's."""
    os.chmod(path, 0o600)
    if not _listed(path, user, 6, _READ):
        os.chown(path, user, -1, follow_symlinks=False)


def _listed(path: str, user: int, owners: int, users: int) -> bool:
    """Gives a file an access list with one user; returns whether the disk has taken it, and has it now."""
    raw = encode(owners, user, users)
    try:
        os.setxattr(path, "system.posix_acl_access", raw)
    except OSError as error:
        if error.errno in _NO_LISTS:
            return False
        raise
    return not stat.S_IMODE(os.stat(path).st_mode) & 0o007
