"""Processes of other users that only read and answer: several at once, with a deadline and a limit on each answer."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple
from cortexrepo.rights import pieces
from cortexrepo.rights.child import fate, start_telling
from cortexrepo.rights.person import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.rights.person import Person

    Say = Callable[[bytes], None]

AT_ONCE = 4
"""So many processes read at the same time."""
SECONDS = 30.0
"""A process that has not ended by then is killed: a file system of its user may never answer."""
ANSWER = 16 << 20
"""An answer has so many bytes at most."""
MEMORY = 128 << 20
"""So much more memory than its parent had a process may take, in bytes."""
PROCESSOR = 10
"""Seconds; a process ends by itself long before (`cortexrepo.machine.budget`)."""
_END = b""
"""The piece behind the last one."""
_STEP = 1 << 16


class Job(NamedTuple):
    """What one process is to do.

    Attributes:
        who: The user that it becomes; None to stay who it is.
        work: What it does; it is given a function that sends one piece of the answer.
        kept: Descriptors that it needs.
        processor: So many seconds of processor time end it.
    """

    who: Person | None
    work: Callable[[Say], None]
    kept: tuple[int, ...] = ()
    processor: int = PROCESSOR


class Answer(NamedTuple):
    """The pieces that came whole, and why there are no more; empty where these are all."""

    pieces: list[bytes]
    failure: str


def ask(jobs: Sequence[Job], *, at_once: int = AT_ONCE, seconds: float = SECONDS, most: int = ANSWER) -> list[Answer]:
    """Returns the answer to each job, in their order. No process is left when it returns or raises.

    Args:
        jobs: What to do.
        at_once: So many processes run at the same time.
        seconds: Each may take so long.
        most: Each answer may have so many bytes.
    """
    answers: list[Answer] = [Answer([], "")] * len(jobs)
    waiting = list(enumerate(jobs))[::-1]
    running: dict[int, _Child] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, job = waiting.pop()
                try:
                    child = _start(number, job, seconds)
                except OSError as error:
                    answers[number] = Answer([], f"no process could be started: {error.strerror}")
                    continue
                running[child.pipe] = child
            for child in _heard(running, most) if running else ():
                del running[child.pipe]
                answers[child.number] = child.end()
    finally:
        for child in running.values():
            child.kill("it was interrupted")
            child.end()
    return answers


def start(job: Job) -> tuple[int, int]:
    """Starts a process; returns its id and the pipe that its answer comes from. Raises OSError where it cannot.

    The caller closes the pipe and calls `ended`.
    """

    def work(writing: int) -> None:
        job.work(lambda piece: pieces.send(writing, piece))
        pieces.send(writing, _END)

    return start_telling(job.who, reader(MEMORY, job.processor), work, job.kept)


def ended(process: int, *, is_whole: bool) -> str:
    """Waits for a process; returns why it ended early, or an empty string.

    Args:
        process: Its id.
        is_whole: Whether the piece behind the last one came.
    """
    how = fate(os.waitpid(process, 0)[1]) or ("" if is_whole else "ended with half an answer")
    return how and f"it {how}"


class _Child:
    """A process that runs: what it has said so far, and until when it may go on."""

    def __init__(self, number: int, process: int, pipe: int, until: float) -> None:
        self.number = number
        self.pipe = pipe
        self.until = until
        self._process = process
        self._said = bytearray()
        self._failure = ""

    def hear(self, most: int) -> bool:
        """Takes what was sent; returns whether that was all, or too much."""
        piece = os.read(self.pipe, _STEP)
        self._said += piece
        if len(self._said) > most:
            self.kill(f"its answer has more than {most} bytes")
            return True
        return not piece

    def kill(self, reason: str) -> None:
        self._failure = reason
        os.kill(self._process, signal.SIGKILL)

    def end(self) -> Answer:
        os.close(self.pipe)
        found, rest = pieces.split(bytes(self._said))
        is_whole = not rest and found[-1:] == [_END]
        how = ended(self._process, is_whole=is_whole)
        return Answer([piece for piece in found if piece != _END], self._failure or how)


def _heard(running: dict[int, _Child], most: int) -> Iterator[_Child]:
    """Waits until something happens; yields the processes that have ended, or were ended."""
    now = time.monotonic()
    poll = select.poll()
    for pipe in running:
        poll.register(pipe, select.POLLIN)
    left = min(child.until for child in running.values()) - now
    ready = poll.poll(max(left, 0) * 1000)
    for pipe, _ in ready:
        if running[pipe].hear(most):
            yield running[pipe]
    heard = {pipe for pipe, _ in ready}
    for child in [child for pipe, child in running.items() if pipe not in heard]:
        if child.until <= time.monotonic():
            child.kill("it took too long")
            yield child


def _start(number: int, job: Job, seconds: float) -> _Child:
    process, reading = start(job)
    return _Child(number, process, reading, time.monotonic() + seconds)
