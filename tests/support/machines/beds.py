"""Beds: throw-away clones of this machine, in which packages are really installed and removed.

A bed is an overlay over `/` whose changes are in memory, in namespaces of its own (mounts, processes, network, host
name). It takes some 50 ms to make. Nothing in it reaches the machine; when its first process ends, and that ends with
this process at the latest, the kernel takes away every process and every mount of it. A bed can lie over another one:
what is costly is installed once, and every test changes a fresh bed over it.

    with Bed.make(tmp_path) as bed:
        bed.run("apt-get", "-qq", "update")
        bed.path("/etc/motd").write_text("hello")
        rows = bed.call(collect_rows, "/")      # a function of this process, run in the bed: `/` is the bed's
        with bed.fresh() as other:              # the same once more; nothing reaches `bed`
            other.run("apt-get", "-qq", "update")
"""

from __future__ import annotations

import ctypes
import os
import pickle  # noqa: TID251 -- from our own fork, through a pipe
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, NoReturn, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SOURCE = Path(__file__).resolve().parents[3]
VARIABLES = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}
_NAMESPACES = ("ipc", "uts", "net", "pid", "mnt")
_READ_ONLY, _REMOUNT = 1, 32
_LIBC = ctypes.CDLL(None, use_errno=True)

T = TypeVar("T")


class Ended(NamedTuple):
    """How a program ended, and what it wrote."""

    code: int
    out: str
    err: str


class Killed(Exception):  # noqa: N818 -- nothing went wrong: it was the test that killed it
    """A function that ran in a bed was ended by a signal, or ended its process itself."""


