"""Python environments go back to exactly what they were: there, back, and there again, with real pips."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.here import Here
from support.packages.wheels import index, wheel
from support.restores.pip_restores import Bench, Memory, listed, offer, part_of, room, run, shelved

from cortexrepo.ecosystems.pip.environments.interpreter import Interpreter, tags
from cortexrepo.ecosystems.pip.restore import restorer as pip
from cortexrepo.ecosystems.pip.restore.download import Downloaded
from cortexrepo.ecosystems.pip.wheels import building as pip_wheel
from cortexrepo.errors import FetchError, RefusedError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.package import REQUESTED, Package
from cortexrepo.model.plan import ARTIFACT, CONFIGURED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.model.package import Manifest

DEBIAN = "/usr/bin/python3"


@pytest.fixture(name="wheels", scope="module")
def _wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheels")
    index(directory)
    return directory


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, wheels: Path) -> Bench:
    return without_pip(tmp_path.resolve(), wheels)


def without_pip(base: Path, wheels: Path) -> Bench:
    """Makes a virtual environment without pip."""
    offer(base, wheels)
    found = Bench(base / "v", room(base))
    run([sys.executable, "-m", "venv", "--without-pip", str(found.environment)], base / "home")
    return found


class Past(NamedTuple):
    """An environment that has been in one state and is in another, and how it was in both."""

    bench: Bench
    first: Manifest
    before: dict[str, tuple[object, ...]]
    second: Manifest
    changed: dict[str, tuple[object, ...]]


@pytest.fixture(name="_past", scope="module")
def _changed(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Past:
    bench = without_pip(tmp_path_factory.mktemp("past").resolve() / "place", wheels)
    first, before = first_state(bench), listed([bench.environment])
    second, changed = second_state(bench), listed([bench.environment])
    return Past(bench, first, before, second, changed)


@pytest.fixture
def past(_past: Past) -> Iterator[Past]:
    with Here(str(_past.bench.environment.parent)).fresh():
        yield _past


def real_pip(bench: Bench, *arguments: str) -> None:
    """Has a real pip from elsewhere work on the environment, or skips."""
    there = str(bench.environment / "bin/python")
    python = _with_pip(there)
    if python is None:
        pytest.skip("no pip here knows --python")
    run([python, "-m", "pip", "--python", there, *arguments], bench.environment.parent / "home")


@functools.cache
def _with_pip(environment: str) -> str | None:
    """Returns a Python whose pip works on another environment."""
    for python in (sys.executable, DEBIAN):
        # An old pip answers for a new Python, and then does not work in it.
        command = [python, "-m", "pip", "--python", environment, "list"]
        if subprocess.run(command, capture_output=True, cwd="/", check=False).returncode == 0:
            return python
    return None


def first_state(bench: Bench) -> Manifest:
    real_pip(bench, "install", "cx-app==1.0", "cx-local==1.0+cpu.1", "cx-turn==1.0", "cx-gone")
    real_pip(bench, "install", "--no-deps", "cx.solo==1.1")
    return bench.reading()[0]


def second_state(bench: Bench) -> Manifest:
    real_pip(bench, "uninstall", "-y", "cx.solo", "cx-gone")
    real_pip(bench, "install", "cx-app==2.0", "cx-lib==1.1", "cx-local==1!2.0.post1.dev3", "cx-turn==2.0")
    return bench.reading()[0]


def restore(bench: Bench, target: Manifest) -> None:
    bench.new_room()
    part = bench.part(target)
    pip.fetch(part, bench.room)
    pip.apply(part, bench.room)
    assert bench.reading()[0] == target
    pip.finish(part, bench.room)


def test_an_environment_goes_back_to_exactly_what_pip_had_made(past: Past) -> None:
    bench, first, before, second, changed = past
    assert len(bench.work(first).steps) == 6
    restore(bench, first)
    assert listed([bench.environment]) == before
    restore(bench, second)
    assert listed([bench.environment]) == changed
    restore(bench, first)
    assert listed([bench.environment]) == before
    assert run([str(bench.environment / "bin/cx-app")], bench.environment) == "cx-app 1.0\n"
    assert run([str(bench.environment / "bin/cx-shell")], bench.environment) == "shell 1.0\n"
    real_pip(bench, "check")
    real_pip(bench, "uninstall", "-y", "cx-app", "cx-lib", "cx.solo", "cx-local", "cx-turn", "cx-gone")
    assert bench.reading()[0].packages == ()


def test_every_version_that_is_gone_is_named_and_nothing_is_touched(bench: Bench, wheels: Path, tmp_path: Path) -> None:
    first = first_state(bench)
    real_pip(bench, "uninstall", "-y", *(row.name for row in first.packages if row.name != "cx-turn"))
    newest = tmp_path / "newest"
    wheel(newest, "cx-app", "2.0")
    (newest / "cx_lib-2.0-py3-none-any.whl").write_bytes((wheels / "cx_lib-2.0-py3-none-any.whl").read_bytes())
    offer(bench.environment.parent, newest)
    before = listed([bench.environment])
    proposal = pip.propose(bench.work(first), bench.room)
    assert sorted((one.kind, one.package) for one in proposal.obstacles) == [
        ("missing", "cx-app 1.0"),
        ("missing", "cx-gone 1.0"),
        ("missing", "cx-local 1.0+cpu.1"),
        ("missing", "cx-solo 1.1"),
    ]
    assert all(one.reason and one.hint for one in proposal.obstacles)
    assert {step.package.name: step.source.place for step in proposal.steps if step.source} == {"cx-lib": CONFIGURED}
    part = part_of(bench.work(first), proposal._replace(obstacles=()))
    with pytest.raises(FetchError) as caught:
        pip.fetch(part, bench.room)
    assert all(one.package.split()[0] in str(caught.value) for one in proposal.obstacles)
    with pytest.raises(RefusedError, match="were not fetched"):
        pip.apply(part, bench.room)
    pip.recover(part, bench.room)
    assert listed([bench.environment]) == before


@pytest.mark.parametrize(
    ("interpreter", "tag"),
    [
        (Interpreter("/bin/false", (3, 13), 1, "cpython", "cpython-313-x86_64-linux-gnu", ""), "cp313-cp313"),
        (Interpreter("/bin/false", (3, 13), 1, "cpython", "cpython-313t-x86_64-linux-gnu", ""), "cp313-cp313t"),
        (Interpreter("/bin/false", (3, 9), 19, "pypy", "pypy39-pp73-x86_64-linux-gnu", ""), "pp39-pypy39_pp73"),
    ],
)
def test_a_pip_beside_it_fetches_what_is_for_an_environment_without_one(
    tmp_path: Path, interpreter: Interpreter, tag: str
) -> None:
    base = tmp_path.resolve()
    for each in ("cp311-cp311", "cp313-cp313", "cp313-cp313t", "pp39-pypy39_pp73"):
        wheel(base / "wheels", "cx-fast", "1.0", tag=f"{each}-linux_{os.uname().machine}")
    offer(base, base / "wheels")
    row, gone = Package("cx-fast", "", "1.0"), Package("cx-fast", "", "2.0")
    found = Downloaded(str(base / "downloaded"))
    found.fetch([row, gone], interpreter, room(base))
    assert os.path.basename(found.path(row) or "") == f"cx_fast-1.0-{tag}-linux_{os.uname().machine}.whl"
    assert {one: "cx-fast==2.0" in reason for one, reason in found.reasons.items()} == {gone: True}
    assert f"{tag}-linux_{os.uname().machine}" in tags(interpreter)


def test_what_is_kept_is_enough_where_no_source_has_anything(past: Past, wheels: Path, tmp_path: Path) -> None:
    bench, first, before, *_ = past
    offer(bench.environment.parent, tmp_path / "nothing")
    bench = shelved(bench, wheels)
    places = {step.source.place for step in bench.part(first).steps if step.source is not None}
    assert places == {ARTIFACT}
    restore(bench, first)
    assert listed([bench.environment]) == before


def test_what_was_requested_is_marked_without_installing_anything(bench: Bench) -> None:
    real_pip(bench, "install", "cx-app==1.0")
    asked = bench.reading()[0]
    before = listed([bench.environment])
    rows = [row._replace(flags=row.flags ^ REQUESTED) for row in asked.packages]
    restore(bench, asked._replace(packages=tuple(rows)))
    assert listed([bench.environment]) != before
    restore(bench, asked)
    assert listed([bench.environment]) == before


def test_the_environments_own_pip_is_put_back_as_well(tmp_path: Path, wheels: Path) -> None:
    base = tmp_path.resolve()
    bench = Bench(base / "v", room(base))
    run([sys.executable, "-m", "venv", str(bench.environment)], base / "home")
    offer(base, wheels)
    first = bench.reading()[0]
    before = listed([bench.environment])
    names = [row.name for row in first.packages]
    python_version = dict(bench.reading()[1])["python"]
    shelf = Memory()
    for row in first.packages:
        with (base / "made").open("wb") as target:
            made = pip_wheel.build(LiveSystem({}), str(bench.environment), python_version, row, target)
        shelf.keep((base / "made").rename(base / made.name), row.name, row.version, "installed")
    wheel(base / "other", "pip", "99.0", scripts=["pip"])
    python = (bench.environment / "bin/pip").read_text().splitlines()[0].removeprefix("#!")
    run([python, "-m", "pip", "install", str(base / "other/pip-99.0-py3-none-any.whl")], base / "home")
    assert run([str(bench.environment / "bin/pip")], base) == "pip 99.0\n"
    bench = bench._replace(room=room(base, shelf=shelf))
    restore(bench, first)
    assert listed([bench.environment]) == before
    assert "pip" in names


@pytest.mark.skipif(not os.access(DEBIAN, os.X_OK), reason="no Python of the system here")
def test_a_user_site_goes_back_exactly(tmp_path: Path, wheels: Path) -> None:
    base = tmp_path.resolve()
    offer(base, wheels)
    name = run([DEBIAN, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"], base).strip()
    bench = Bench(base / f"home/.local/lib/{name}/site-packages", room(base), "user")
    install = [DEBIAN, "-m", "pip", "install", "--user", "--no-warn-script-location", "--break-system-packages"]
    done = subprocess.run([*install, "--help"], capture_output=True, cwd="/", check=False)
    if done.returncode != 0:
        pytest.skip("the system's Python has no pip that installs for a user")
    (base / "home/.local/bin").mkdir(parents=True)
    (base / "home/.local/bin/mine").write_text("#!/bin/sh\n")
    (base / "home/.local/share/mine").mkdir(parents=True)
    run([*install, "cx-app==1.0", "cx-turn==1.0"], base / "home")
    first = bench.reading()[0]
    before = listed([base / "home/.local"])
    run([*install, "cx-app==2.0", "cx-turn==2.0", "cx-gone"], base / "home")
    changed = listed([base / "home/.local"])
    second = bench.reading()[0]
    restore(bench, first)
    assert listed([base / "home/.local"]) == before
    restore(bench, second)
    assert listed([base / "home/.local"]) == changed
