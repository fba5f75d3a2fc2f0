"""Functions that run in child processes: `python -m support.processes.workers NAME ARGUMENTS`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cortexrepo.disk.lock import hold
from cortexrepo.errors import CorruptError
from cortexrepo.model.ids import ObjectId
from cortexrepo.repository.repository import Repository
from support.repositories.inventories import inventory

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.repository.refs.look import Look

TESTS = Path(__file__).parents[2]


def start(name: str, *arguments: str) -> subprocess.Popen[str]:
    """Starts a function of this module in a process of its own, with pipes to all its ends."""
    return subprocess.Popen(
        [sys.executable, "-m", "support.processes.workers", name, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )


def child_environment() -> dict[str, str]:
    """Returns variables under which a child imports what this process imports."""
    paths = [str(TESTS), *(path for path in sys.path if path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def initialise(location: str, at: str) -> None:
    """Opens the repository at the given moment, makes one snapshot in it and prints the repository's id."""
    time.sleep(max(0.0, float(at) - time.monotonic()))
    repository = Repository.open(location, create=True)
    repository.create(inventory(), message="first")
    sys.stdout.write(repository.id)


def hold_lock(path: str) -> None:
    """Holds the lock alone, says so, and lets go when its standard input ends."""
    with hold(path, exclusive=True, timeout=5) as held:
        sys.stdout.write("held\n" if held else "not held\n")
        sys.stdout.flush()
        sys.stdin.read()


def read_names_and_stop(location: str) -> None:
    """Is stopped by a signal in the middle of a look at the names, and goes on when it may."""
    refs = Repository.open(location)._refs
    look = refs.look

    def stopped() -> Look:
        os.kill(os.getpid(), signal.SIGSTOP)
        return look()

    refs.look = stopped  # type: ignore[method-assign]
    refs.locked_look()


def refuse(kind: str, path: str) -> None:
    """Reads hostile bytes as an object or a ref, and prints the error's name and the growth of peak memory in KiB."""
    from cortexrepo.codec import objects, refs

    data = Path(path).read_bytes()
    before = _peak()
    try:
        if kind == "object":
            objects.decode(data, _claimed(data))
        else:
            refs.decode(data)
    except CorruptError as error:
        name = type(error).__name__
    else:
        name = "accepted"
    sys.stdout.write(f"{name} {_peak() - before}")


def create_large(location: str, kind: str, number: str) -> None:
    """Records a large inventory, and prints the peak."""
    from support.repositories import large

    make = {"rows": large.of_rows, "environments": large.of_environments}[kind]
    Repository.open(location, create=True).create(make(int(number)))
    sys.stdout.write(f"peak {_peak()}")


def collect_all(location: str) -> None:
    """Rolls up every ref and packs every object, and prints the peak."""
    from cortexrepo.repository.upkeep.tidiness import Tidiness

    Repository.open(location).upkeep.gc(tidiness=Tidiness(recent=0, least=1))
    sys.stdout.write(f"peak {_peak()}")


def command(location: str, *words: str) -> None:
    """Runs a command as the console script does, and prints the peak instead of ending the process at once."""
    from cortexrepo.__main__ import script

    def leave(status: int) -> NoReturn:
        sys.stdout.write(f"peak {_peak()}")
        sys.stdout.flush()
        leave_at_once(status)

    leave_at_once, os._exit = os._exit, leave
    os.environ["CORTEX_REPO"] = location
    sys.argv = ["cortex", "snapshot", *words]
    script()


def _claimed(frame: bytes) -> ObjectId:
    """Returns the id that the bytes do have, if they have one: the check of the id must not be what saves us."""
    from cortexrepo.codec import objects
    from cortexrepo.codec.hashing import object_id

    try:
        return object_id("manifest", objects.content(frame))
    except CorruptError:
        return ObjectId("0" * 64)


def _peak() -> int:
    """Returns the peak in KiB. Not `ru_maxrss`: a child inherits its parent's, which hides all that is smaller."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])


WORKERS: dict[str, Callable[..., None]] = {
    "initialise": initialise,
    "hold_lock": hold_lock,
    "read_names_and_stop": read_names_and_stop,
    "refuse": refuse,
    "create_large": create_large,
    "collect_all": collect_all,
    "command": command,
}

if __name__ == "__main__":
    WORKERS[sys.argv[1]](*sys.argv[2:])