class Bed:
    """A throw-away clone of this machine."""

    def __init__(self, first: int, layers: tuple[str, ...]) -> None:
        """Takes the id of its first process, as it is outside, and the directories that it lies over with its own."""
        self._first = first
        self._layers = layers

    @classmethod
    @contextmanager
    def make(
        cls, place: Path | None = None, size: str = "2g", over: Bed | None = None, root: str = "/"
    ) -> Iterator[Bed]:
        """Makes a bed; skips the test, with the reason, where that is not possible.

        Args:
            place: An empty directory to put it over, which stays empty for everybody else.
            size: How much may be changed in it: the room on its disk.
            over: A bed to lie over instead of the machine; nothing is changed there any more, as `fresh` sees to.
            root: The root directory of another system to lie over instead of the machine's. Such a bed has the network
                of the machine, and what runs in it by `call` can import nothing more.
        """
        _skip_where_impossible()
        with tempfile.TemporaryDirectory() as spare:
            where = str(place or spare)
            below = over._layers if over is not None else (root,)
            process = _start(where, size, below, over)
            try:
                bed = cls(_first_process(process), (f"{where}/upper", *below))
                bed.path("/usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
                bed.path("/usr/sbin/policy-rc.d").chmod(0o755)
                yield bed
            finally:
                process.kill()
                process.communicate()

    @contextmanager
    def fresh(self, size: str = "2g") -> Iterator[Bed]:
        """Makes a bed that is as this one is now. From then on this one cannot be changed, except on other disks."""
        self.call(_close)
        with Bed.make(size=size, over=self) as bed:
            yield bed

    def path(self, path: str) -> Path:
        """Returns where a path of the bed is reached from outside. Absolute links in it would lead out of the bed."""
        return Path(f"/proc/{self._first}/root{path}")

    def run(
        self, *arguments: str, variables: Mapping[str, str] | None = None, code: int | None = 0, told: str = ""
    ) -> Ended:
        """Runs a program in the bed, which must end with `code` if one is given. `told` is its standard input."""
        process = subprocess.Popen(
            ["nsenter", f"--target={self._first}", *_entered(), "--", *arguments],
            env={**VARIABLES, **(variables or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="backslashreplace",
        )
        out, err = process.communicate(told)
        assert code in {None, process.returncode}, f"{arguments} ended with {process.returncode}:\n{out}\n{err}"
        return Ended(process.returncode, out, err)

    def call(self, function: Callable[..., T], *arguments: object, user: int = 0) -> T:
        """Returns what a function of this process returns in the bed, where `/` is the bed's.

        It runs in a fork: what it changes in memory is lost, what it raises is raised here.

        Raises:
            Killed: Its process was ended by a signal.
        """
        return self.start(function, *arguments, user=user).result()

    def start(self, function: Callable[..., T], *arguments: object, user: int = 0) -> Call[T]:
        """As `call`, but returns at once."""
        reading, writing = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _inside(self._first, writing, lambda: function(*arguments), user)
        os.close(writing)
        return Call(child, reading)

    def processes(self, name: str) -> list[int]:
        """Returns the ids, as they are outside, of the bed's living processes whose program has that name."""
        found = []
        inside = os.stat(f"/proc/{self._first}/ns/pid").st_ino
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.stat(f"/proc/{entry}/ns/pid").st_ino != inside:
                    continue
                status = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            program, _, rest = status.partition("(")[2].rpartition(")")
            if program == name[:15] and rest.split()[0] not in "ZX":
                found.append(int(entry))
        return found

    def kill(self, *names: str) -> int:
        """Kills the bed's processes of these names; returns how many there were."""
        killed = 0
        for process in [process for name in names for process in self.processes(name)]:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed += 1
        return killed

    def wait_for(self, *names: str) -> None:
        """Waits until the bed has no process of these names any more."""
        while any(self.processes(name) for name in names):
            time.sleep(0.005)


class Call(Generic[T]):
    """A function that runs in a bed."""

    def __init__(self, process: int, pipe: int) -> None:
        """Takes the process that entered the bed, and the pipe through which the result comes."""
        self._process = process
        self._pipe = pipe

    def ended(self) -> bool:
        """Returns whether there is a result, or no process any more that could bring one."""
        return bool(select.select([self._pipe], [], [], 0)[0])

    def result(self) -> T:
        """Waits for the end; returns or raises what the function returned or raised, or Killed."""
        with open(self._pipe, "rb") as pipe:
            data = pipe.read()
        os.waitpid(self._process, 0)
        if not data:
            raise Killed
        good, value, trace = pickle.loads(data)  # noqa: S301 -- from our own fork
        if good:
            return value  # type: ignore[no-any-return]
        assert isinstance(value, BaseException)
        value.add_note(trace)
        raise value


def _skip_where_impossible() -> None:
    if os.geteuid() != 0:
        pytest.skip("a bed needs root")
    for tool in ("unshare", "nsenter", "mount"):
        if shutil.which(tool, path=VARIABLES["PATH"]) is None:
            pytest.skip(f"a bed needs {tool}")


def _start(place: str, size: str, below: tuple[str, ...], over: Bed | None) -> subprocess.Popen[str]:
    root = os.stat("/").st_dev
    is_clone = below[-1] == "/"
    needed = (str(SOURCE), sys.prefix, sys.base_prefix) if is_clone else ()
    elsewhere = [path for path in needed if os.stat(path).st_dev != root]
    kinds = ["--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts", "--propagation=private"]
    kinds += ["--net"] if is_clone else []
    program = str(Path(__file__).with_name("bed_init.py"))
    # The layers of another bed are to be seen among its mounts alone.
    first = ["nsenter", f"--target={over._first}", "--mount"] if over is not None else []
    return subprocess.Popen(
        [*first, "unshare", *kinds, sys.executable, "-I", "-S", program, place, size, ":".join(below), *elsewhere],
        env=VARIABLES,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _first_process(process: subprocess.Popen[str]) -> int:
    """Returns the id of the bed's first process, the child of `unshare`, once the bed is made."""
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    if said != "ready":
        pytest.skip(f"no bed can be made here: {said}")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


def _entered() -> tuple[str, ...]:
    return ("--mount", "--pid", "--net", "--ipc", "--uts", "--root", "--wd")


def _inside(first: int, writing: int, work: Callable[[], object], user: int) -> NoReturn:
    """Goes into the bed with a second fork, for a process that moves to other process ids is still outside itself."""
    code = 1
    try:
        _enter(first)
        child = os.fork()
        if child == 0:
            os.setsid()
            _become(user)
            report(writing, work)
        else:
            os.close(writing)
            os.waitpid(child, 0)
        code = 0
    finally:
        os._exit(code)


def _enter(first: int) -> None:
    root = os.open(f"/proc/{first}/root", os.O_PATH)
    descriptors = [os.open(f"/proc/{first}/ns/{kind}", os.O_RDONLY) for kind in _NAMESPACES]
    for descriptor in descriptors:
        if _LIBC.setns(descriptor, 0):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(descriptor)
    os.fchdir(root)
    os.chroot(".")
    os.close(root)
    os.chdir("/")
    os.environ.clear()
    os.environ.update(VARIABLES)


def _close() -> None:
    """Makes the root of a bed read-only; newer programs called mount cannot do this with an overlay."""
    if _LIBC.mount(b"none", b"/", None, _REMOUNT | _READ_ONLY, None):
        raise OSError(ctypes.get_errno(), "mount")


def _become(user: int) -> None:
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def report(writing: int, work: Callable[[], object]) -> None:
    """Does work in a process of its own, and writes for a `Call` what came of it."""
    try:
        answer = (True, work(), "")
    except BaseException as error:  # noqa: BLE001 -- it is raised again, in the process that asked
        answer = (False, error, traceback.format_exc())
    with open(writing, "wb") as pipe:
        pickle.dump(answer, pipe)
