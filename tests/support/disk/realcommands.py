"""The command `cortex snapshot` under strace: each call of it the last or failing, and what is there afterwards."""

from __future__ import annotations

import random
import re
import shutil
import time
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.cli.exit_codes import BY_KIND, DONE
from cortexrepo.cli.where import ANNOUNCED
from cortexrepo.errors import NoRepositoryError
from cortexrepo.repository.repository import Repository
from support.disk import realdisks, strace
from support.disk.cut_states import cuts
from support.disk.disk import Disk
from support.disk.process import Process
from support.disk.realruns import ERRORS
from support.disk.strace import KILL, Fault
from support.machines.roots import make_root
from support.processes.command_line import CommandLine
from support.repositories.world import LOCATION, Broken, check_clean, check_complete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from support.disk.strace import Call, Traced

_SOME_STATES = 8
_BY_CHANCE = re.compile("(?<=/)[0-9a-f]{2}(?=/|$)|[0-9a-f]{8,}")
_READERS = {"list", "verify"}


class Command(NamedTuple):
    """A command, with the messages of snapshots for their ids, and how to see that it is done."""

    words: tuple[str, ...]
    done: Callable[[Repository], bool]


def _kept(repository: Repository) -> list[str]:
    return [snapshot.message for snapshot in repository.snapshots()]


def _deleted(repository: Repository) -> list[str]:
    return [snapshot.message for snapshot in repository.listing(deleted=True).snapshots]


def _ids(repository: Repository) -> dict[str, str]:
    both = (*repository.snapshots(), *repository.listing(deleted=True).snapshots)
    return {snapshot.message: snapshot.id for snapshot in both}


COMMANDS = {
    "create": Command(
        ("create", "new", "--tag", "fresh"),
        lambda repository: "new" in _kept(repository) and "fresh" in repository.tags(),
    ),
    "delete": Command(("delete", "--yes", "{other}"), lambda repository: "other" in _deleted(repository)),
    "undelete": Command(("undelete", "{dead}"), lambda repository: "dead" in _kept(repository)),
    "tag": Command(("tag", "golden", "{old}"), lambda repository: "golden" in repository.tags()),
    "gc": Command(("gc", "--expire-deleted", "now"), lambda repository: not _deleted(repository)),
    "list": Command(("list",), lambda _: True),
    "verify": Command(("verify",), lambda _: True),
}


def prepare(directory: Path) -> Path:
    """Makes a machine's root, and beside it a repository that is of another time; returns the root."""
    root = make_root(directory / "root")
    cortex = CommandLine(directory / "before" / LOCATION[1:], root)
    cortex.repo.parent.mkdir()
    for message in ("old", "other", "dead"):
        make_root(root, apt={"bash": f"5.2-{message}"}, pip={"number": str(len(message))})
        assert cortex("create", message).code == DONE
    repository = Repository.open(cortex.repo)
    repository.delete([_ids(repository)["dead"]])
    make_root(root)
    # What is younger than two seconds is not remembered, and whether it is makes a difference in calls.
    time.sleep(2.1)
    return root


