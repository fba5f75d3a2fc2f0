"""Mounts in an npm prefix are told when a restore is planned: directories are renamed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.contract.restoring import Work
from cortexrepo.ecosystems.npm.restore.mounted import against_mounts
from cortexrepo.machine.mounts import Mount
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import UPGRADE, Step

if TYPE_CHECKING:
    from pathlib import Path

EMPTY = Manifest("npm", ())


@pytest.mark.parametrize(
    ("mounted", "kinds"),
    [
        ([], []),
        (["/lib"], ["environment"]),
        (["/lib/node_modules"], ["environment"]),
        (["/bin"], ["environment"]),
        (["/lib/node_modules/one"], ["environment"]),
        (["/lib/node_modules/one/node_modules/x"], ["environment"]),
        (["/lib/node_modules/@cx/two/data"], ["environment"]),
        (["/lib/node_modules/other", "/lib/node_modules/one2", "/etc"], []),
    ],
    ids=lambda value: ",".join(value) or "none",
)
def test_what_is_mounted_where_packages_are_moved_is_an_obstacle(
    tmp_path: Path, mounted: list[str], kinds: list[str]
) -> None:
    mounts = [Mount("/"), *(Mount(f"{tmp_path}{path}") for path in mounted)]
    assert [one.kind for one in against_mounts(_work(tmp_path), mounts)] == kinds


def test_a_prefix_that_is_read_only_is_told_with_its_mount(tmp_path: Path) -> None:
    found = list(against_mounts(_work(tmp_path), [Mount("/"), Mount(str(tmp_path), is_read_only=True)]))
    assert {(one.kind, one.hint) for one in found} == {
        ("read-only", f"make it writable: `mount -o remount,rw {tmp_path}`")
    }


def _work(prefix: Path) -> Work:
    for path in ("lib/node_modules", "bin"):
        (prefix / path).mkdir(parents=True, exist_ok=True)
    steps = tuple(Step(UPGRADE, Package(name, "", "1"), Package(name, "", "2")) for name in ("one", "@cx/two"))
    return Work("npm", str(prefix), (), (), EMPTY, EMPTY, steps)
