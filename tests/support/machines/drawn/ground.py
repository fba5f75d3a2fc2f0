"""The bed that random machines begin from: apt and dpkg with hardly a package, so that every call is quick."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from support.machines.aptbeds import REPOSITORY, apt_bed
from support.machines.beds import SOURCE
from support.machines.drawn.running import HOME, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.beds import Bed

NPM = "/usr/bin/npm"
"""It stands for a working one, and is never started."""
_DPKG = "/var/lib/dpkg"
_KEPT = ("base-files", "dpkg")
"""dpkg says which architecture is the machine's own, base-files which release it is."""
_FIELDS = (
    "Package:",
    "Status:",
    "Priority:",
    "Section:",
    "Maintainer:",
    "Architecture:",
    "Version:",
    "Description:",
    "Multi-Arch:",
)
_EMPTY = ("/opt", "/srv", "/usr/local/lib", "/usr/lib/python3/dist-packages")


@contextmanager
def ground(*, with_npm: bool = False) -> Iterator[Bed]:
    """Makes a bed in which dpkg knows two packages, and nothing that can be restored is installed.

    Args:
        with_npm: Whether the machine's own npm stays; else a program stands for it that is never started.
    """
    load()
    with apt_bed() as bed:
        bed.call(_emptied)
        bed.call(_peopled)
        if not with_npm:
            bed.call(_without_npm)
        bed.path("/etc/apt/sources.list").write_text(f"deb [trusted=yes] copy:{REPOSITORY} files main\n")
        yield bed


USER, USER_HOME = 1717, "/homes/ada"
_ACCOUNTS = (
    f"root:x:0:0:root:{HOME}:/bin/sh", "_apt:x:42:65534::/nonexistent:/usr/sbin/nologin",
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin", f"ada:x:{USER}:{USER}::{USER_HOME}:/bin/sh",
)  # fmt: skip
_GROUPS = ("root:x:0:", "nogroup:x:65534:", f"ada:x:{USER}:")


def _emptied() -> None:
    with open(f"{_DPKG}/status", encoding="utf-8") as file:
        stanzas = file.read().split("\n\n")
    kept = [one for one in stanzas if one.partition("\n")[0].removeprefix("Package: ") in _KEPT]
    with open(f"{_DPKG}/status", "w", encoding="utf-8") as file:
        file.write("".join(_plain(one) for one in kept))
    for folder in ("info", "triggers", "alternatives", "updates"):
        shutil.rmtree(f"{_DPKG}/{folder}")
        os.mkdir(f"{_DPKG}/{folder}")
    with open(f"{_DPKG}/info/format", "w", encoding="ascii") as file:
        file.write("1\n")
    for name in _KEPT:
        with open(f"{_DPKG}/info/{name}.list", "w", encoding="ascii") as file:
            file.write("/.\n")
    for path in (f"{_DPKG}/diversions", f"{_DPKG}/statoverride", "/var/lib/apt/extended_states"):
        with open(path, "w", encoding="ascii"):
            pass
    for folder in (*_EMPTY, REPOSITORY):
        if not any(f"{path}/".startswith(f"{folder}/") for path in (str(SOURCE), sys.prefix, sys.base_prefix)):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)


def _without_npm() -> None:
    shutil.rmtree("/usr/lib/node_modules", ignore_errors=True)
    os.mkdir("/usr/lib/node_modules")
    if os.path.lexists(NPM):
        os.unlink(NPM)
    with open(NPM, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n")
    os.chmod(NPM, 0o755)


def _peopled() -> None:
    with open("/etc/passwd", "w", encoding="ascii") as file:
        file.write("".join(f"{line}\n" for line in _ACCOUNTS))
    with open("/etc/group", "w", encoding="ascii") as file:
        file.write("".join(f"{line}\n" for line in _GROUPS))
    for home, user in ((HOME, 0), (USER_HOME, USER)):
        os.makedirs(home, 0o755)
        os.chown(home, user, user)


def _plain(stanza: str) -> str:
    return "".join(f"{line}\n" for line in stanza.splitlines() if line.startswith(_FIELDS)) + "\n"
