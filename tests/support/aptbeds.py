"""Beds with the local archive and nothing else for apt to know: what the tests of the apt restore begin from."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from support.archive import standard
from support.beds import Bed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPOSITORY = "/srv/archive"
_QUIET = ("-qq", "-y", "-o", "Dpkg::Use-Pty=0", "--allow-downgrades", "--allow-change-held-packages")
_CONFFILES = ("-o", "Dpkg::Options::=--force-confold")


@contextmanager
def apt_bed(place: Path | None = None, size: str = "2g", suite: str = "all") -> Iterator[Bed]:
    """Makes a bed whose apt knows the archive's `suite` alone, and nothing of this machine's own configuration."""
    with Bed.make(place, size) as bed:
        _forget(bed)
        standard(kernel=os.uname().release).write(bed.path(REPOSITORY))
        bed.run("dpkg", "--add-architecture", "i386")
        offer(bed, suite)
        yield bed


def offer(bed: Bed, suite: str) -> None:
    """Has apt know this suite from now on."""
    bed.path("/etc/apt/sources.list").write_text(f"deb [trusted=yes] copy:{REPOSITORY} {suite} main\n")
    bed.run("apt-get", "-qq", "update")


def install(bed: Bed, *words: str) -> None:
    """Has apt-get install what the words say: `NAME`, `NAME=VERSION`, `NAME-`."""
    bed.run("apt-get", *_QUIET, *_CONFFILES, "install", *words)


def _forget(bed: Bed) -> None:
    """Takes away sources, pins, options and the cache: the tests are about ours."""
    for path in ("sources.list.d", "apt.conf.d", "preferences.d"):
        shutil.rmtree(bed.path(f"/etc/apt/{path}"), ignore_errors=True)
        bed.path(f"/etc/apt/{path}").mkdir()
    for path in ("apt.conf", "preferences"):
        bed.path(f"/etc/apt/{path}").unlink(missing_ok=True)
    for path in ("/var/lib/apt/lists", "/var/cache/apt/archives"):
        shutil.rmtree(bed.path(path), ignore_errors=True)
    for path in ("/var/lib/apt/lists/partial", "/var/cache/apt/archives/partial"):
        bed.path(path).mkdir(parents=True)
    for name in ("pkgcache.bin", "srcpkgcache.bin"):
        bed.path(f"/var/cache/apt/{name}").unlink(missing_ok=True)
