"""Five users who make reading their homes as dear as they can, each in another way, all at once."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from support.machines.people import dist

if TYPE_CHECKING:
    from pathlib import Path

    from support.machines.people import People

HOLE = (64 << 20) - 1
"""So many bytes a file seems to have; it takes no room."""


def huge_files(machine: People, name: str) -> None:
    """Thousands of descriptions that are holes of 64 MiB, and one file of paths without an end."""
    site = machine.site(name)
    first = dist(site, "a") / "METADATA"
    first.write_text("Version: 1\nName: x")
    os.truncate(first, HOLE)
    for number in range(1500):
        made = site / f"b{number}-1.0.dist-info"
        made.mkdir()
        (made / "METADATA").hardlink_to(first)
    (site / "endless.pth").write_text("/nowhere\n" * 7000)
    (site / "hole.pth").touch()
    os.truncate(site / "hole.pth", HOLE)


def many_environments(machine: People, name: str) -> None:
    """More environments than are recorded, with names as long as there can be."""
    for number in range(1200):
        made = machine.home(name) / f"{number:0250d}"
        made.mkdir()
        (made / "pyvenv.cfg").touch()


def many_names(machine: People, name: str) -> None:
    """A directory with tens of thousands of packages whose names are long."""
    site = machine.site(name)
    for number in range(12_000):
        (site / f"{'x' * 200}{number}-1.0.egg").touch()


def dear_json(machine: People, name: str) -> None:
    """Descriptions of npm packages that take long to read and much memory, and a tree without a bottom."""
    folder = machine.mine(name, ".npm-global/lib/node_modules")
    text = '{"name": "m", "x": [' + "[]," * 330_000 + "0]}"
    for number in range(40):
        (folder / f"m{number}").mkdir()
        (folder / f"m{number}/package.json").write_text(text)
    deep = folder
    for number in range(300):
        deep = deep / f"d/node_modules/n{number % 10}" if number else folder / "n"
        if len(str(deep)) > 3500:
            break
        deep.mkdir(parents=True)
        (deep / "package.json").write_text('{"name": "n", "version": "1"}')


def what_is_no_file(machine: People, name: str) -> None:
    """FIFOs, devices, sockets, loops, links to the kernel's files and to root's, and settings without an end."""
    site, home = machine.site(name, "hers"), machine.home(name)
    evil = dist(site, "evil")
    (evil / "METADATA").unlink()
    os.mkfifo(evil / "METADATA")
    os.mknod(evil / "INSTALLER", 0o020666, os.makedev(1, 5))
    with socket.socket(socket.AF_UNIX) as bound:
        _bind(bound, evil / "direct_url.json")
    (home / "loop").symlink_to("loop")
    (home / ".venv").symlink_to("/proc/self/root/proc/self")
    (site / "shadow.pth").symlink_to("/etc/shadow")
    (home / ".npmrc").write_text("prefix=/" + "${a}" * 8000)
    for number in range(500):
        (site / f"{number}.pth").write_text("/home\n" * 9000)


def _bind(bound: socket.socket, path: Path) -> None:
    """Makes a socket at a path that may be too long for one."""
    here = os.open(path.parent, os.O_PATH)
    try:
        bound.bind(f"/proc/self/fd/{here}/{path.name}")
    finally:
        os.close(here)


WAYS = (huge_files, many_environments, many_names, dear_json, what_is_no_file)
