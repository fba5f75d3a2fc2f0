"""Finding environments anywhere, by a walk: each directory is walked through with the rights of whom it belongs to."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import RequestError
from cortexrepo.machine import children, mounts
from cortexrepo.machine.budget import Budget
from cortexrepo.machine.realm_files import RealmSystem
from cortexrepo.machine.scope import Scope
from cortexrepo.model.environment import named
from cortexrepo.recording.ground import person_of
from cortexrepo.recording.reading import line
from cortexrepo.recording.view import Alone
from cortexrepo.recording.walking import OF_KERNEL, Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.children import Say
    from cortexrepo.machine.mounts import Mount
    from cortexrepo.recording.ground import Ground
    from cortexrepo.recording.realms import Realms
    from cortexrepo.recording.view import View

SECONDS = 60.0
"""Processor time for the directories of one user."""
WAIT = 120.0
"""So long one user's process is waited for, in seconds."""
MOST = 2000
"""So many places are taken of all users together."""
_FOUND, _STOP = b"f", b"s"
_NETWORK = ("9p", "afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "lustre", "nfs", "smb")
_LONGEST = 4096


class Found(NamedTuple):
    """The names of the places that look like environments, and where the walk did not go on."""

    places: tuple[str, ...]
    stops: tuple[str, ...]


def find(view: View, start: str = "") -> Found:
    """Returns what a walk through a directory of this machine has found; without one, through all that is the caller's.

    Without a directory an ordinary user's home is walked through; for root the whole file system that `/` is on, and
    every home. No link is followed, and no other file system is gone into, except that of `start`.

    Raises:
        RequestError: `start` is no directory.
    """
    if start and not os.path.isdir(start):
        raise RequestError(f"{start!r} is not a directory", hint="give a directory: `--find DIR`")
    seen = mounts.here()
    walk = Walk(view.system, seen, time.monotonic)
    if isinstance(view, Alone):
        walk.go([os.path.realpath(start)] if start else _local(walk, view.homes(), seen))
        return _of(walk.found, walk.stops)
    realms: Realms = view  # type: ignore[assignment]
    own = realms.homes() if not start else ()
    walk.go([os.path.realpath(start)] if start else ["/", *_local(walk, realms.system.scope.homes, seen)])  # type: ignore[union-attr]
    found, stops = dict(walk.found), dict(walk.stops)
    users = dict.fromkeys((*walk.theirs, *(realms.users() if own else ())))
    for user in users:
        homes = () if start else _local(walk, realms.homes_of(user), seen)
        places, reasons = _asked(realms, user, (*homes, *walk.theirs.get(user, ())), seen)
        found |= dict.fromkeys(places)
        stops |= walk.stops | dict.fromkeys(reasons)
    return _of(found, stops)


def _of(found: dict[str, None], stops: dict[str, None]) -> Found:
    places = tuple(sorted(named(path) for path in found if len(path) <= _LONGEST))
    return Found(places[:MOST], tuple(line(stop) for stop in stops))


def _local(walk: Walk, homes: Sequence[str], seen: Sequence[Mount]) -> list[str]:
    """Returns the homes that are on disks of this machine; the others are stops."""
    found = []
    for home in homes:
        mount = mounts.on(home, seen)
        if mount is not None and mount.kind.startswith(_NETWORK):
            walk.stops[
                f"{home}: a network file system ({mount.kind}): `cortex snapshot environments --find {home}`"
            ] = None
        elif mount is None or mount.kind not in OF_KERNEL:
            found.append(home)
    return found


class _Work(NamedTuple):
    """What a user's process walks through."""

    ground: Ground
    user: int
    starts: tuple[str, ...]
    seen: tuple[Mount, ...]

    def do(self, say: Say) -> None:
        """Sends what is found, and where the walk did not go on."""
        budget = Budget(SECONDS)
        budget.begin()
        scope = Scope(is_wide=False, homes=self.starts, user=self.user)
        walk = Walk(RealmSystem(self.ground.root, budget, scope, live=self.ground.live), self.seen, time.monotonic)
        walk.go(self.starts)
        for mark, texts in ((_FOUND, walk.found), (_STOP, walk.stops)):
            for text in texts:
                say(mark + text.encode("utf-8", "surrogateescape"))


def _asked(realms: Realms, user: int, starts: tuple[str, ...], seen: tuple[Mount, ...]) -> tuple[list[str], list[str]]:
    """Returns what a process finds that has become a user: only places that are this user's own count."""
    if not starts:
        return [], []
    ground = realms.ground((user,))
    limits = children.Limits(clock=WAIT, answer=1 << 20, processor=int(SECONDS) + 10)
    work = _Work(ground, user, starts, seen)
    [answer] = children.ask([children.Job(person_of(ground, user, starts[0]), work.do, (ground.root,), limits)])
    texts = [(piece[:1], piece[1:].decode("utf-8", "surrogateescape")) for piece in answer.pieces]
    stops = [text for mark, text in texts if mark == _STOP]
    if answer.failure:
        stops.append(f"the directories of the user {user} were not walked through to the end: {answer.failure}")
    return [text for mark, text in texts if mark == _FOUND and _is_own(realms, user, text)], stops


def _is_own(realms: Realms, user: int, path: str) -> bool:
    if not path.startswith("/") or "\0" in path or os.path.normpath(path) != path:
        return False
    try:
        real, found, about = realms.plain.walk(path)
    except (OSError, ValueError):
        return False
    os.close(found)
    return real == path and about.st_uid == user
