"""Restores of one Python environment, as the whole restore would drive them."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.contract.restoring import Proposal, Room, Work
from cortexrepo.ecosystems.pip.versions import compare
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.model.artifact import Artifact
from cortexrepo.model.content import alike, contradict
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import DOWNGRADE, INSTALL, KINDS, MARK, REINSTALL, REMOVE, UPGRADE, Part, Step
from cortexrepo.model.snapshot import OK
from cortexrepo.recording.collecting import collect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cortexrepo.machine.programs import Machine


class Memory:
    """A shelf of files that are kept by content, whatever they are called."""

    def __init__(self, kept: dict[Artifact, bytes] | None = None) -> None:
        self.kept = dict(kept or {})

    def keep(self, path: Path, name: str, version: str, origin: str = "source") -> None:
        data = path.read_bytes()
        content = hashlib.blake2b(data, digest_size=32).hexdigest()
        self.kept[Artifact("pip", name, "", version, path.name, content, len(data), origin)] = data

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        wanted = (ecosystem, package.name, package.arch, package.version)
        return tuple(one for one in self.kept if one[:4] == wanted)

    def copy(self, artifact: Artifact, path: str) -> None:
        with open(path, "xb") as file:
            file.write(self.kept[artifact])


class Bench(NamedTuple):
    """An environment and what a restore of it has to work with."""

    environment: Path
    room: Room
    kind: str = "venv"

    def reading(self) -> tuple[Manifest, tuple[tuple[str, str], ...]]:
        """Returns what is installed now, and the environment's facts."""
        found = collect(only=("pip",), environments=(str(self.environment),), environment={})
        (reading,) = [one for one in found.readings if one.environment == str(self.environment)]
        assert reading.status == OK, reading.error
        assert reading.manifest is not None
        facts = dict(reading.facts) | {"kind": self.kind}
        return reading.manifest, tuple(facts.items())

    def work(self, target: Manifest, then: tuple[tuple[str, str], ...] | None = None) -> Work:
        now, facts = self.reading()
        steps = steps_between(now, target)
        return Work("pip", str(self.environment), facts, then or facts, now, target, steps)

    def part(self, target: Manifest) -> Part:
        """Returns the part that leads to `target`, all of which is available."""
        work = self.work(target)
        from cortexrepo.ecosystems.pip.restore import restorer as pip

        return part_of(work, pip.propose(work, self.room))

    def new_room(self) -> Room:
        """Empties the staging directory, as a restore that begins does."""
        shutil.rmtree(self.room.staging)
        os.mkdir(self.room.staging, 0o700)
        return self.room


def part_of(work: Work, proposal: Proposal) -> Part:
    assert proposal.obstacles == (), list(map(str, proposal.obstacles))
    return Part("pip", work.environment, work.facts, proposal.steps, proposal.space)


def room(directory: Path, machine: Machine | None = None, shelf: Memory | None = None) -> Room:
    """Returns a room with a staging directory below `directory`, where programs have their home as well."""
    staging = directory / "staging"
    staging.mkdir(mode=0o700, exist_ok=True)
    home = directory / "home"
    home.mkdir(exist_ok=True)
    return Room(machine or LiveMachine({}, str(home)), shelf or Memory(), str(staging), lambda _: None)


def shelved(bench: Bench, wheels: Path) -> Bench:
    """Returns the environment with every wheel kept, whatever pip is configured with."""
    shelf = Memory()
    for path in sorted(wheels.glob("*.whl")):
        stem, version, *_ = path.name.split("-")
        shelf.keep(path, stem.replace("_", "-").lower(), version)
    return bench._replace(room=room(bench.environment.parent, shelf=shelf))


def rows(**versions: str) -> Manifest:
    """Returns a manifest of the packages in `support.packages.wheels.index`; `_` stands for `-` in the names."""
    names = {name.replace("_", "-"): version for name, version in versions.items()}
    written = {"cx-solo": (("name", "Cx.Solo"),)}
    return Manifest.of("pip", [Package(one, "", names[one], 0, written.get(one, ())) for one in names])


def offer(directory: Path, wheels: Path) -> None:
    """Configures pip, in the home that programs have, to know the wheels of one directory and no network."""
    configuration = directory / "home/.config/pip/pip.conf"
    configuration.parent.mkdir(parents=True, exist_ok=True)
    configuration.write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n")


def steps_between(now: Manifest, target: Manifest) -> tuple[Step, ...]:
    """Returns the steps from one manifest to another, of names that are in each at most once."""
    old = {row.name: row for row in now.packages}
    new = {row.name: row for row in target.packages}
    both = [(old.get(name), new.get(name)) for name in old.keys() | new.keys()]
    found = [_step(before, after) for before, after in both if not _same(before, after)]
    return tuple(sorted(found, key=lambda step: (KINDS.index(step.kind), step.package.name)))


def _same(before: Package | None, after: Package | None) -> bool:
    return before == after or (before is not None and after is not None and alike(before, after))


def _step(before: Package | None, after: Package | None) -> Step:
    if before is None or after is None:
        return Step(REMOVE if after is None else INSTALL, before, after)
    order = compare(before.version, after.version)
    if order:
        return Step(UPGRADE if order < 0 else DOWNGRADE, before, after)
    same = before.attribute("url") == after.attribute("url") and not contradict(before, after)
    return Step(MARK if same else REINSTALL, before, after)


def listed(roots: Iterable[Path]) -> dict[str, tuple[object, ...]]:
    """Returns all that is below some directories but bytecode: modes, contents, targets of links."""
    found: dict[str, tuple[object, ...]] = {}
    for path in (path for root in roots for path in root.rglob("*")):
        if "__pycache__" in path.parts or path.suffix == ".pyc":
            continue
        info = path.lstat()
        if path.is_symlink():
            found[str(path)] = ("link", str(path.readlink()))
        elif path.is_dir():
            found[str(path)] = ("directory", stat.S_IMODE(info.st_mode))
        else:
            found[str(path)] = (stat.S_IMODE(info.st_mode), path.read_bytes())
    return found


def with_bytecode(root: Path) -> dict[str, bytes]:
    """Returns all files below a directory with their contents."""
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def run(command: Sequence[str], home: Path) -> str:
    """Runs a real tool apart from the user's settings."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
