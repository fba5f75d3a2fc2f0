"""Becoming another user for good, without anything that root had, and within limits. For processes that only read."""

from __future__ import annotations

import os
import resource
import signal
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.machine.accounts import groups_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MEMORY = 128 << 20
"""So much more memory than its parent had a process may take, in bytes."""
PROCESSOR = 10
"""Seconds; a process ends by itself long before (`cortexrepo.machine.budget`)."""
_FILES = 256
_DEATH, _DUMPABLE, _PRIVILEGES = 1, 4, 38
"""PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS of prctl(2)."""


class Identity(NamedTuple):
    """A user to become: the id, the group, and the account whose groups count; no name: in no other group."""

    user: int
    group: int
    name: str = ""


def become(identity: Identity | None, kept: Sequence[int], parent: int, processor: int = PROCESSOR) -> None:
    """Makes this process, which was just forked, one of that user for good; raises OSError where it may not.

    It leaves the terminal and its session, closes all descriptors but those in `kept`, takes limits on memory,
    processor time, files and processes, can gain no rights by any program, is not to be traced, and dies with its
    parent.

    Args:
        identity: The user; None to stay who it is.
        kept: The descriptors that stay open.
        parent: The process that forked.
        processor: So many seconds of processor time it may take.
    """
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    _close_others(kept)
    _limit(processor)
    if identity is not None:
        # Asked here: a directory service may never answer, and this process has a deadline.
        os.setgroups(groups_of(identity.name, identity.group) if identity.name else [])
        os.setresgid(identity.group, identity.group, identity.group)
        os.setresuid(identity.user, identity.user, identity.user)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    # Only now: a change of user takes the first of these back.
    for option, value in ((_DEATH, signal.SIGKILL), (_PRIVILEGES, 1), (_DUMPABLE, 0)):
        _control(option, value)
    if os.getppid() != parent:
        os._exit(1)


def prepare() -> None:
    """Loads what `become` needs: afterwards the files of Python may be closed to this user."""
    from cortexrepo.machine import library

    assert library.LIBRARY.prctl is not None


def _close_others(kept: Sequence[int]) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    start = 3
    for descriptor in sorted(one for one in kept if one >= start):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, 1 << 20)


def _limit(processor: int) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, _size() + MEMORY),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))


def _size() -> int:
    """Returns how much memory this process has mapped, in bytes; a generous guess where /proc does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 1 << 30


def _control(option: int, value: int) -> None:
    import ctypes

    from cortexrepo.machine.library import LIBRARY

    if LIBRARY.prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
