"""The first process of a bed: makes the clone, goes into it, and buries orphans until it is told to end.

`unshare ... python -I -S bed_init.py PLACE SIZE BELOW BOUND...`: stand-alone, so that it starts in a blink.
`support.machines.beds` starts it. It writes `ready` when the clone is there, or why that cannot be; it ends when its
standard input does.
"""

from __future__ import annotations

import os
import subprocess
import sys

_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "fuse")


def mount(*words: str) -> None:
    """Mounts; the reason is the text of the error."""
    ended = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise OSError(ended.stderr.strip())


def clone(place: str, size: str, below: str, bound: list[str]) -> str:
    """Returns the root of a clone whose changes are in memory.

    Args:
        place: An empty directory.
        size: How much may be changed.
        below: The directories that it lies over, the uppermost first, with colons between them.
        bound: What lies on other disks than `/`.
    """
    mount("-t", "tmpfs", "-o", f"size={size},mode=755", "bed", place)
    upper, work, root = (f"{place}/{name}" for name in ("upper", "work", "root"))
    for directory in (upper, work, root):
        os.mkdir(directory)
    # Else no directory from below could be renamed, and no layer be below two beds.
    options = f"redirect_dir=on,index=off,lowerdir={below},upperdir={upper},workdir={work}"
    mount("-t", "overlay", "-o", options, "bed", root)
    for path in bound:
        os.makedirs(root + path, exist_ok=True)
        mount("--bind", path, root + path)
        mount("-o", "remount,bind,ro", root + path)
    mount("-t", "proc", "proc", f"{root}/proc")
    _devices(f"{root}/dev")
    return root


def _devices(path: str) -> None:
    mount("-t", "tmpfs", "-o", "size=1m,mode=755", "bed", path)
    for name in filter(lambda name: os.path.exists(f"/dev/{name}"), _DEVICES):
        with open(f"{path}/{name}", "w", encoding="ascii"):
            pass
        mount("--bind", f"/dev/{name}", f"{path}/{name}")
    for name, target in _LINKS.items():
        os.symlink(target, f"{path}/{name}")
    os.mkdir(f"{path}/shm", 0o1777)


def main(place: str, size: str, below: str, *bound: str) -> None:
    """Makes the clone, says so, and waits."""
    try:
        root = clone(place, size, below, list(bound))
        os.chroot(root)
        os.chdir("/")
    except OSError as error:
        os.write(1, f"{error}\n".encode())
        return
    os.write(1, b"ready\n")
    if os.fork() == 0:
        # The reader: its end is the end of all, for the first process waits for it among the orphans.
        os.read(0, 1)
        os._exit(42)
    while os.waitstatus_to_exitcode(os.wait()[1]) != 42:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
