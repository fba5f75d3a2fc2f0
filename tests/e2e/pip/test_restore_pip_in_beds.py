"""The directories that need a machine of one's own: the administrator's packages, and a disk without room."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.machines.beds import Bed
from support.packages.contents import SAME, differing
from support.packages.wheels import index
from support.restores.pip_restores import Bench, listed, offer, room, rows, run, shelved

from cortexrepo.ecosystems.pip.restore import restorer as pip
from cortexrepo.errors import CortexError, RefusedError, RestoreError

if TYPE_CHECKING:
    from collections.abc import Callable

DEBIAN = "/usr/bin/python3"
LOCAL = Path("/usr/local")


@pytest.fixture(name="base")
def _base(tmp_path: Path) -> Path:
    base = tmp_path.resolve()
    index(base / "wheels")
    return base


def there_and_back(base: Path) -> tuple[list[str], list[str], list[str]]:
    """Runs in a bed: returns which files were not the same after going back, and forth, and what was there."""
    name = run([DEBIAN, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"], base).strip()
    offer(base, base / "wheels")
    bench = Bench(LOCAL / f"lib/{name}/dist-packages", room(base), "local")
    roots = [LOCAL / "bin", LOCAL / "lib" / name, LOCAL / "etc", LOCAL / "share", Path("/usr/include") / name]
    install = [DEBIAN, "-m", "pip", "install", "--break-system-packages"]
    run([*install, "cx-app==1.0", "cx-turn==1.0"], base / "home")
    first, before = bench.reading()[0], listed(roots)
    run([*install, "cx-app==2.0", "cx-turn==2.0", "cx-gone"], base / "home")
    second, changed = bench.reading()[0], listed(roots)
    same = []
    for target, expected in ((first, before), (second, changed)):
        part = bench.part(target)
        pip.fetch(part, bench.room)
        pip.apply(part, bench.room)
        assert bench.reading()[0] == target
        pip.finish(part, bench.room)
        now = listed(roots)
        same.append(sorted(path for path in now | expected if now.get(path) != expected.get(path)))
    return same[0], same[1], [row.name for row in second.packages if row.name.startswith("cx-")]


def test_the_administrators_packages_go_back_exactly(base: Path) -> None:
    if subprocess.run([DEBIAN, "-m", "pip", "--version"], capture_output=True, cwd="/", check=False).returncode != 0:
        pytest.skip("the system's Python has no pip here")
    with Bed.make() as bed:
        back, forth, names = bed.call(there_and_back, base)
    assert (back, forth) == ([], [])
    assert names == ["cx-app", "cx-gone", "cx-lib", "cx-turn"]


def fill(path: Path) -> None:
    """Writes until not one byte more can be written."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue


def without_room(base: Path) -> dict[str, bool]:
    """Runs in a bed, whose disk is small: returns what was as it should be."""
    bench = shelved(Bench(base / "v", room(base)), base / "wheels")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bench.environment)], check=True)
    part = bench.part(rows(cx_app="1.0", cx_lib="1.0", cx_turn="1.0"))
    pip.fetch(part, bench.room)
    pip.apply(part, bench.room)
    pip.finish(part, bench.room)
    start = listed([bench.environment])
    target = rows(cx_app="2.0", cx_lib="2.0", cx_solo="1.0")
    part = bench.part(target)
    found = {}
    fill(base / "ballast")
    found["the plan says so"] = [one.kind for one in pip.propose(bench.work(target), bench.room).obstacles] == ["space"]
    found["nothing is fetched"] = _fails(lambda: pip.fetch(part, bench.room))
    found["nothing is applied"] = _fails(lambda: pip.apply(part, bench.room)) and bench.environment.exists()
    (base / "ballast").unlink()
    pip.recover(part, bench.room)
    found["nothing was touched"] = listed([bench.environment]) == start
    pip.fetch(part, bench.room)
    fill(base / "ballast")
    found["it stops"] = _fails(lambda: pip.apply(part, bench.room))
    (base / "ballast").unlink()
    pip.recover(part, bench.room)
    pip.revert(part, bench.room)
    found["it goes back"] = listed([bench.environment]) == start
    shutil.rmtree(base / "staging")
    room(base)
    part = bench.part(target)
    pip.fetch(part, bench.room)
    pip.apply(part, bench.room)
    found["it goes on"] = differing(bench.reading()[0], target) == SAME
    pip.finish(part, bench.room)
    return found


def _fails(act: Callable[[], None]) -> bool:
    try:
        act()
    except CortexError as error:
        return isinstance(error, RestoreError | RefusedError)
    return False


def test_on_a_full_disk_nothing_is_lost_and_all_works_again(base: Path) -> None:
    with Bed.make(size="40m") as bed:
        found = bed.call(without_room, base)
    assert found == dict.fromkeys(found, True)