class RealCommand:
    """A command, from the same beginning each time."""

    def __init__(self, directory: Path, root: Path, before: Path | None, name: str) -> None:
        """Takes a directory to work in, the machine, what is there before (None: nothing), and what in `COMMANDS`."""
        self._directory = directory
        self._root = root
        self._before = before
        self._command = COMMANDS[name]
        ids = _ids(Repository.open(before / LOCATION[1:])) if before else {}
        self._words = [word.format(**ids) for word in self._command.words]
        # Whoever imports a module first keeps it compiled, and the others open one file less.
        self._fill(directory / "first")
        self._cortex(directory / "first").process(*self._words)
        self.undisturbed = self._run(directory / "undisturbed", None)
        assert self.undisturbed.code == DONE, self.undisturbed.err

    def kill(self, numbers: Iterable[int]) -> int:
        """Kills the command before these of its calls, and checks what is then; returns how often."""
        return sum(self._strike(number, KILL) for number in numbers)

    def fail(self, numbers: Iterable[int]) -> int:
        """Fails these of its calls, each with one error in turn, and checks what is then; returns how often."""
        calls = self.undisturbed.calls
        kinds = [(number, ERRORS[calls[number].kind]) for number in numbers]
        return sum(self._strike(number, errors[number % len(errors)]) for number, errors in kinds)

    def fail_reading(self, numbers: Iterable[int]) -> int:
        """Fails these of the calls that open a file or directory of the repository, or list one."""
        return sum(self._strike(number, "EIO", reading=True) for number in numbers)

    # -- running

    def _strike(self, number: int, what: str, *, reading: bool = False) -> bool:
        call = (self.undisturbed.reads if reading else self.undisturbed.calls)[number]
        place = self._directory / f"{number} {what} {call.name}"

        def run() -> Traced:
            shutil.rmtree(place, ignore_errors=True)
            return self._run(place, Fault(call.name, call.at, what))

        def is_struck(ended: Traced) -> bool:
            if reading:
                # The order in which a directory is listed is by chance, and so is which file is read when.
                return [each.kind for each in ended.reads if each.injected] == [call.kind]
            found, expected = ended.calls[: number + 1], self.undisturbed.calls[: number + 1]
            return list(map(_like, found)) == list(map(_like, expected)) and not found[number].done

        ended = strace.until(is_struck, run)
        try:
            self._check(place, ended, what)
        except Exception as error:
            where = f"{self._words}, {what} at {call}, exit code {ended.code}: {ended.err}"
            raise Broken(f"{where}: {type(error).__name__}: {error}") from error
        shutil.rmtree(place)
        return True

    def _run(self, place: Path, fault: Fault | None) -> Traced:
        self._fill(place)
        cortex = self._cortex(place)
        return strace.run(cortex.command(*self._words), cortex.unmeasured(), place, self._directory / "log", fault)

    def _fill(self, place: Path) -> None:
        if self._before:
            shutil.copytree(self._before, place)
        else:
            place.mkdir()

    def _cortex(self, place: Path) -> CommandLine:
        return CommandLine(place / LOCATION[1:], self._root)

    # -- checking

    def _check(self, place: Path, ended: Traced, what: str) -> None:
        if what != KILL:
            self._check_end(ended, what)
        left = realdisks.read(place)
        disk = realdisks.read(self._before) if self._before else Disk()
        realdisks.replay(disk, ended.calls)
        assert disk.fingerprint() == left.fingerprint(), "there is something else than the calls have put there"
        chance = random.Random(1)  # noqa: S311 -- the same in every run
        for each in cuts(disk, _SOME_STATES, chance).disks:
            self._check_state(each, done=ended.code == DONE)
        self._check_state(left, done=ended.code == DONE)
        self._again(place)

    def _check_end(self, ended: Traced, what: str) -> None:
        assert ended.code in {DONE, *BY_KIND.values()}
        if ended.code == DONE:
            # Where reading failed, that it was read is not said.
            assert self._words[0] not in _READERS or ended.out == self.undisturbed.out
            return
        assert what != "EINTR"
        lines = ended.err.splitlines()
        if lines[0].startswith(ANNOUNCED):
            del lines[0]
        # A line for each thing that is wrong, and the way out.
        assert all(line.startswith(("cortex: ", "hint: ")) for line in lines)
        assert len(lines) in {1, 2} or self._words[0] in _READERS

    def _check_state(self, disk: Disk, *, done: bool) -> None:
        try:
            repository = Repository.open(LOCATION, files=Process(disk))
        except NoRepositoryError:
            assert not self._before
            assert not done
            return
        check_complete(disk)
        assert repository.upkeep.verify().problems == ()
        assert not self._before or {"old"} <= set(_kept(repository))
        assert not done or self._command.done(repository)

    def _again(self, place: Path) -> None:
        """Does the same again, undisturbed, and collects."""
        cortex = self._cortex(place)
        again = cortex(*self._words)
        assert again.code == DONE or "cortex: " in again.err, again.err
        repository = Repository.open(cortex.repo)
        assert self._command.done(repository), again.err
        repository.upkeep.gc()
        check_complete(realdisks.read(place))
        check_clean(realdisks.read(place))


def _like(call: Call) -> tuple[str, str, str]:
    """What is the same in every run: names and ids are by chance, and the order in which a directory is listed."""
    return call.kind, _BY_CHANCE.sub("*", call.path), _BY_CHANCE.sub("*", call.source)
