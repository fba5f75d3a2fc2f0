"""What stands against a restore of a Python environment, and what is done with its files, without any pip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.packages.contents import SAME, differing
from support.packages.wheels import index, wheel
from support.restores.pip_restores import Bench, Memory, listed, room, rows, shelved

from cortexrepo.ecosystems.contract.restoring import Work
from cortexrepo.ecosystems.pip.restore import restorer as pip
from cortexrepo.ecosystems.pip.wheels import building as pip_wheel
from cortexrepo.errors import CollectError, RefusedError, RestoreError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.package import BROKEN, EDITABLE, OWNED, REQUESTED, Manifest, Package
from cortexrepo.model.plan import INSTALL, REINSTALL, REMOVE, Obstacle, Part, Step

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Room

FACTS = (("kind", "venv"), ("python", f"{sys.version_info.major}.{sys.version_info.minor}"))
ROW = Package("cx-lib", "", "1.0")


@pytest.fixture(name="wheels", scope="module")
def _wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheels")
    index(directory)
    return directory


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, wheels: Path) -> Bench:
    base = tmp_path.resolve()
    bench = shelved(Bench(base / "v", room(base)), wheels)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bench.environment)], check=True)
    return bench


def site_of(bench: Bench) -> Path:
    return next(bench.environment.glob("lib/python3*/site-packages"))


def built(bench: Bench, row: Package, directory: Path) -> Path:
    with (directory / "made").open("wb") as target:
        made = pip_wheel.build(LiveSystem({}), str(bench.environment), FACTS[1][1], row, target)
    return (directory / "made").rename(directory / made.name)


def go(bench: Bench, target: Manifest) -> None:
    part = bench.part(target)
    pip.fetch(part, bench.room)
    pip.apply(part, bench.room)
    assert differing(bench.reading()[0], target) == SAME
    pip.finish(part, bench.room)


def obstacles(
    environment: Path | str,
    room: Room,
    *steps: Step,
    facts: tuple[tuple[str, str], ...] = FACTS,
    then: tuple[tuple[str, str], ...] = FACTS,
) -> tuple[Obstacle, ...]:
    empty = Manifest("pip", ())
    return pip.propose(Work("pip", str(environment), facts, then, empty, empty, steps), room).obstacles


@pytest.mark.parametrize("kind", ["conda", "system", "target"])
def test_what_is_not_pips_to_change_is_left_alone(bench: Bench, kind: str) -> None:
    (found,) = obstacles(bench.environment, bench.room, Step(INSTALL, None, ROW), facts=(("kind", kind),))
    assert found.kind == "environment"
    assert found.hint


def test_a_conda_prefix_is_left_alone_whatever_it_is_called(bench: Bench) -> None:
    (bench.environment / "conda-meta").mkdir()
    (found,) = obstacles(bench.environment, bench.room, Step(INSTALL, None, ROW))
    assert "conda" in found.reason


def test_an_environment_for_another_python_is_to_be_made_again(bench: Bench) -> None:
    then = (("kind", "venv"), ("python", "3.8"))
    (found,) = obstacles(bench.environment, bench.room, Step(INSTALL, None, ROW), then=then)
    assert (found.kind, found.package) == ("environment", "")
    assert "3.8" in found.reason
    assert "again" in found.hint


def test_an_environment_whose_interpreter_is_gone_is_to_be_made_again(bench: Bench) -> None:
    for link in (bench.environment / "bin").glob("python*"):
        link.unlink()
    (found,) = obstacles(bench.environment, bench.room, Step(INSTALL, None, ROW))
    assert found.kind == "environment"
    assert "again" in found.hint


def test_an_interpreter_that_does_not_work_is_named(bench: Bench) -> None:
    for link in (bench.environment / "bin").glob("python*"):
        link.unlink()
    (bench.environment / "bin/python").write_text("#!/bin/sh\necho broken >&2; exit 3\n")
    (bench.environment / "bin/python").chmod(0o755)
    (found,) = obstacles(bench.environment, bench.room, Step(INSTALL, None, ROW))
    assert "bin/python does not work: broken" in found.reason


def test_an_environment_that_is_gone_is_to_be_made_again(tmp_path: Path) -> None:
    (found,) = obstacles(tmp_path / "nothing", room(tmp_path), Step(INSTALL, None, ROW))
    assert found.kind == "environment"


def test_everything_that_stands_against_it_is_named_at_once(bench: Bench) -> None:
    found = obstacles(
        bench.environment,
        bench.room,
        Step(INSTALL, None, ROW._replace(flags=OWNED)),
        Step(INSTALL, None, Package("cx-evil;", "", "1.0")),
        Step(INSTALL, None, Package("cx-half", "", "1.0", BROKEN)),
        Step(INSTALL, None, Package("cx-git", "", "1.0", 0, (("url", "git+https://host/x@abc"),))),
        Step(INSTALL, None, Package("cx-edit", "", "1.0", EDITABLE, (("url", "file:///src"),))),
        Step(INSTALL, None, Package("cx-odd", "", "1.0", 0, (("url", "?"),))),
        Step(REMOVE, Package("cx-away", "", "1.0"), None),
    )
    assert sorted((one.kind, one.package) for one in found) == [
        ("broken", "cx-away 1.0"),
        ("broken", "cx-half 1.0"),
        ("environment", "cx-lib 1.0"),
        ("missing", "cx-edit 1.0"),
        ("missing", "cx-git 1.0"),
        ("missing", "cx-odd 1.0"),
        ("unsafe", "cx-evil; 1.0"),
    ]


URLS = [
    ("git+https://host/repository@0123abc", 0),
    ("git+ssh://git@host/repository@0123abc#subdirectory=sub/dir", 0),
    ("https://host/file-1.0.whl#sha256=" + "0" * 64, 0),
    ("https://host/file-1.0.tar.gz", 0),
    ("file:///src/project", 0),
    ("file:///src/project", EDITABLE),
    ("file:///src/file-1.0-py3-none-any.whl", 0),
]


@pytest.mark.parametrize(("url", "flags"), URLS)
def test_what_came_from_a_url_is_put_back_from_what_was_kept(bench: Bench, url: str, flags: int) -> None:
    row = Package("cx-lib", "", "1.0", flags | REQUESTED, (("url", url),))
    go(bench, Manifest("pip", (row,)))
    assert "url" in json.loads(next(site_of(bench).glob("cx_lib-*/direct_url.json")).read_text())


def test_the_installer_is_kept(bench: Bench) -> None:
    row = Package("cx-lib", "", "1.0", 0, (("installer", "uv"),))
    go(bench, Manifest("pip", (row,)))
    info = site_of(bench) / "cx_lib-1.0.dist-info"
    assert (info / "INSTALLER").read_text() == "uv"
    assert b"\r" not in (info / "RECORD").read_bytes()
    assert not list(site_of(bench).glob("cx_lib/__pycache__/*"))


def test_a_machine_that_changed_after_the_plan_is_not_touched(bench: Bench) -> None:
    go(bench, rows(cx_lib="1.0"))
    part = bench.part(rows(cx_lib="2.0"))
    pip.fetch(part, bench.room)
    metadata = site_of(bench) / "cx_lib-1.0.dist-info/METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.5"))
    before = listed([bench.environment])
    with pytest.raises(RefusedError, match="has changed since the plan"):
        pip.apply(part, bench.room)
    assert listed([bench.environment]) == before


def test_another_change_that_was_begun_is_not_mixed_with_this_one(bench: Bench) -> None:
    first = bench.part(rows(cx_lib="1.0"))
    other = bench.part(rows(cx_lib="2.0"))
    pip.fetch(first, bench.room)
    with pytest.raises(RefusedError, match="were not fetched"):
        pip.apply(other, bench.room)
    pip.apply(first, bench.room)
    with pytest.raises(RefusedError, match="an earlier restore of this environment"):
        pip.fetch(other, bench.room)
    pip.fetch(first, bench.room)
    pip.apply(first, bench.room)
    pip.revert(first, bench.room)
    assert bench.reading()[0].packages == ()


def test_files_that_another_package_names_too_stay(bench: Bench, tmp_path: Path) -> None:
    shelf = bench.room.shelf
    assert isinstance(shelf, Memory)
    for name in ("cx-one", "cx-two"):
        path = wheel(tmp_path / "shared", name, "1.0", {"cx_common/__init__.py": "", f"cx_common/{name[3:]}.py": ""})
        shelf.keep(path, name, "1.0")
    go(bench, rows(cx_one="1.0", cx_two="1.0"))
    go(bench, rows(cx_two="1.0"))
    assert sorted(path.name for path in (site_of(bench) / "cx_common").glob("*.py")) == ["__init__.py", "two.py"]
    go(bench, rows())
    assert not (site_of(bench) / "cx_common").exists()


def test_what_a_killed_pip_left_is_cleaned_up_and_can_be_taken_back(bench: Bench) -> None:
    left = site_of(bench) / "cx_lib-2.0.dist-info"
    left.mkdir()
    (left / "INSTALLER").write_text("pip\n")
    (site_of(bench) / "cx_lib").mkdir()
    (site_of(bench) / "cx_lib/__init__.py").write_text("half written")
    before = listed([bench.environment])
    part = bench.part(rows(cx_lib="1.0"))
    pip.fetch(part, bench.room)
    pip.apply(part, bench.room)
    assert differing(bench.reading()[0], rows(cx_lib="1.0")) == SAME
    pip.revert(part, bench.room)
    assert listed([bench.environment]) == before


def test_a_distribution_without_a_list_of_its_files_is_an_obstacle(bench: Bench) -> None:
    info = site_of(bench) / "cx_old-1.0-py3.11.egg-info"
    info.write_text("Metadata-Version: 1.0\nName: cx-old\nVersion: 1.0\n")
    (found,) = obstacles(bench.environment, bench.room, Step(REMOVE, Package("cx-old", "", "1.0"), None))
    assert found.kind == "broken"
    assert "tool that installed the package" in found.hint


def test_an_egg_with_a_list_of_its_files_goes(bench: Bench) -> None:
    info = site_of(bench) / "cx_old-1.0-py3.11.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: cx-old\nVersion: 1.0\n")
    (info / "installed-files.txt").write_text("../cx_old.py\nPKG-INFO\n../../../../bin/cx-old\n")
    (site_of(bench) / "cx_old.py").write_text("")
    (bench.environment / "bin/cx-old").write_text("")
    go(bench, rows())
    assert not list(bench.environment.rglob("*cx*old*"))


def test_somebodys_program_is_not_overwritten_outside_of_a_virtual_environment(tmp_path: Path, wheels: Path) -> None:
    base = tmp_path.resolve()
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = base / f"home/.local/lib/{name}/site-packages"
    site.mkdir(parents=True)
    (base / "home/.local/bin").mkdir()
    (base / "home/.local/bin/cx-gone").write_text("mine")
    (base / "home/.local/bin" / name).symlink_to(sys.executable)
    bench = shelved(Bench(site, room(base), "user"), wheels)
    part = bench.part(rows(cx_gone="1.0"))
    pip.fetch(part, bench.room)
    with pytest.raises(RefusedError, match="cx-gone is in the way"):
        pip.apply(part, bench.room)
    pip.recover(part, bench.room)
    assert (base / "home/.local/bin/cx-gone").read_text() == "mine"
    assert bench.reading()[0].packages == ()
    assert not [name for name in os.listdir(site.parent) if name.startswith(".cortex")]


def test_a_kept_wheel_that_is_damaged_or_another_is_not_used(bench: Bench, tmp_path: Path) -> None:
    shelf = Memory()
    shelf.keep(wheel(tmp_path / "w", "cx-lib", "9.0"), "cx-lib", "1.0")
    bench = bench._replace(room=bench.room._replace(shelf=shelf))
    facts = bench.reading()[1]
    part = Part("pip", str(bench.environment), facts, (Step(INSTALL, None, ROW),))
    with pytest.raises(RestoreError, match=r"installs cx-lib 9\.0, not cx-lib 1\.0"):
        pip.fetch(part, bench.room)
    pip.recover(part, bench.room)


def test_a_wheel_for_another_interpreter_is_not_taken(bench: Bench, tmp_path: Path) -> None:
    shelf = Memory()
    for tag in ("cp27-cp27m-linux_x86_64", "py2-none-any", "cp311-cp311-win_amd64", "py2.-none-any"):
        shelf.keep(wheel(tmp_path / "w", "cx-lib", "1.0", tag=tag), "cx-lib", "1.0")
    bench = bench._replace(room=bench.room._replace(shelf=shelf))
    (found,) = obstacles(bench.environment, bench.room, Step(INSTALL, None, ROW))
    assert (found.kind, found.package) == ("missing", "cx-lib 1.0")


def test_a_wheel_built_from_what_is_installed_installs_the_same_again(bench: Bench, tmp_path: Path) -> None:
    go(bench, rows(cx_lib="1.0", cx_turn="2.0", cx_gone="1.0"))
    before = listed([bench.environment])
    shelf = Memory()
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for row in bench.reading()[0].packages:
        made, again = built(bench, row, tmp_path / "one"), built(bench, row, tmp_path / "two")
        assert made.read_bytes() == again.read_bytes()
        shelf.keep(made, row.name, row.version, "installed")
    go(bench, rows())
    go(bench._replace(room=bench.room._replace(shelf=shelf)), rows(cx_lib="1.0", cx_turn="2.0", cx_gone="1.0"))
    assert listed([bench.environment]) == before


def test_no_wheel_is_built_of_files_that_were_changed(bench: Bench, tmp_path: Path) -> None:
    go(bench, rows(cx_lib="1.0"))
    (site_of(bench) / "cx_lib/same.py").write_text("changed")
    with pytest.raises(CollectError, match=r"same\.py was changed"):
        built(bench, ROW, tmp_path)
    assert not list(tmp_path.glob("*.whl*"))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("WHEEL", "py3-none-any", "py3-none-any/../../../evil"),
        ("WHEEL", "Tag: py3-none-any", "Tag: py3-none-any\nBuild: 1/../../evil"),
        ("WHEEL", "Tag: py3-none-any", "Tag: py3-none"),
        ("RECORD", "cx_lib/same.py,sha256=", "cx_lib/same.py,md5="),
        ("RECORD", "cx_lib/same.py", "../../../include/python3.11/cx_lib/same.h"),
        ("RECORD", "cx_lib/same.py", "../../../include/site/python3.11/cx_lib/same.h"),
        ("RECORD", "cx_lib/same.py", '"' + "a" * 200_000 + '"'),
        ("RECORD", "cx_lib/same.py", "cx_lib/\0"),
    ],
)
def test_no_wheel_is_built_of_what_an_installer_did_not_write(
    bench: Bench, tmp_path: Path, file: str, old: str, new: str
) -> None:
    go(bench, rows(cx_lib="1.0"))
    path = site_of(bench) / "cx_lib-1.0.dist-info" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(CollectError):
        built(bench, ROW, tmp_path)
    assert not list(tmp_path.glob("*.whl*"))


@pytest.mark.parametrize("name", ["cx_lib/same.py", "cx_lib-1.0.dist-info/RECORD", "cx_lib-1.0.dist-info/METADATA"])
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_no_wheel_is_built_of_what_is_behind_a_link_or_no_file(
    bench: Bench, tmp_path: Path, name: str, kind: str
) -> None:
    go(bench, rows(cx_lib="1.0"))
    path = site_of(bench) / name
    if kind == "folder":
        path.parent.rename(tmp_path / "elsewhere")
        path.parent.symlink_to(tmp_path / "elsewhere")
    else:
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere") if kind == "link" else os.mkfifo(path)
    with pytest.raises((CollectError, OSError), match=r"contains a symbolic link|not a regular file"):
        built(bench, ROW, tmp_path)
    assert not list(tmp_path.glob("*.whl*"))


def test_it_can_be_put_in_again_at_the_same_version(bench: Bench) -> None:
    go(bench, rows(cx_lib="1.0"))
    before = listed([bench.environment])
    now, facts = bench.reading()
    (site_of(bench) / "cx_lib/same.py").write_text("changed")
    step = Step(REINSTALL, now.packages[0], now.packages[0])
    part = Part("pip", str(bench.environment), facts, (step,))
    pip.fetch(part, bench.room)
    pip.apply(part, bench.room)
    pip.finish(part, bench.room)
    assert listed([bench.environment]) == before
