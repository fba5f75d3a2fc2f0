"""Beds with the local archive and nothing else for apt to know: what the tests of the apt restore begin from."""

from __future__ import annotations

import os
import pickle  # noqa: TID251 -- a part, in a bed
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt import versions as debversion
from cortexrepo.ecosystems.apt.names import file_name, is_there
from cortexrepo.ecosystems.apt.restore import restorer as apt
from cortexrepo.ecosystems.apt.restore.settlements import settled
from cortexrepo.ecosystems.apt.state import by_place, rows
from cortexrepo.ecosystems.contract.restoring import Room, Work
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.model.artifact import Artifact
from cortexrepo.model.content import alike, bare, contradict
from cortexrepo.model.plan import DOWNGRADE, INSTALL, KINDS, MARK, REINSTALL, REMOVE, UPGRADE, Part, Step
from support.machines.beds import Bed
from support.machines.thinned import thin
from support.packages.archive import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Proposal
    from cortexrepo.model.package import Manifest, Package
    from support.machines.beds import Ended

REPOSITORY = "/srv/archive"
SHELF = "/srv/shelf"
STAGING = "/var/lib/restore"
_QUIET = ("-qq", "-y", "-o", "Dpkg::Use-Pty=0", "--allow-downgrades", "--allow-change-held-packages")
_CONFFILES = ("-o", "Dpkg::Options::=--force-confold")


@contextmanager
def apt_bed(place: Path | None = None, size: str = "2g", suite: str = "all") -> Iterator[Bed]:
    """Makes a bed whose apt knows the archive's `suite` alone, with nothing of this machine's own configuration.

    dpkg knows a part of this machine's packages there: see `thin`.
    """
    with Bed.make(place, size) as bed:
        bed.call(thin)
        know_archive(bed, suite)
        yield bed


def know_archive(bed: Bed, suite: str = "all") -> None:
    """Has the apt of a bed know the archive's `suite` alone."""
    _forget(bed)
    standard(kernel=os.uname().release).write(bed.path(REPOSITORY))
    bed.run("dpkg", "--add-architecture", "i386")
    offer(bed, suite)


def offer(bed: Bed, suite: str) -> None:
    """Has apt know this suite from now on."""
    bed.path("/etc/apt/sources.list").write_text(f"deb [trusted=yes] copy:{REPOSITORY} {suite} main\n")
    bed.run("apt-get", "-qq", "update")


def install(bed: Bed, *words: str) -> None:
    """Has apt-get install what the words say: `NAME`, `NAME=VERSION`, `NAME-`."""
    bed.run("apt-get", *_QUIET, *_CONFFILES, "install", *words)


def cortex(bed: Bed, *words: str, code: int | None = 0) -> Ended:
    """Runs `cortex snapshot` in a bed, which must end with `code` if one is given."""
    variables = {"PYTHONPATH": os.environ.get("PYTHONPATH", ""), "CORTEX_CACHE": ""}
    return bed.run(sys.executable, "-m", "cortexrepo", "snapshot", *words, variables=variables, code=code)


def _forget(bed: Bed) -> None:
    """Takes away sources, pins, options and the cache: the tests are about ours."""
    for path in ("sources.list.d", "apt.conf.d", "preferences.d"):
        shutil.rmtree(bed.path(f"/etc/apt/{path}"), ignore_errors=True)
        bed.path(f"/etc/apt/{path}").mkdir()
    for path in ("apt.conf", "preferences"):
        bed.path(f"/etc/apt/{path}").unlink(missing_ok=True)
    for path in ("/var/lib/apt/lists", "/var/cache/apt/archives"):
        shutil.rmtree(bed.path(path), ignore_errors=True)
    for path in ("/var/lib/apt/lists/partial", "/var/cache/apt/archives/partial"):
        bed.path(path).mkdir(parents=True)
    for name in ("pkgcache.bin", "srcpkgcache.bin"):
        bed.path(f"/var/cache/apt/{name}").unlink(missing_ok=True)
    # What was recorded or restored on this machine must not pave the way: the first command makes the directories.
    shutil.rmtree(bed.path("/var/lib/cortex"), ignore_errors=True)


