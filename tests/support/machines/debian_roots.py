"""Root directories of Debian releases, made once from the mirror that this machine's apt uses, and kept in a cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.machines.beds import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NO_DATES = "Acquire::Check-Valid-Until=false"
"""A mirror may be a copy that is older than its Release files allow."""
_DAYS = 14
"""After so many days a root is made again, if the mirror is reached."""
_FORMAT = "$(REPO_URI)"
_SECONDS = 24 * 60 * 60


def mirror() -> str:
    """Returns the address of the first archive of Debian's in this machine's apt sources; skips where there is none."""
    command = ["apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages"]
    try:
        said = subprocess.run(command, env=VARIABLES, capture_output=True, text=True, check=False).stdout
    except OSError:
        said = ""
    for address in said.split():
        if address.rstrip("/").endswith("/debian"):
            return address.rstrip("/")
    pytest.skip("the apt sources of this machine name no archive of Debian's")


def debian_root(suite: str, packages: Sequence[str] = (), hooks: Sequence[str] = ()) -> str:
    """Returns the root directory of a release with these packages; nobody changes it: a bed lies over it.

    Skips the test where it is not there and cannot be made: without root, without mmdebstrap, without a mirror.

    Args:
        suite: The release.
        packages: What it has beside apt and the essential packages.
        hooks: Shell commands that end its making, with the root directory as `$1`.
    """
    key = hashlib.sha256(repr((suite, packages, hooks)).encode()).hexdigest()[:12]
    place = _cache() / f"{suite}-{key}"
    with _alone(place):
        why = "" if _is_young(place) else _make(place, suite, packages, hooks)
    if not place.is_dir():
        pytest.skip(f"no root directory of Debian {suite} can be made here: {why}")
    return str(place)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    place = Path(home) / "cortexrepo-tests" / "roots"
    place.mkdir(parents=True, exist_ok=True)
    return place


def _is_young(place: Path) -> bool:
    age = time.time() - place.with_suffix(".made").stat().st_mtime if place.is_dir() else 0  # noqa: TID251 -- of a file
    return place.is_dir() and age < _DAYS * _SECONDS


def _make(place: Path, suite: str, packages: Sequence[str], hooks: Sequence[str]) -> str:
    """Makes the root directory anew; returns why not, else an empty string. One that is there stays if this fails."""
    if os.geteuid() != 0:
        return "it needs root"
    if shutil.which("mmdebstrap", path=VARIABLES["PATH"]) is None:
        return "mmdebstrap is not installed"
    new = place.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    command = ["mmdebstrap", "--mode=root", "--variant=apt", "--quiet", f"--aptopt={NO_DATES.replace('=', ' ')};"]
    command += [f"--include={','.join(packages)}"] if packages else []
    command += [f"--customize-hook={hook}" for hook in hooks]
    made = subprocess.run(
        [*command, suite, str(new), mirror()], env=VARIABLES, capture_output=True, text=True, check=False
    )
    if made.returncode:
        shutil.rmtree(new, ignore_errors=True)
        return "; ".join([line for line in made.stderr.splitlines() if line.startswith("E:")][:2]) or made.stderr[-200:]
    shutil.rmtree(place, ignore_errors=True)
    new.rename(place)
    place.with_suffix(".made").touch()
    return ""


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Has one process at a time look for a root directory and make it."""
    with place.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
