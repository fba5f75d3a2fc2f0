"""A prefix with global packages of real npm, a registry for it, and what a restore is given to work with."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.contract.restoring import Room, Work
from cortexrepo.ecosystems.npm.places import place
from cortexrepo.ecosystems.npm.restore import restorer as npm
from cortexrepo.ecosystems.npm.versions import compare
from cortexrepo.errors import FetchError
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.machine.whose.commands import SYSTEM
from cortexrepo.model.content import alike
from cortexrepo.model.plan import DOWNGRADE, INSTALL, KINDS, REINSTALL, REMOVE, UPGRADE, Part, Step
from cortexrepo.recording.collecting import collect
from support.disk.entries import entry
from support.packages.tarballs import tarball

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Proposal
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.package import Manifest, Package
    from support.packages.tarballs import Registry

BUILT = "require('fs').writeFileSync('built.txt', 'for ' + require('./package.json').version)"

PACKAGES = [
    *(tarball("one", version, bin="cli.js", man="./one.1", files={"one.1": "page"}) for version in ("1.0.0", "1.1.0")),
    tarball("leaf", "1.0.0"),
    tarball("leaf", "2.0.0"),
    tarball("leaf", "2.1.0", bin={"leaf": "cli.js"}),
    tarball("mid", "1.0.0", dependencies={"leaf": "1.0.0"}),
    tarball("mid", "1.5.0", dependencies={"leaf": "2.0.0"}),
    tarball("tree", "1.0.0", dependencies={"mid": "1.0.0", "leaf": "2.0.0"}, bin={"tree": "cli.js", "wood": "cli.js"}),
    tarball("tree", "2.0.0", dependencies={"mid": "1.5.0", "leaf": "2.1.0"}, bin={"tree": "cli.js"}),
    *(tarball("@cx/scoped", version, bin={"cx-scoped": "./cli.js"}) for version in ("1.0.0", "1.0.1")),
    *(
        tarball(
            "bundle",
            version,
            dependencies={"inner": version, "leaf": "1.0.0"},
            bundleDependencies=["inner"],
            files={
                # Nowhere available but in here.
                "node_modules/inner/package.json": f'{{"name": "inner", "version": "{version}"}}',
                "node_modules/inner/index.js": f"// {version}",
                ".gitignore": "ignored",
            },
        )
        for version in ("1.0.0", "2.0.0")
    ),
    *(
        tarball("built", version, files={"build.js": BUILT}, scripts={"install": "node build.js"})
        for version in ("1.0.0", "2.0.0")
    ),
    tarball("only-new", "1.0.0", bin={"only-new": "cli.js"}),
    tarball("@cx/only-old", "1.0.0", bin={"only-old": "cli.js"}),
]

A = (
    "one@1.0.0", "tree@1.0.0", "@cx/scoped@1.0.0", "bundle@1.0.0", "built@1.0.0", "other@npm:leaf@1.0.0",
    "@cx/only-old@1.0.0",
)  # fmt: skip
B = ("one@1.1.0", "tree@2.0.0", "@cx/scoped@1.0.1", "bundle@2.0.0", "built@2.0.0", "other@npm:leaf@2.0.0",
     "only-new@1.0.0")  # fmt: skip
GONE = ("@cx/only-old",)


class EmptyShelf:
    """Keeps nothing."""

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        return ()

    def copy(self, artifact: Artifact, path: str) -> None:
        raise FetchError("there is none")


class NpmWorld(NamedTuple):
    """A home with a configuration of its own, and a prefix."""

    home: Path
    prefix: Path
    node: str

    def run(self, *arguments: str) -> str:
        """Runs npm as a person in this home would; it must not fail."""
        environment = {"PATH": f"{self.node}:{':'.join(SYSTEM)}", "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        command = ["npm", *arguments, "--no-audit", "--no-fund", "--no-update-notifier"]
        return subprocess.run(
            command, env=environment, cwd=self.home, capture_output=True, text=True, timeout=120, check=True
        ).stdout

    def install(self, *specs: str) -> None:
        """Installs global packages."""
        self.run("install", "-g", "--prefix", str(self.prefix), "--install-strategy=nested", *specs)

    def machine(self) -> LiveMachine:
        """Returns the machine as a process in this home sees it."""
        return LiveMachine({}, str(self.home))

    def manifest(self) -> Manifest:
        """Returns what is installed, as a snapshot has it."""
        found = collect(only=["npm"], environments=[str(self.prefix)], environment={"HOME": str(self.home)})
        (reading,) = [one for one in found.readings if one.environment == str(self.prefix)]
        assert (reading.status, reading.error) == ("ok", "")
        assert reading.manifest is not None
        return reading.manifest

    def work(self, target: Manifest, **more: object) -> Work:
        """Returns what leads from what is installed to `target`."""
        now = self.manifest()
        facts: dict[str, tuple[tuple[str, str], ...]] = {"facts": (), "then": (), **more}  # type: ignore[dict-item]
        return Work("npm", str(self.prefix), facts["facts"], facts["then"], now, target, steps_between(now, target))

    def room(self, name: str = "staging", shelf: object = None) -> Room:
        """Returns what a part has to work with."""
        staging = self.home / name
        staging.mkdir(mode=0o700, exist_ok=True)
        return Room(self.machine(), shelf or EmptyShelf(), str(staging), lambda line: None)  # type: ignore[arg-type]


def new_world(directory: Path, registry: Registry, node: str = "/usr/bin") -> NpmWorld:
    """Makes a home whose npm knows this registry alone."""
    home = directory / "home"
    home.mkdir(parents=True)
    (home / ".npmrc").write_text(f"registry={registry.address}\n")
    (directory / "prefix/lib/node_modules").mkdir(parents=True)
    return NpmWorld(home.resolve(), (directory / "prefix").resolve(), node)


def steps_between(now: Manifest, target: Manifest) -> tuple[Step, ...]:
    """Returns the steps as a plan has them: one for each place where the rows are not the same."""
    before = {place(row): row for row in now.packages}
    after = {place(row): row for row in target.packages}
    found = [
        Step(_kind(before.get(where), after.get(where)), before.get(where), after.get(where))
        for where in before.keys() | after.keys()
        if not _same(before.get(where), after.get(where))
    ]
    return tuple(sorted(found, key=lambda step: (KINDS.index(step.kind), step.package)))


def _same(before: Package | None, after: Package | None) -> bool:
    return before == after or (before is not None and after is not None and alike(before, after))


def _kind(before: Package | None, after: Package | None) -> str:
    if before is None or after is None:
        return INSTALL if before is None else REMOVE
    order = compare(before.version, after.version)
    return UPGRADE if order < 0 else DOWNGRADE if order > 0 else REINSTALL


def part_of(work: Work, proposal: Proposal) -> Part:
    """Returns what a person has said yes to."""
    return Part(work.ecosystem, work.environment, work.facts, proposal.steps, proposal.space)


def restore(world: NpmWorld, target: Manifest, room: Room) -> Proposal:
    """Does all that a restore does; the proposal must have no obstacle."""
    work = world.work(target)
    proposal = npm.propose(work, room)
    assert proposal.obstacles == ()
    part = part_of(work, proposal)
    npm.fetch(part, room)
    npm.apply(part, room)
    npm.finish(part, room)
    return proposal


def tree(prefix: Path, *, parts: tuple[str, ...] = ("lib", "bin", "share")) -> dict[str, tuple[object, ...]]:
    """Returns everything in the prefix: mode and content of files, where links point."""
    found: dict[str, tuple[object, ...]] = {}
    for part in parts:
        for folder, names, files in os.walk(prefix / part):
            for name in (*names, *files):
                path = os.path.join(folder, name)
                found[os.path.relpath(path, prefix)] = entry(path)
    return found


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Returns the paths at which two trees differ."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
