"""The product's wheel on Debian 13 and sid, with their Python, dpkg and apt: changed, put back exactly, and undone.

Debian 12 is not here: the other tests run on it.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import install, know_archive
from support.machines.beds import VARIABLES, Bed
from support.machines.debian_roots import debian_root
from support.machines.elsewhere import ENVIRONMENT, HOME, product
from support.machines.machines import FIRST, SECOND
from support.machines.npmworld import PACKAGES
from support.packages.tarballs import Registry
from support.packages.wheels import index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.machines.elsewhere import Elsewhere

APP, PREFIX, WHEELS = "/opt/app", "/opt/node", "/srv/index"
NPM = "/usr/local/lib/node_modules/npm"
BASE = ("python3-venv", "nodejs")


@pytest.fixture(scope="module", params=["trixie", "sid"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """A release with the product in it, and an empty Python environment."""
    root = debian_root(request.param, BASE, (ENVIRONMENT, f'chroot "$1" python3 -m venv --without-pip {APP}'))
    with Bed.make(root=root) as bed:
        yield product(bed, tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def machine(system: Elsewhere) -> Iterator[Elsewhere]:
    with system.fresh() as made:
        yield made


def there_and_back(machine: Elsewhere, only: str, first: Callable[[], None], second: Callable[[], None]) -> None:
    """Brings a machine to two states, and restores each."""
    first()
    machine.cortex("create", "--tag", "a")
    second()
    machine.cortex("create", "--tag", "b")
    for words, tag in ((("restore", "a", "--only", only), "a"), (("undo",), "b")):
        found = machine.document(*words, "--yes")
        assert found["outcome"]["exact"], found["outcome"]
        left = machine.document("diff", tag, "live")
        assert (left["changes"], left["unknown"]) == ([], [])
        assert not machine.document("verify", "--installed", code=None)["installed"]["wrong"]


def test_apt(machine: Elsewhere) -> None:
    know_archive(machine.bed)

    def first() -> None:
        install(machine.bed, *FIRST[0])
        machine.bed.run("apt-mark", "auto", "cx-plugin", "cx-lib", "cx-old", "cx-ma:i386")
        machine.bed.run("apt-mark", "hold", "cx-hold")

    there_and_back(machine, "apt", first, lambda: install(machine.bed, *SECOND[0]))


def test_pip(machine: Elsewhere) -> None:
    index(machine.bed.path(WHEELS))
    machine.bed.path("/etc/pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {WHEELS}\n")

    def state(*words: str) -> None:
        machine.bed.run(f"{HOME}/bin/pip", "--python", f"{APP}/bin/python", "install", "-q", *words)

    there_and_back(machine, "pip", lambda: state(*FIRST[1]), lambda: state(*SECOND[1]))


def test_npm(machine: Elsewhere, tmp_path: Path) -> None:
    fetch_npm(machine.bed, tmp_path)
    with Registry(*PACKAGES) as registry:
        machine.bed.path("/root/.npmrc").write_text(f"registry={registry.address}\naudit=false\nfund=false\n")

        def state(*words: str) -> None:
            machine.bed.run("npm", "install", "-g", "--prefix", PREFIX, *words)

        there_and_back(machine, "npm", lambda: state(*FIRST[2]), lambda: state(*SECOND[2]))


def fetch_npm(bed: Bed, spare: Path) -> None:
    """Puts npm into a bed as a file of the registry; the release's own needs hundreds of packages."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed here, which would fetch npm for the other system")
    ended = subprocess.run(
        ["npm", "pack", "npm@11", "--silent", "--pack-destination", str(spare)],
        env=VARIABLES, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode:
        pytest.skip(f"the registry that npm is set up with has no npm 11: {ended.stderr.strip()[-200:]}")
    shutil.unpack_archive(next(spare.glob("*.tgz")), spare)
    shutil.copytree(spare / "package", bed.path(NPM))
    for program in ("npm", "npx"):
        bed.run("ln", "-s", f"{NPM}/bin/{program}-cli.js", f"/usr/local/bin/{program}")
