"""For every ecosystem that can be restored: a place with an environment in it that has changed, and the way back."""

from __future__ import annotations

import hashlib
import os
import pickle  # noqa: TID251 -- for a process of the tests
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import cortexrepo
from cortexrepo.ecosystems import registry
from cortexrepo.model.artifact import Artifact
from support.machines.aptbeds import apt_bed, install
from support.machines.beds import Bed, Killed
from support.machines.here import Here
from support.machines.npmworld import new_world
from support.packages.tarballs import Registry, tarball
from support.packages.wheels import index
from support.restores.pip_restores import rows
from support.slices import phases
from support.slices.ways import WHOLE, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from cortexrepo.ecosystems.contract.restoring import Proposal
    from cortexrepo.model.package import Manifest
    from cortexrepo.model.plan import Part
    from cortexrepo.restore.run.crew import Phase
    from support.slices.ways import Listing

    Settle = Callable[["Back", Part, int], None]
    """Is given what was killed, its part, and how many were killed before; does what a later process does."""


class Back(NamedTuple):
    """A way, and where its functions run.

    Attributes:
        way: The way.
        place: Where it is.
        kills: How often a sweep may kill it: by day, and by night.
    """

    way: Way
    place: Bed | Here
    kills: tuple[int, int]

    @contextmanager
    def fresh(self) -> Iterator[Back]:
        """Returns the same, which may be changed; what is changed is lost at the end."""
        with self.place.fresh() as place:
            yield self._replace(place=place)

    @contextmanager
    def fetched(self) -> Iterator[tuple[Back, Part]]:
        """As `fresh`, with everything fetched for a part, and nothing applied."""
        with self.fresh() as back:
            part = back.place.call(back.way.part)
            back.do("fetch", part)
            yield back, part

    def propose(self) -> Proposal:
        """See `Way.propose`."""
        return self.place.call(self.way.propose)

    def do(self, phase: Phase, part: Part) -> None:
        """See `Way.do`."""
        self.place.call(self.way.do, phase, part)

    def changes(self, phase: Phase, part: Part) -> int:
        """See `Way.changes`."""
        return self.place.call(self.way.changes, phase, part)

    def kill(self, phase: Phase, part: Part, at: int) -> bool:
        """Kills a phase at its `at`th change, every other time with all that it has started; returns whether it was."""
        return self._is_killed(lambda: self.way.killed(phase, part, at, everything=bool(at % 2)))

    def cut_short(self, phase: Phase, part: Part, seconds: float) -> bool:
        """Kills a phase after some time; returns whether it was under way."""
        return self._is_killed(lambda: self.way.cut_short(phase, part, seconds))

    def _is_killed(self, act: Callable[[], object]) -> bool:
        try:
            self.place.call(act)
        except Killed:
            return True
        return False

    def alone(self, *forgotten: str) -> tuple[int, list[str]]:
        """Goes the way in a process of its own: see `phases`; returns how that ended and what it was refused."""
        path = f"{self.way.home}/request"
        self.place.call(_write, path, self.way)
        command = [sys.executable, phases.__file__, path, *forgotten]
        sources = (os.path.dirname(os.path.dirname(cortexrepo.__file__)), str(Path(phases.__file__).parents[2]))
        ended = self.place.run(*command, variables={"PYTHONPATH": ":".join(sources)}, code=None)
        return ended.code, ended.out.split()

    def listing(self) -> Listing:
        """See `Way.listing`."""
        return self.place.call(self.way.listing)

    def manifest(self) -> Manifest:
        """See `Way.manifest`."""
        return self.place.call(self.way.manifest)


