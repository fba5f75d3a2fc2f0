"""Processes of other users that only read and answer: several at once, with a deadline and a limit on each answer."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple
from cortexrepo.rights import pieces
from cortexrepo.rights.child import fate, start_telling, waited
from cortexrepo.rights.person import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.rights.person import Person

    Say = Callable[[bytes], None]

AT_ONCE = 4
"""So many processes read at the same time."""
PATIENCE = 1.0
"""So long a process that is at its end is waited for, in seconds."""
STUCK = "it waits for a file system that does not answer, and cannot be ended before"
"""Why there is no more of a process that is there still."""
_END = b""
"""The piece behind the last one."""
_STEP = 1 << 16


class Limits(NamedTuple):
    """What one process may take.

    Attributes:
        clock: A process that has not ended after so many seconds is killed: a file system of its user may never answer.
        answer: An answer has so many bytes at most.
        memory: So much more memory than its parent had, in bytes.
        processor: So many seconds of processor time end it; one with a budget ends by itself long before.
    """

    clock: float = 30.0
    answer: int = 16 << 20
    memory: int = 128 << 20
    processor: int = 10


class Job(NamedTuple):
    """What one process is to do.

    Attributes:
        who: The user that it becomes; None to stay who it is.
        work: What it does; it is given a function that sends one piece of the answer.
        kept: Descriptors that it needs.
        limits: What it may take.
    """

    who: Person | None
    work: Callable[[Say], None]
    kept: tuple[int, ...] = ()
    limits: Limits = Limits()


class Answer(NamedTuple):
    """What a process answered.

    Attributes:
        pieces: The pieces that came whole.
        failure: Why there are no more; empty where these are all.
        processor: The processor time that it took, in seconds.
        clock: How long it took by the clock, in seconds.
    """

    pieces: list[bytes]
    failure: str
    processor: float = 0.0
    clock: float = 0.0


def ask(jobs: Sequence[Job], *, at_once: int = AT_ONCE) -> list[Answer]:
    """Returns the answer to each job, in their order. No process is left when it returns or raises."""
    found = dict(each(jobs, at_once=at_once))
    return [found[number] for number in range(len(jobs))]


def each(jobs: Iterable[Job], *, at_once: int = AT_ONCE) -> Iterator[tuple[int, Answer]]:
    """Yields the number of each job with its answer, in the order in which they end; no process is left afterwards.

    A job is taken from `jobs` when a process can be started for it, and not before: what it may take can depend on what
    others have left.

    Args:
        jobs: What to do.
        at_once: So many processes run at the same time.
    """
    waiting = enumerate(jobs)
    running: dict[int, _Child] = {}
    try:
        while True:
            while len(running) < at_once and (following := next(waiting, None)):
                number, job = following
                try:
                    child = _Child(number, job)
                except OSError as error:
                    yield number, Answer([], f"no process could be started: {error.strerror}")
                else:
                    running[child.pipe] = child
            if not running:
                return
            for child in _heard(running):
                del running[child.pipe]
                yield child.number, child.end()
    finally:
        for child in running.values():
            child.kill("it was interrupted")
            child.end()


def start(job: Job) -> tuple[int, int]:
    """Starts a process; returns its id and the pipe that its answer comes from. Raises OSError where it cannot.

    The caller closes the pipe and calls `ended`.
    """

    def work(writing: int) -> None:
        job.work(lambda piece: pieces.send(writing, piece))
        pieces.send(writing, _END)

    return start_telling(job.who, reader(job.limits.memory, job.limits.processor), work, job.kept)


def ended(process: int, *, is_whole: bool) -> tuple[str, float]:
    """Waits for a process that is at its end; returns why it ended early, or an empty string, and its processor time.

    Where it does not end it is killed, and left alone if that does not end it either: the kernel lets nobody end a
    process that waits for a file system of its user (FUSE) before that answers, or is gone.

    Args:
        process: Its id.
        is_whole: Whether the piece behind the last one came.
    """
    found = waited(process, PATIENCE)
    if found is None:
        os.kill(process, signal.SIGKILL)
        found = waited(process, PATIENCE)
    if found is None:
        return STUCK, 0.0
    status, processor = found
    how = fate(status) or ("" if is_whole else "ended with half an answer")
    return how and f"it {how}", processor


class _Child:
    """A process that runs: what it has said so far, and until when it may go on."""

    def __init__(self, number: int, job: Job) -> None:
        """Starts it; raises OSError where it cannot."""
        self.number = number
        self._began = time.monotonic()
        self.until = self._began + job.limits.clock
        self._left = job.limits.answer
        self._most = job.limits.answer
        self._pieces: list[bytes] = []
        self._said = bytearray()
        self._failure = ""
        self._process, self.pipe = start(job)

    def hear(self) -> bool:
        """Takes what was sent; returns whether that was all, or too much."""
        said = os.read(self.pipe, _STEP)
        self._said += said
        self._left -= len(said)
        if self._left < 0:
            self.kill(f"its answer has more than {self._most} bytes")
            return True
        self._pieces += pieces.take(self._said)
        return not said

    def kill(self, reason: str) -> None:
        self._failure = reason
        os.kill(self._process, signal.SIGKILL)

    def end(self) -> Answer:
        os.close(self.pipe)
        is_whole = not self._said and self._pieces[-1:] == [_END]
        how, processor = ended(self._process, is_whole=is_whole)
        found = [piece for piece in self._pieces if piece != _END]
        return Answer(found, how if how == STUCK else self._failure or how, processor, time.monotonic() - self._began)


def _heard(running: dict[int, _Child]) -> Iterator[_Child]:
    """Waits until something happens; yields the processes that have ended, or were ended."""
    now = time.monotonic()
    poll = select.poll()
    for pipe in running:
        poll.register(pipe, select.POLLIN)
    left = min(child.until for child in running.values()) - now
    ready = poll.poll(max(left, 0) * 1000)
    ended = [running[pipe] for pipe, _ in ready if running[pipe].hear()]
    heard = {pipe for pipe, _ in ready}
    for child in [child for pipe, child in running.items() if pipe not in heard]:
        if child.until <= time.monotonic():
            child.kill("it took too long")
            ended.append(child)
    yield from ended
