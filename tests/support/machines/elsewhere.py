"""The product on another system: its wheel, installed as a person does, in a bed over a root directory of its own."""

from __future__ import annotations

import email
import json
import os
import secrets
import shutil
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

from support.machines.beds import SOURCE, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.machines.beds import Bed, Ended

HOME = "/opt/cortex"
"""The environment that the product is installed in; whoever makes the root directory makes it."""
ENVIRONMENT = f'chroot "$1" python3 -m venv {HOME}'
_WHEELS = "/srv/wheels"
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")


class Elsewhere:
    """A bed over another system, in which the product is installed."""

    def __init__(self, bed: Bed) -> None:
        """Takes the bed."""
        self.bed = bed

    @contextmanager
    def fresh(self, size: str = "2g") -> Iterator[Elsewhere]:
        """Makes a system that is as this one is now; from then on this one cannot be changed."""
        with self.bed.fresh(size) as bed:
            yield Elsewhere(bed)

    def renew(self, spare: Path) -> None:
        """Makes the environment of the product again, for the Python that is there now; `spare` as for `product`."""
        self.bed.run("python3", "-m", "venv", "--clear", HOME)
        _install(self.bed, spare)

    def cortex(self, *words: str, code: int | None = 0) -> Ended:
        """Runs `cortex snapshot`, which must end with `code` if one is given."""
        return self.bed.run(f"{HOME}/bin/cortex", "snapshot", *words, code=code)

    def document(self, *words: str, code: int | None = 0) -> dict[str, Any]:
        """Returns the JSON document of a command."""
        found = json.loads(self.cortex(*words, "--json", code=code).out)
        assert isinstance(found, dict)
        return found


def product(bed: Bed, spare: Path) -> Elsewhere:
    """Installs the product's wheel in a bed, with what it needs; skips the test where the index has it not.

    Args:
        bed: A bed whose root directory was made with `ENVIRONMENT`.
        spare: An empty directory on the machine.
    """
    # Without one the next system's first service manager makes one, and the machine is another machine.
    bed.path("/etc/machine-id").write_text(f"{secrets.token_hex(16)}\n")
    _install(bed, spare)
    return Elsewhere(bed)


def _install(bed: Bed, spare: Path) -> None:
    version = bed.run(f"{HOME}/bin/python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").out.strip()
    _wheels(version, spare)
    shutil.copytree(spare, bed.path(_WHEELS), dirs_exist_ok=True)
    install = (f"{HOME}/bin/pip", "install", "-q", "--no-index", "--find-links", _WHEELS, "cortexrepo")
    bed.run(*install, variables={"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"})


def _wheels(version: str, directory: Path) -> None:
    """Fetches wheels for a Python from the index that pip on this machine is set up with.

    pip itself would ask for the requirements of the Python that runs it.
    """
    _pip("wheel", "--no-deps", "--wheel-dir", str(directory), str(SOURCE))
    abis = [word for abi in (f"cp{version.replace('.', '')}", "abi3", "none") for word in ("--abi", abi)]
    target = ("--only-binary=:all:", "--python-version", version, "--implementation", "cp", *abis)
    asked: set[str] = set()
    while wanted := {line for wheel in directory.glob("*.whl") for line in _required(wheel, version)} - asked:
        _pip("download", "--no-deps", *target, "--dest", str(directory), *sorted(wanted))
        asked |= wanted


def _required(wheel: Path, version: str) -> list[str]:
    """Returns what a wheel needs with this Python."""
    with zipfile.ZipFile(wheel) as file:
        metadata = next(name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        lines = email.message_from_bytes(file.read(metadata)).get_all("Requires-Dist") or []
    python = {"python_version": version, "python_full_version": f"{version}.0", "extra": ""}
    found = [Requirement(line) for line in lines]
    return [f"{one.name}{one.specifier}" for one in found if one.marker is None or one.marker.evaluate(python)]


def _pip(*words: str) -> None:
    ended = subprocess.run(
        [*_PIP, *words], env={**os.environ, **VARIABLES}, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        pytest.skip(f"pip cannot {words[0]} what the product needs: {ended.stderr.strip().splitlines()[-1]}")