def places(count: int, kills: int) -> list[int]:
    """Returns so many places: half of them spread over all that is done, half at the end, where all is put in place."""
    spread = [number * (count - 1) // (kills // 2) for number in range(kills // 2)]
    return sorted({*spread, *range(count - kills + len(spread), count)})


def sweep(back: Back, phase: Phase, kills: int, settle: Settle, *before: Phase) -> int:
    """Kills a phase at places all over its way, and settles each; returns how often it was killed."""
    found = 0
    with back.fetched() as (begun, part):
        for one in before:
            begun.do(one, part)
        with begun.fresh() as scene:
            count = scene.changes(phase, part)
        assert count >= kills
        for number, place in enumerate(places(count, kills)):
            with begun.fresh() as scene:
                found += scene.kill(phase, part, place)
                settle(scene, part, number)
    return found


def _write(path: str, way: Way) -> None:
    with open(path, "wb") as file:
        pickle.dump(way, file)


@contextmanager
def _apt(_directory: Path) -> Iterator[Back]:
    """A bed with packages that depend on one another, change their architecture, take files over, divert some."""
    names = ("cx-app", "cx-lib", "cx-plugin", "cx-ess", "cx-ma", "cx-arch", "cx-many0", "cx-many1", "cx-leaves")
    with apt_bed() as bed:
        install(bed, *(f"{name}=1.0" for name in (*names, "cx-ma:i386", "cx-solo")), "cx-old", "cx-div", "cx-so")
        bed.run("apt-mark", "auto", "cx-lib", "cx-plugin", "cx-ma:i386")
        bed.run("apt-mark", "hold", "cx-ess")
        dpkg = ("/var/lib/dpkg/info/cx-*", "/var/lib/dpkg/diversions")
        roots = ("/usr/share/cx-*", "/usr/lib/cx-*", "/etc/cx-*", *dpkg)
        sources = ("/srv/archive/pool/*", "/var/cache/apt/archives/*.deb")
        way = bed.call(Way("apt", "", "/root", "/var/lib/restore", roots, {}, sources).from_here)
        gone = ("cx-solo-", "cx-div-", "cx-ma:i386-", "cx-so-")
        install(bed, *(f"{name}=2.0" for name in names), "cx-new", "cx-sot64", *gone)
        yield Back(way, bed, (3, 60))


@contextmanager
def _pip(directory: Path) -> Iterator[Back]:
    """A virtual environment; every wheel is kept."""
    base = directory.resolve() / "place"
    (base / "home").mkdir(parents=True)
    index(base / "wheels")
    kept = dict(_kept(path) for path in sorted((base / "wheels").glob("*.whl")))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", base / "v"], check=True)
    way = Way("pip", f"{base}/v", f"{base}/home", f"{base}/staging", (f"{base}/v",), kept, (f"{base}/wheels/*",))
    there = way
    for target in (
        rows(cx_app="1.0", cx_lib="1.0", cx_turn="1.0", cx_gone="1.0"),
        rows(cx_app="2.0", cx_lib="1.1", cx_turn="2.0", cx_solo="1.0"),
    ):
        forth = way._replace(target=target)
        part = forth.part()
        for phase in WHOLE:
            forth.do(phase, part)
        if there is way:
            there = way.from_here()
    shutil.rmtree(way.staging)
    yield Back(there, Here(str(base)), (5, 60))


def _kept(path: Path) -> tuple[Artifact, str]:
    stem, version, *_ = path.name.split("-")
    data = path.read_bytes()
    content = hashlib.blake2b(data, digest_size=32).hexdigest()
    name = stem.replace("_", "-").lower()
    return Artifact("pip", name, "", version, path.name, content, len(data), "source"), str(path)


@contextmanager
def _npm(directory: Path) -> Iterator[Back]:
    """A prefix with nested packages, programs and a script; whatever is needed is in npm's cache."""
    found = shutil.which("npm")
    if found is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    base = directory.resolve() / "place"
    script = "require('fs').writeFileSync('built.txt', require('./package.json').version)"
    offered = [
        *(tarball("one", version, bin="cli.js", man="./one.1", files={"one.1": ""}) for version in ("1.0.0", "1.1.0")),
        *(tarball("leaf", version) for version in ("1.0.0", "2.0.0")),
        *(
            tarball(
                "tree", version, dependencies={"leaf": version}, bin={"tree": "cli.js", f"wood{version[0]}": "cli.js"}
            )
            for version in ("1.0.0", "2.0.0")
        ),
        *(
            tarball("built", version, files={"build.js": script}, scripts={"install": "node build.js"})
            for version in ("1.0.0", "2.0.0")
        ),
        tarball("only-new", "1.0.0", bin={"only-new": "cli.js"}),
        tarball("@cx/only-old", "1.0.0", bin={"only-old": "cli.js"}),
    ]
    with Registry(*offered) as registry_here:
        world = new_world(base, registry_here, found.rpartition("/")[0])
        world.install("one@1.0.0", "tree@1.0.0", "built@1.0.0", "@cx/only-old@1.0.0")
        roots = tuple(f"{world.prefix}/{name}" for name in ("lib", "bin", "share"))
        cache = (f"{world.home}/.npm/*",)
        way = Way("npm", str(world.prefix), str(world.home), f"{base}/staging", roots, {}, cache).from_here()
        world.run("uninstall", "-g", "--prefix", str(world.prefix), "@cx/only-old")
        world.install("one@1.1.0", "tree@2.0.0", "built@2.0.0", "only-new@1.0.0")
    yield Back(way, Here(str(base)), (3, 60))


BACK: dict[str, Callable[[Path], AbstractContextManager[Back]]] = {"apt": _apt, "pip": _pip, "npm": _npm}
RESTORED = registry.able(registry.RESTORER)
