"""Restores of the machine that this process runs on: everything that is not pure, put together."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cortexrepo.clock import now_ms
from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.ecosystems.contract.restoring import Room
from cortexrepo.formats.text.escape import escape
from cortexrepo.machine.births import since
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.machine.whose.domains import own_home
from cortexrepo.recording.inspecting import inspect
from cortexrepo.recording.keeping import keep
from cortexrepo.recording.makers import opened
from cortexrepo.restore.run.crew import Crew
from cortexrepo.restore.run.holder import theirs
from cortexrepo.restore.run.journal import Journal
from cortexrepo.restore.run.location import directory
from cortexrepo.restore.run.restoration import Restoration
from cortexrepo.restore.run.safekeeping import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.model.inventory import Inventory, Reading
    from cortexrepo.recording.keeping import Keeping, Taker
    from cortexrepo.repository.repository import Repository
    from cortexrepo.restore.run.restoration import Look

    Told = Callable[[str], None]


KEPT = "part-kept"
"""The directory in the journal where files of what goes are made."""
LOG = 16 << 20
"""A log has at most so many bytes and a line, and there are two."""
_ENDING = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)


def journal_here() -> Journal:
    """Returns this user's journal: root's is the system's."""
    return Journal(directory(), RealFileSystem())


def restoration_here(  # noqa: PLR0913 -- what only the command line has
    repository: Repository,
    journal: Journal,
    user: str,
    *,
    source: Repository | None = None,
    look: Look | None = None,
    stage: Told = lambda _line: None,
    told: Told = lambda _line: None,
    pressed: Callable[[int], None] = lambda _count: None,
) -> Restoration:
    """Returns restores of this machine from a repository; whoever uses it holds `journal.alone`.

    Args:
        repository: Where the snapshots are, and those go that a restore makes.
        journal: Where what is under way is noted, and the log.
        user: Who restores.
        source: Where the snapshots are, if that is a repository that root only reads.
        look: Reads the machine for a plan, where there is a quicker way than to read everything.
        stage: Is told what begins now; it is in the log too.
        told: Is given every line of the package managers; they are in the log too.
        pressed: Is told how many times Ctrl-C was pressed while something is changed, which goes on to its end.
    """

    def logged(mark: str, tell: Told) -> Told:
        def both(line: str) -> None:
            _log(journal.log, f"{mark}{line}")
            tell(line)

        return both

    lender = None if source is None else source.lender
    crew = Crew(
        lambda home: LiveMachine(os.environ, home),
        own_home(),
        (source or repository).artifacts,
        journal.staging,
        logged("", told),
        only_for=None if lender is None else lender.user,
        restored=lambda: _restored(journal),
    )

    def kept(taker: Taker, readings: Sequence[Reading]) -> Keeping:
        with TemporaryDirectory(dir=journal.staging(KEPT), ignore_cleanup_errors=True) as staging:
            room = Room(LiveMachine(os.environ, own_home()), repository.artifacts, staging, lambda _: None)
            with opened("/", room) as (place, makers):
                return keep(taker, readings, place, online=True, makers=makers)

    return Restoration(
        repository,
        journal,
        crew,
        _read,
        now_ms,
        source=source,
        look=look,
        user=user,
        stage=logged("-- ", stage),
        undisturbed=partial(undisturbed, pressed),
        since=since,
        theirs=theirs,
        inspect=inspect,
        safekeeping=Keeper(repository.artifacts, repository.artifacts, kept, crew.brought, logged("", told)),
        own=os.path.realpath(sys.prefix),
    )


def _restored(journal: Journal) -> str:
    entry = journal.read()
    return "" if entry is None else entry.plan.target[:12]


def _read(environments: Sequence[str]) -> Inventory:
    from cortexrepo.recording.collecting import collect

    return collect(known=environments)


def _log(path: str, line: str) -> None:
    """Adds a line to the log, as far as that is possible: no full disk stops a package manager in the middle.

    A log that is full becomes the one before, whose lines are gone then: what users' programs print fills no disk.
    """
    with suppress(OSError):
        if os.path.exists(path) and os.lstat(path).st_size > LOG:
            RealFileSystem().rename(path, f"{path}.1")
        _append(path, line)


def _append(path: str, line: str) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with open(descriptor, "a", encoding="utf-8", errors="backslashreplace") as file:
        # Programs of users wrote the line, and root's terminal shows the log.
        file.write(f"{moment} {escape(line)}\n")


@contextmanager
def undisturbed(pressed: Callable[[int], None] = lambda _count: None) -> Iterator[None]:
    """Keeps Ctrl-C and the end of the terminal from stopping a change in the middle.

    `pressed` is called from within the handler, with how many times Ctrl-C was pressed.

    The signals are taken and dropped, and not ignored: what is ignored stays so in every program that is started, and a
    daemon that a package's script starts could not be ended for as long as it runs.
    """
    count = 0

    def drop(number: int, _frame: object) -> None:
        nonlocal count
        if number == signal.SIGINT:
            count += 1
            pressed(count)

    try:
        before = {one: signal.signal(one, drop) for one in _ENDING if signal.getsignal(one) is not signal.SIG_IGN}
    except ValueError:  # not the main thread, which alone is interrupted
        yield
        return
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
