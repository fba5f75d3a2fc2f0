"""Processes of other users that only read and answer: several at once, with a deadline and a limit on each answer."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from cortexrepo.machine.identity import PROCESSOR, become, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.machine.identity import Identity

    Say = Callable[[bytes], None]

AT_ONCE = 4
"""So many processes read at the same time."""
SECONDS = 30.0
"""A process that has not ended by then is killed: a file system of its user may never answer."""
ANSWER = 16 << 20
"""An answer has so many bytes at most."""
_FULL, _UNABLE = 3, 4
_REASONS = {_FULL: "it needed too much memory", _UNABLE: "this process may not become the user"}
HEAD = 4
"""The length of a piece, before it; 0 is the mark of the end."""
_STEP = 1 << 16


class Job(NamedTuple):
    """What one process is to do.

    Attributes:
        identity: The user that it becomes; None to stay who it is.
        work: What it does; it is given a function that sends one piece of the answer.
        kept: Descriptors that it needs.
        processor: So many seconds of processor time end it.
    """

    identity: Identity | None
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
    prepare()
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

    `prepare` was called before. The caller closes the pipe and calls `ended`.
    """
    parent = os.getpid()
    reading, writing = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if process == 0:
        _work(job, writing, parent)
    os.close(writing)
    return process, reading


def ended(process: int, *, is_whole: bool) -> str:
    """Waits for a process; returns why it ended early, or an empty string.

    Args:
        process: Its id.
        is_whole: Whether the mark of the end came.
    """
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    how = f"it was killed by signal {-code}" if code < 0 else f"it ended with exit code {code}"
    return "" if is_whole and not code else _REASONS.get(code, how)


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
        pieces, is_whole = _pieces(bytes(self._said))
        return Answer(pieces, self._failure or ended(self._process, is_whole=is_whole))


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


def _pieces(said: bytes) -> tuple[list[bytes], bool]:
    """Returns the pieces that came whole, and whether the last one was followed by the mark of the end."""
    found: list[bytes] = []
    at = 0
    while at + HEAD <= len(said):
        size = int.from_bytes(said[at : at + HEAD], "big")
        if not size:
            return found, at + HEAD == len(said)
        if at + HEAD + size > len(said):
            break
        found.append(said[at + HEAD : at + HEAD + size])
        at += HEAD + size
    return found, False


def _start(number: int, job: Job, seconds: float) -> _Child:
    process, reading = start(job)
    return _Child(number, process, reading, time.monotonic() + seconds)


def _work(job: Job, writing: int, parent: int) -> NoReturn:
    """Does the work in the new process, which ends here, whatever happens."""
    try:
        try:
            become(job.identity, (writing, *job.kept), parent, job.processor)
        except OSError:
            os._exit(_UNABLE)
        job.work(lambda piece: _send(writing, (len(piece).to_bytes(HEAD, "big"), piece)))
        _send(writing, (bytes(HEAD),))
        os._exit(0)
    except MemoryError:
        os._exit(_FULL)
    finally:
        os._exit(1)


def _send(writing: int, parts: Iterable[bytes]) -> None:
    for part in parts:
        data = memoryview(part)
        while data:
            data = data[os.write(writing, data) :]