class FakeShelf:
    """Files of packages in a directory, kept under apt's own names."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        """See `Shelf.find`."""
        path = f"{self._directory}/{file_name(package)}"
        if ecosystem != "apt" or not os.path.exists(path):
            return ()
        about = (ecosystem, package.name, package.arch, package.version, file_name(package))
        return (Artifact(*about, "0" * 64, os.path.getsize(path), "cache"),)

    def copy(self, artifact: Artifact, path: str) -> None:
        """See `Shelf.copy`."""
        shutil.copyfile(f"{self._directory}/{artifact.file}", path)


class Outcome(NamedTuple):
    """What came of a restore: the proposal, what was told, and the steps as a part."""

    proposal: Proposal
    told: list[str]
    part: Part


def steps_between(now: Manifest, target: Manifest) -> tuple[Step, ...]:
    """Returns the steps from one manifest to another; in the product a plan is made elsewhere."""
    native = next(row.arch for row in now.packages if row.name == "dpkg")
    have, want = by_place(now.packages, native), by_place(target.packages, native)
    found = [_step(have.get(key), want.get(key)) for key in sorted(have.keys() | want.keys())]
    steps = [step for step in found if step is not None]
    return tuple(sorted(steps, key=lambda step: (KINDS.index(step.kind), step.package)))


def room(staging: str = STAGING, shelf: str = SHELF, told: Callable[[str], None] | None = None) -> Room:
    """Returns what a part has to work with, in a bed."""
    os.makedirs(staging, mode=0o700, exist_ok=True)
    return Room(LiveMachine(os.environ, "/root"), FakeShelf(shelf), staging, told or (lambda _: None))


def work(target: Manifest, *, hold: bool = False) -> Work:
    """Returns the way from what is installed now to `target`."""
    now = rows()
    return Work("apt", "", (), (), now, target, steps_between(now, target), hold)


def propose(target: Manifest, *, hold: bool = False) -> Proposal:
    """Returns the proposal for a way back to `target`."""
    return apt.propose(work(target, hold=hold), room())


def restore(target: Manifest, told: Callable[[str], None] | None = None) -> Outcome:
    """Does what a restore does, as long as nothing stands against it."""
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        if told is not None:
            told(line)

    given = room(told=tell)
    proposal = apt.propose(work(target), given)
    part = Part("apt", "", (), proposal.steps, proposal.space)
    if not proposal.obstacles:
        if not os.path.exists(f"{given.staging}/part"):
            # As in the product: going on keeps what was begun.
            with open(f"{given.staging}/part", "wb") as file:
                pickle.dump(part, file)
        apt.fetch(part, given)
        apt.apply(part, given)
    return Outcome(proposal, lines, part)


def begin(target: Manifest) -> None:
    """Does what a restore does before it changes anything: what is left is as after a kill in its first moment."""
    given = room()
    proposal = apt.propose(work(target), given)
    part = Part("apt", "", (), proposal.steps, proposal.space)
    with open(f"{given.staging}/part", "wb") as file:
        pickle.dump(part, file)
    apt.fetch(part, given)


def put_again(name: str) -> Proposal:
    """Puts a package in again at the version that is there."""
    now, given = rows(), room()
    steps = tuple(Step(REINSTALL, row, row) for row in now.packages if row.name == name)
    proposal = apt.propose(Work("apt", "", (), (), now, now, steps), given)
    part = Part("apt", "", (), proposal.steps)
    apt.fetch(part, given)
    apt.apply(part, given)
    return proposal


def resume(target: Manifest) -> Outcome:
    """Does what a later process does after a kill, to get to the end."""
    apt.recover(last_part(), room())
    return restore(target)


def recover() -> None:
    """Does the first thing that a later process does after a kill."""
    apt.recover(last_part(), room())


def lead_back() -> None:
    """Does what a later process does after a kill, to get back to where it began."""
    apt.recover(last_part(), room())
    apt.revert(last_part(), room())
    apt.finish(last_part(), room())


def last_part() -> Part:
    """Returns the part that was begun: what the journal holds, in the product."""
    with open(f"{STAGING}/part", "rb") as file:
        part = pickle.load(file)  # noqa: S301 -- written by `restore`
    assert isinstance(part, Part)
    return part


def _step(have: Package | None, want: Package | None) -> Step | None:
    there, will = is_there(have), is_there(want)
    if have == want or (have is not None and want is not None and alike(have, want)):
        return None
    if not will or want is None:
        return Step(REMOVE if there else MARK, have, want)
    if not there or have is None:
        return Step(INSTALL, have, want)
    if have.version != want.version:
        newer = debversion.compare(have.version, want.version) < 0
        return Step(UPGRADE if newer else DOWNGRADE, have, want)
    if contradict(have, want):
        return Step(REINSTALL, have, want)
    settlement = settled(bare(have), bare(want))
    kind = MARK if have.arch == want.arch else REINSTALL
    return Step((settlement and settlement.kind) or kind, have, want)
