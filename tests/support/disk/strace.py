"""Runs programs under strace: which of their calls can change a directory, and what if one is the last, or fails.

A call counts unless it is known to change nothing. So one that nobody thought of is found, not passed over.
"""

from __future__ import annotations

import ast
import functools
import re
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

KILL = "SIGKILL"

_KINDS = {
    "openat": "create",
    "write": "write",
    "fsync": "sync",
    "link": "link",
    "linkat": "link",
    "rename": "rename",
    "renameat": "rename",
    "renameat2": "rename",
    "unlink": "unlink",
    "mkdir": "mkdir",
    "mkdirat": "mkdir",
    "rmdir": "rmdir",
    "flock": "lock",
}
"""What those calls are called that are expected. Others go by their own names, and nothing expects them."""
_READING = frozenset(
    {"access", "chdir", "close", "execve", "faccessat2", "fcntl", "fstat", "fstatfs", "getcwd", "ioctl", "lseek",
     "lstat", "mmap", "newfstatat", "pread64", "read", "readlink", "readlinkat", "stat", "statfs", "statx"}
)  # fmt: skip
_OPEN, _NAMES = "open", "names"
_WRITABLE = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE")
_LINE = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\w+|\?)(.*)$")
_NAMED = re.compile(r'"((?:[^"\\]|\\.)*)"|\d+<([^>]*)>')
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"(?:, \d+)$')
_KILLED = "+++ killed by SIGKILL"


class Fault(NamedTuple):
    """What happens at the call `name` number `at`, of all calls of that name: an error like `EIO`, or `KILL`."""

    name: str
    at: int
    what: str

    def option(self) -> str:
        """Returns what strace is told."""
        what = f"signal={KILL}" if self.what == KILL else f"error={self.what}"
        return f"inject={self.name}:{what}:when={self.at}"


class Call(NamedTuple):
    """A call that can change the directory, or reads in it.

    Attributes:
        name: The system call's own name.
        at: Which of all calls of that name in the process it is, from 1 on.
        kind: `create`, `write`, `sync`, `link`, `rename`, `unlink`, `mkdir`, `rmdir` or `lock`; else as `name`. Or
            `open` and `names`, which change nothing.
        path: Where, below the directory, beginning with `/`.
        source: The other path of `link` and `rename`.
        data: What `write` has written.
        done: Whether it took effect.
        injected: Whether strace failed it.
    """

    name: str
    at: int
    kind: str
    path: str
    source: str
    data: bytes
    done: bool
    injected: bool

    @property
    def what(self) -> tuple[str, str, str]:
        """What is the same for the simulated process."""
        return self.kind, self.path, self.source

    def __str__(self) -> str:
        return f"{self.name} {self.path}"


class Traced(NamedTuple):
    """How a program ended, what it said, its calls that can change the directory, and some of those that read there."""

    code: int
    out: str
    err: str
    calls: tuple[Call, ...]
    reads: tuple[Call, ...]
    killed: bool


@functools.cache
def missing() -> str:
    """Returns what is needed and not there, or an empty string."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    # Containers may forbid it, and some kernels cannot do it.
    command = ["strace", "-f", "-qq", "-e", "trace=chdir", "-e", "inject=chdir:error=EIO", "sh", "-c", "cd / || exit 7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 7 else f"strace cannot fail calls here: {done.stderr.strip() or done.returncode}"


def run(
    command: Sequence[str], environment: Mapping[str, str], directory: Path, log: Path, fault: Fault | None = None
) -> Traced:
    """Runs a program under strace.

    Asserts that the fault has struck: strace says nothing when it has not.

    Args:
        command: The program. What it reads may be left out of the log, what it writes is in there as a whole.
        environment: Its variables.
        directory: Calls that have to do with this directory, and what is in it, are what is returned.
        log: A file to write to.
        fault: What is to happen to it.
    """
    # Not --seccomp-bpf: it is faster, and then faults may not strike, without a word.
    # Not -f: a process that becomes another user, to read, does nothing in the directory; its calls would be counted.
    options = ["-qq", "-y", "-s", "1000000", "-o", str(log)]
    options += (
        ["-e", f"trace={','.join([*_KINDS, fault.name])}", "-e", fault.option()] if fault else ["-e", "trace=!read"]
    )
    done = subprocess.run(
        ["strace", *options, "--", *command],
        env={**environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    lines = log.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    calls = _calls(lines, f"{directory}/")
    found = Traced(
        done.returncode,
        done.stdout.decode(),
        done.stderr.decode(),
        tuple(call for call in calls if call.kind not in {_OPEN, _NAMES}),
        tuple(call for call in calls if call.kind in {_OPEN, _NAMES}),
        any(_KILLED in line for line in lines),
    )
    if fault and fault.what == KILL:
        # strace dies as the program did.
        assert found.killed, fault
        assert found.code == -signal.SIGKILL, found
    else:
        assert not found.killed
        assert bool(fault) == any("(INJECTED)" in line for line in lines), fault
    return found


def until(is_struck: Callable[[Traced], bool], run: Callable[[], Traced], attempts: int = 3) -> Traced:
    """Runs a program until the call that was meant is the one that was struck; AssertionError when it never is.

    How many files a program opens before its own work depends on others too: Python lists a directory of modules again
    when it has changed meanwhile.
    """
    found = run()
    if is_struck(found):
        return found
    assert attempts > 1, f"another call was struck: {found}"
    return until(is_struck, run, attempts - 1)


def _calls(lines: list[str], directory: str) -> list[Call]:
    found, counts = [], dict[str, int]()
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            # Signals, the end; a line that is cut in two would be one of several threads, and there are none.
            assert "resumed" not in line, line
            assert directory not in line, line
            continue
        name, arguments, result, rest = match.groups()
        counts[name] = at = counts.get(name, 0) + 1
        paths = _paths(name, arguments, directory)
        kind = _kind(name, arguments)
        if paths and kind:
            done = not result.startswith(("-", "?"))
            data = _data(arguments, int(result)) if name == "write" and done else b""
            found.append(Call(name, at, kind, paths[-1], "".join(paths[:-1]), data, done, "(INJECTED)" in rest))
    return found


def _kind(name: str, arguments: str) -> str:
    """Returns what a call is called here; nothing for one that neither changes anything nor is of interest."""
    if name == "openat" and not _WRITABLE.search(arguments):
        return _OPEN
    if name == "getdents64":
        return _NAMES
    if name == "mmap" and "MAP_SHARED" in arguments and "PROT_WRITE" in arguments:
        return name
    return "" if name in _READING else _KINDS.get(name, name)


def _paths(name: str, arguments: str, directory: str) -> list[str]:
    """Returns the paths in the directory, below it: those that were given, or that of the descriptor."""
    # What is written may look like anything.
    shown = arguments.partition(", ")[0] if name == "write" else arguments
    paths = [text or own for text, own in _NAMED.findall(shown)]
    return [f"{path}/"[len(directory) - 1 :].rstrip("/") or "/" for path in paths if f"{path}/".startswith(directory)]


def _data(arguments: str, size: int) -> bytes:
    match = _TEXT.search(arguments)
    assert match, arguments[-80:]
    data = ast.literal_eval(f'b"{match[1]}"')
    assert isinstance(data, bytes)
    return data[:size]
