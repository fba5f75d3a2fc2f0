"""What lies beside a Python environment's packages while they are exchanged, and what goes with it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.slices.back import BACK, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.slices.back import Back

    from cortexrepo.model.plan import Part

KILLS = 12


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Back]:
    with BACK["pip"](tmp_path_factory.mktemp("pip")) as made:
        yield made


def test_bytecode_that_others_made_of_the_new_modules_goes_with_them(back: Back) -> None:
    start = back.listing()
    with back.fetched() as (scene, part):
        scene.do("apply", part)
        program = "import cx_app, cx_lib.deep.er"
        environment = Path(back.way.environment)
        subprocess.run([environment / "bin/python", "-O", "-c", program], env={}, cwd="/", check=True)
        assert list(environment.rglob("*.opt-1.pyc"))
        scene.do("revert", part)
        assert scene.listing() == start


def test_nothing_beside_the_site_directory_is_seen_by_the_collector(back: Back) -> None:
    now = back.manifest()
    with back.fetched() as (scene, _):
        assert list(Path(back.way.environment).glob("lib/python3*/.cortex-restore-*/new"))
        assert scene.manifest() == now


def test_an_apply_that_was_killed_goes_on_when_it_is_called_again(back: Back) -> None:
    def settle(scene: Back, part: Part, _number: int) -> None:
        for phase in ("apply", "finish"):
            scene.do(phase, part)
        assert scene.manifest() == back.way.target

    assert sweep(back, "apply", KILLS, settle) >= KILLS - 2
