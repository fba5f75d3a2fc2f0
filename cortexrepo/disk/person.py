"""Becoming another user for good: in a process of its own, which then has this user's rights and no others."""

from __future__ import annotations

import os
import pwd
import resource
import signal
from contextlib import suppress
from typing import NamedTuple

_NOGROUP = 65534
"""The group of a user without an account: the number of the user may be the number of a group with rights."""
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_FILES = 1 << 20
"""No descriptor of a process is larger."""
_MEMORY = 2 << 30
"""A process that reads as another user has at most so many bytes; a smaller value would be below a forked parent's."""


class Person(NamedTuple):
    """A user: the number, the group, the other groups, and the name, which is the number where there is no account."""

    user: int
    group: int
    groups: tuple[int, ...]
    name: str


def person(user: int) -> Person:
    """Returns the user with this number, as the system's account database has it."""
    try:
        found = pwd.getpwuid(user)
    except KeyError:
        return Person(user, _NOGROUP, (), str(user))
    return Person(user, found.pw_gid, tuple(os.getgrouplist(found.pw_name, found.pw_gid)), found.pw_name)


def become(who: Person) -> None:
    """Gives up every right of this process except those of `who`; for a process that was forked for it.

    Afterwards the process ends when its parent ends, has no terminal, gains no right from any program, and neither its
    memory nor its descriptors can be looked at by this user.
    """
    os.setsid()
    os.setgroups(who.groups)
    os.setresgid(who.group, who.group, who.group)
    os.setresuid(who.user, who.user, who.user)
    os.umask(0o077)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    _set(_PR_SET_DUMPABLE, 0)
    _set(_PR_SET_NO_NEW_PRIVS, 1)
    _set(_PR_SET_PDEATHSIG, signal.SIGKILL)


def detach(kept: int) -> None:
    """Closes every file of this process except `kept`, and has its standard streams lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.closerange(3, kept)
    os.closerange(kept + 1, _FILES)


def _set(what: int, value: int) -> None:
    import ctypes  # dear, and only such a process needs it

    ctypes.CDLL(None).prctl(what, value, 0, 0, 0)
