"""Becoming another user for good, without anything that root had: in a process that was just forked."""

from __future__ import annotations

import errno
import gc
import os
import resource
import signal
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOGROUP = 65534
"""The group of a user without an account: the number of the user may be the number of a group with rights."""
_FILES = 256
"""So many files may a process that only reads have open."""
_OPEN = 1 << 20
"""No descriptor of a process is larger."""
_LINE = 256
"""The line of /proc that says how large a process is has fewer bytes."""
_UNUSUAL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGALRM)
"""What root's process may handle, and what is to end one that only reads."""


class Person(NamedTuple):
    """A user to become.

    Attributes:
        user: The id.
        group: The group.
        name: The account, whose other groups count; empty where there is none: then there is no other group.
        home: The home directory of the account.
        groups: All groups, where they are known already; None to ask the account database for those of `name`.
    """

    user: int
    group: int
    name: str = ""
    home: str = ""
    groups: tuple[int, ...] | None = None

    @property
    def title(self) -> str:
        """The name in messages: the number where there is no account."""
        return self.name or str(self.user)


class Manner(NamedTuple):
    """How a process lives that has become another user.

    Attributes:
        dies: The signal that it gets when its parent ends; 0 to go on then.
        usual: Signals that end it, whatever its parent does with them.
        limits: Its limits, as `setrlimit` takes them. Where there are some, it is a process that reads: it starts no
            process, and no signal is handled in it.
        mask: Its umask.
    """

    dies: int
    usual: tuple[int, ...] = ()
    limits: tuple[tuple[int, int], ...] = ()
    mask: int = 0o077


def reader(memory: int, seconds: int = 0) -> Manner:
    """Returns the manner of a process that only reads and answers; it is to be forked next.

    It may open few files, and write none. All that can be known before the fork is found out here: a process that was
    just forked copies each page of memory that it writes to.

    Args:
        memory: So much more memory than this process has it may take, in bytes.
        seconds: So much processor time it may take; 0 where there is no limit.
    """
    wanted = [(resource.RLIMIT_AS, _size() + memory), (resource.RLIMIT_NOFILE, _FILES), (resource.RLIMIT_FSIZE, 0)]
    if seconds:
        wanted.append((resource.RLIMIT_CPU, seconds))
    return Manner(signal.SIGKILL, _UNUSUAL, tuple((kind, _allowed(kind, value)) for kind, value in wanted))


def person(user: int) -> Person:
    """Returns the user with this number, as the system's account database has it."""
    import pwd

    try:
        found = pwd.getpwuid(user)
    except KeyError:
        return Person(user, _NOGROUP)
    return Person(user, found.pw_gid, found.pw_name, found.pw_dir)


def become(who: Person | None, manner: Manner, kept: Sequence[int], parent: int) -> None:
    """Makes this process, which was just forked, one of that user for good; raises OSError where it may not.

    It leaves the terminal and its session: whatever has one in common with root's shell can type into it (TIOCSTI). It
    closes all descriptors but those in `kept`, takes its limits, can gain no rights by any program, and neither its
    memory nor its descriptors can be looked at by the user.

    Args:
        who: The user; None to stay who it is.
        manner: How it lives.
        kept: The descriptors that stay open.
        parent: The process that forked.
    """
    # Loaded before the fork: its file may be closed to the user.
    from cortexrepo.library import die_with, end_by, renounce

    os.setsid()
    for number in manner.usual:
        if manner.limits:
            end_by(number)
        else:
            signal.signal(number, signal.SIG_DFL)
    _close_others(kept)
    _limit(manner)
    if who is not None:
        # Asked here: a directory service may never answer, and a process that reads has a deadline.
        os.setgroups(_groups(who))
        os.setresgid(who.group, who.group, who.group)
        os.setresuid(who.user, who.user, who.user)
        _require(who)
        if manner.limits:
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    os.umask(manner.mask)
    # Only now: a change of user takes both back.
    renounce()
    if manner.dies:
        die_with(parent, manner.dies)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _require(who: Person) -> None:
    """Raises PermissionError where this process is not that user: the kernel takes the id -1 for "as before"."""
    if (os.getresuid(), os.getresgid()) != ((who.user,) * 3, (who.group,) * 3):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def _groups(who: Person) -> Sequence[int]:
    """Returns all groups of an account; its own where they cannot be asked, none where it has no name."""
    if who.groups is not None or not who.name:
        return who.groups or ()
    try:
        return os.getgrouplist(who.name, who.group)
    except (OSError, ValueError, KeyError):
        return [who.group]


def _close_others(kept: Sequence[int]) -> None:
    gc.freeze()  # what root's process has open is closed here: no object of it may close a later descriptor
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    start = 3
    for descriptor in sorted(one for one in kept if one >= start):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, _OPEN)


def _limit(manner: Manner) -> None:
    for kind, value in ((resource.RLIMIT_CORE, 0), *manner.limits):
        resource.setrlimit(kind, (value, value))


def _allowed(kind: int, value: int) -> int:
    """Returns a limit, or this process's own where that is lower."""
    hard = resource.getrlimit(kind)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _size() -> int:
    """Returns how much memory this process has mapped, in bytes; a generous guess where /proc does not say."""
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(file, _LINE).split()[0]) * resource.getpagesize()
        finally:
            os.close(file)
    except (OSError, ValueError, IndexError):
        return 1 << 30
