"""Mounts in a Python environment are told when a restore is planned: files are renamed into their places."""

from __future__ import annotations

import pytest

from cortexrepo.ecosystems.contract.restoring import Work
from cortexrepo.ecosystems.pip.environments.layout import Layout
from cortexrepo.ecosystems.pip.restore.obstacles import found_in_mounts
from cortexrepo.machine.mounts import Mount
from cortexrepo.model.package import Manifest

SITE = "/opt/v/lib/python3.11/site-packages"
LAYOUT = Layout("venv", "3.11", "/opt/v", SITE, "/opt/v/bin", own=True)
WORK = Work("pip", "/opt/v", (), (), Manifest("pip", ()), Manifest("pip", ()), ())


@pytest.mark.parametrize(
    ("mount", "kinds"),
    [
        (Mount("/opt"), []),
        (Mount("/opt/v", is_read_only=True), ["read-only"]),
        (Mount(SITE), ["environment"]),
        (Mount(f"{SITE}/mine"), []),
        (Mount("/srv", is_read_only=True), []),
    ],
)
def test_a_directory_of_packages_that_is_a_mount_is_an_obstacle(mount: Mount, kinds: list[str]) -> None:
    assert [one.kind for one in found_in_mounts(WORK, LAYOUT, (Mount("/"), mount))] == kinds
    assert found_in_mounts(WORK, LAYOUT, ()) == []
