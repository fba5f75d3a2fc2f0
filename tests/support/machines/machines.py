"""A whole machine in a bed: apt, three Python environments, an npm prefix, and the command line that puts it back."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.machines.aptbeds import install
from support.machines.npmworld import PACKAGES
from support.packages.tarballs import Registry
from support.packages.wheels import index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.beds import Bed, Ended

WHEELS = "/srv/wheels"
VENV = "/opt/venv"
PREFIX = "/opt/node"
USER = "cx-ada"
_PORT = 4873
REGISTRY = f"http://127.0.0.1:{_PORT}/"
_READY, _END = "/dev/shm/ready", "/dev/shm/end"
"""In memory of the bed's own: no bed over it has them, and a bed below one can still be told."""
_OTHERS = "/root/.pyenv"
_UP = 0x1
_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914

FIRST = (
    ("cx-app=1.0", "cx-lib=1.0", "cx-plugin=1.0", "cx-hold=1.0", "cx-ess=1.0", "cx-prot=1.0", "cx-conf=1.0",
     "cx-epoch=5.0-1", "cx-old", "cx-user", "cx-solo=1.0", "cx-div", "cx-ma=1.0", "cx-ma:i386=1.0", "cx-arch=1.0",
     "cx-re.x=1.1", "cx-daemon=1.0"),
    ("cx-app==1.0", "cx-turn==1.0"),
    ("one@1.0.0", "tree@1.0.0", "@cx/scoped@1.0.0", "bundle@1.0.0", "@cx/only-old@1.0.0"),
)  # fmt: skip
SECOND = (
    ("cx-app=2.0", "cx-lib=2.0", "cx-plugin=2.0", "cx-hold=2.0", "cx-ess=2.0", "cx-prot=2.0", "cx-conf=2.0", "cx-epoch",
     "cx-new", "cx-solo-", "cx-div-", "cx-ma=2.0", "cx-ma:i386-", "cx-reboot", "cx-arch=2.0", "cx-re.x-", "cx-re1x",
     "cx-daemon=2.0", "cx-fail"),
    ("cx-app==2.0", "cx-turn==2.0", "cx-gone"),
    ("one@1.1.0", "tree@2.0.0", "@cx/scoped@1.0.1", "bundle@2.0.0", "only-new@1.0.0"),
)  # fmt: skip

OWN = {FIRST[1]: ("Cx.Solo==1.0", "cx-local==1.0+cpu.1"), SECOND[1]: ("Cx.Solo==2.0", "cx-local==1!2.0.post1.dev3")}
"""What the user has instead: what is there for everybody already, pip does not install for one."""


class MachineBed:
    """A bed with everything that can be restored, and with somebody else's packages in it too."""

    def __init__(self, bed: Bed, pythons: int = 3) -> None:
        """Takes the bed, in which a registry answers, and how many Python environments are used."""
        self.bed = bed
        self._count = pythons
        self._npm = {"npm_config_registry": REGISTRY, "npm_config_audit": "false", "npm_config_fund": "false"}

    @contextmanager
    def fresh(self, pythons: int | None = None) -> Iterator[MachineBed]:
        """Makes a machine that is as this one is now; from then on this one cannot be changed.

        Args:
            pythons: How many Python environments are used; as many as here by default.
        """
        with self.bed.fresh() as bed, registry_in(bed):
            _hide_others(bed)
            yield MachineBed(bed, self._count if pythons is None else pythons)

    def install(self, state: tuple[tuple[str, ...], ...]) -> None:
        """Brings apt, all Python environments and npm to a state."""
        apt, pip, npm = state
        install(self.bed, *apt)
        for python, options, user in self._pythons():
            words = [python, "-m", "pip", "install", "-q", *options, *(OWN[pip] if user else pip)]
            self.bed.run(*user, *words, variables={"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        if "only-new@1.0.0" in npm:
            self.bed.run("npm", "uninstall", "-g", "--prefix", PREFIX, "@cx/only-old", variables=self._npm)
        self.bed.run("npm", "install", "-g", "--prefix", PREFIX, *npm, variables=self._npm)

    def mark(self) -> None:
        """Sets the marks of the first state."""
        self.bed.run("apt-mark", "auto", "cx-plugin", "cx-lib", "cx-old", "cx-ma:i386")
        self.bed.run("apt-mark", "hold", "cx-hold")

    def cortex(self, *words: str, code: int | None = 0, umask: str = "022") -> Ended:
        """Runs `cortex snapshot`, which must end with `code` if one is given."""
        with_umask = ("sh", "-c", f'umask {umask}; exec "$@"', "sh")
        variables = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        return self.bed.run(*with_umask, *command(*words), variables=variables, code=code)

    def document(self, *words: str, code: int | None = 0, umask: str = "022") -> dict[str, Any]:
        """Returns the JSON document of a command."""
        found = json.loads(self.cortex(*words, "--json", code=code, umask=umask).out)
        assert isinstance(found, dict)
        return found

    def _pythons(self) -> list[tuple[str, list[str], list[str]]]:
        alone = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups", "env", f"HOME=/home/{USER}"]
        return [
            (f"{VENV}/bin/python", [], []),
            ("/usr/bin/python3", ["--break-system-packages"], []),
            ("/usr/bin/python3", ["--break-system-packages", "--user"], alone),
        ][: self._count]


def command(*words: str) -> list[str]:
    """Returns the command line of the project under test."""
    return [sys.executable, "-m", "cortexrepo", "snapshot", *words]


def clean(machine: MachineBed, revision: str) -> bool:
    """Returns whether nothing differs between a snapshot and the machine."""
    found = machine.document("diff", revision, "live")
    return bool(found["changes"] == [] and found["unknown"] == [])


@contextmanager
def machine_bed(archive: Bed) -> Iterator[MachineBed]:
    """Makes a bed with a user, a virtual environment, wheels and an npm registry over one that has an apt archive."""
    with archive.fresh() as bed:
        index(bed.path(WHEELS))
        bed.path("/etc/pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {WHEELS}\n")
        shutil.rmtree(bed.path("/root/.config/pip"), ignore_errors=True)
        bed.path("/root/.npmrc").unlink(missing_ok=True)
        bed.run("useradd", "--create-home", USER)
        bed.run(sys.executable, "-m", "venv", VENV)
        bed.path(PREFIX).mkdir()
        bed.path("/etc/npmrc").write_text(f"registry={REGISTRY}\n")
        bed.path("/root/.npmrc").write_text(f"registry={REGISTRY}\naudit=false\nfund=false\n")
        with registry_in(bed):
            yield MachineBed(bed)


def _hide_others(bed: Bed) -> None:
    """Puts something empty over the Pythons that root has here: reading and keeping them takes longer than all else."""
    if bed.path(_OTHERS).is_dir() and not sys.base_prefix.startswith(f"{_OTHERS}/"):
        bed.run("mount", "-t", "tmpfs", "none", _OTHERS)


@contextmanager
def registry_in(bed: Bed) -> Iterator[None]:
    """Has an npm registry answer in a bed."""
    call = bed.start(_serve)
    while not bed.path(_READY).exists() and not call.ended():
        time.sleep(0.01)
    try:
        yield
    finally:
        bed.path(_END).touch()
        call.result()


def _serve() -> None:
    """Runs in the bed: answers npm until it is told to end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, _GET_FLAGS, request))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _UP))
    with Registry(*PACKAGES, port=_PORT):
        Path(_READY).touch()
        while not os.path.exists(_END):
            time.sleep(0.05)
