"""A bit is turned in each live file: no command then takes another snapshot, or says plainly that there is none."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.roots import make_root
from support.processes.command_line import CommandLine
from support.repositories.inventories import MACHINE, packages

from cortexrepo.cli.commands import restore
from cortexrepo.cli.main import COMMANDS, snapshot
from cortexrepo.cli.tasks.restoring import Session
from cortexrepo.compat import SnapshotManager
from cortexrepo.model.artifact import CACHE
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Plan, Selection
from cortexrepo.model.snapshot import OK
from cortexrepo.repository import layout
from cortexrepo.repository.memory import Memory
from cortexrepo.repository.objects.objects import is_intact
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from support.processes.command_line import Result

    from cortexrepo.model.snapshot import Snapshot

MINUTE = 60_000
BEGIN = 1_767_225_600_000
OTHER = "fedcba9876543210fedcba9876543210"
COUNT = 9
PLAIN_NO = re.compile(r"no (deleted )?snapshot\b|no such|there is no|no tag|not found|is not deleted|nothing to")
FEW, MANY = 6, 60
"""So many bits of each file are turned: in every run, and in the nightly one."""


class Rotting:
    """A repository with files of every kind: in the first collection most were packed, a few came later.

    Attributes:
        right: The ids that these revisions name; with `~deleted` among the deleted ones.
        files: Every live file's path in the repository.
    """

    def __init__(self, place: Path) -> None:
        self.cortex = CommandLine(place / "repo", make_root(place / "root", pip={}, npm={}))
        self.repo = place / "repo"
        self._now = BEGIN
        repository = self._open(create=True)
        old = [self._create(repository, number) for number in range(COUNT - 4)]
        removed = self._create(repository, COUNT)
        old.append(self._create(repository, COUNT - 4))
        repository.delete([removed.id])
        repository.upkeep.gc(keep_deleted_ms=0)
        repository.tag("golden", old[2].id)
        repository.delete([old[1].id])
        repository.upkeep.gc(tidiness=Tidiness(recent=0, least=1, slack=0.0))
        new = [self._create(repository, number) for number in range(COUNT - 3, COUNT)]
        repository.delete([new[1].id])
        repository.tag("fresh", new[2].id)
        repository.artifacts.keep("pip", _package(0), "a.whl", lambda: [b"content"], CACHE)
        repository.remember(Memory(b"question", (), new[2].id))
        self._die(repository, self._create(repository, COUNT + 1), new[2])
        self._seal(self._open(), old, new)

    def _die(self, repository: Repository, claimed: Snapshot, aside: Snapshot) -> None:
        """Leaves what a collector does that dies: a claim, and an object that only is in quarantine."""
        repository.delete([claimed.id])
        (self.repo / "deleted" / claimed.id).rename(self.repo / "deleted" / f"{claimed.id}.claimed")
        (manifest,) = (slot.object for slot in aside.slots if slot.object is not None)
        with repository._store.collecting() as work:
            work.set_aside([layout.object_key(manifest)], is_intact)

    def _open(self, *, create: bool = False) -> Repository:
        found = Repository.open(self.repo, create=create)
        found._clock = lambda: self._now
        return found

    def _create(self, repository: Repository, number: int) -> Snapshot:
        self._now += MINUTE
        reading = Reading("pip", "/v", OK, packages("pip", {"a": f"{number}", "b": "1"}))
        return repository.create(Inventory(OTHER if number == 3 else MACHINE, (), (reading,)), message=f"n{number}")

    def _seal(self, repository: Repository, old: Sequence[Snapshot], new: Sequence[Snapshot]) -> None:
        kept = [one.id for one in repository.snapshots()]
        self.right = {
            "latest": kept[0],
            "latest~2": kept[2],
            "latest~5": kept[5],
            "@{2026-01-01 00:03:30}": old[2].id,
            "golden": old[2].id,
            "golden~1": old[0].id,
            "fresh": new[2].id,
            old[4].id[:10]: old[4].id,
            old[4].id: old[4].id,
            new[0].id[:10]: new[0].id,
            new[0].id: new[0].id,
        }
        self.deleted = {"latest": new[1].id, "latest~1": old[1].id, old[1].id[:9]: old[1].id, new[1].id: new[1].id}
        found = (path for path in self.repo.rglob("*") if path.is_file() and path.stat().st_size)
        keys = sorted(str(path.relative_to(self.repo)) for path in found)
        self.files = [key for key in keys if key != "ballast"]
        directories = {key.partition("/")[0] for key in self.files}
        assert directories == {
            "artifacts", "cache", "config", "deleted", "objects", "packs", "quarantine", "refs", "removed", "segments",
            "tags",
        }  # fmt: skip

    def flipped(self, count: int) -> Iterator[str]:
        """Yields each file's path in the repository, so many times, each time with another bit of it turned."""
        for key in self.files:
            data = (self.repo / key).read_bytes()
            bits = len(data) * 8
            for number in range(min(count, bits)):
                # Spread over the file; the first one is in the version, where most is decided.
                bit = 8 * 4 if number == 0 else (number * bits // count + 7 * number) % bits
                with self.holding(key, _turned(data, bit)):
                    yield key

    @contextlib.contextmanager
    def holding(self, key: str, data: bytes) -> Iterator[None]:
        """Puts other bytes into a file, for as long as this lasts."""
        path = self.repo / key
        good = path.read_bytes()
        path.write_bytes(data)
        try:
            yield
        finally:
            path.write_bytes(good)

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """Takes back what a command did: the files that it made, and the marks that it removed."""
        marks = {path: path.read_bytes() for path in (self.repo / "deleted").iterdir()}
        before = {*marks, *(self.repo / "tags").iterdir()}
        yield
        for path in {*(self.repo / "deleted").iterdir(), *(self.repo / "tags").iterdir()} - before:
            path.unlink()
        for path, data in marks.items():
            if not path.exists():
                path.write_bytes(data)


def _turned(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes((data[bit // 8] ^ 1 << bit % 8,)) + data[bit // 8 + 1 :]


def _package(number: int) -> Package:
    return Package("a", "", f"{number}")


class Taking(NamedTuple):
    """A command that takes a revision: its words, what it says that it took, and its exit codes where it did not."""

    words: Callable[[str, str], list[str]]
    took: Callable[[dict[str, object]], object]
    codes: frozenset[int]
    of_deleted: bool = False


def _taking(*words: str, took: Callable[[dict[str, object]], object], codes: frozenset[int] | None = None) -> Taking:
    return Taking(
        lambda revision, right: [word.format(revision=revision, right=right) for word in words],
        took,
        codes or frozenset({1}),
    )


TAKING = {
    "show": _taking("show", "{revision}", "--json", took=lambda found: found["id"]),
    "diff": _taking("diff", "{revision}", "{right}", "--json", took=lambda found: found["from"]["id"]),  # type: ignore[index]
    "delete": _taking("delete", "{revision}", "--yes", "--json", took=lambda found: found["deleted"][0]),  # type: ignore[index]
    "undelete": _taking("undelete", "{revision}", "--json", took=lambda found: found["undeleted"][0])._replace(  # type: ignore[index]
        of_deleted=True
    ),
    "tag": _taking("tag", "new", "{revision}", "--json", took=lambda found: found["tags"][0]["id"]),  # type: ignore[index]
    "verify": _taking("verify", "{revision}", "--json", took=lambda found: None),
    "artifacts": _taking("artifacts", "list", "{revision}", "--json", took=lambda found: found["id"]),
    "restore": _taking("restore", "{revision}", "--dry-run", "--json", took=lambda found: found["target"]),
}
"""Every command that takes a revision. `verify` does not say which snapshot it read; only its refusals are compared."""


class _NoMachine(Session):
    """A restore of a machine that needs nothing: its plan says which snapshot was resolved."""

    def restoration(self) -> _NoMachine:  # type: ignore[override]
        return self

    def plan(self, target: Snapshot, selection: Selection, **_: object) -> Plan:
        return Plan(target.id, MACHINE, BEGIN, "0" * 64, selection, ())


class _NoJournal:
    def make(self) -> None:
        """Makes nothing."""

    def clear(self) -> None:
        """Forgets nothing."""

    def alone(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


@pytest.fixture(scope="module")
def rotting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rotting]:
    place = tmp_path_factory.mktemp("rotting")
    # In memory where there is such a place: commands that write would wait for the disk, each time.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else place) as directory:
        yield Rotting(Path(directory))


@pytest.fixture(autouse=True)
def _no_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "Session", _NoMachine)
    monkeypatch.setattr(restore, "journal_here", _NoJournal)


def test_every_command_that_takes_a_revision_is_here() -> None:
    def takes(name: str) -> bool:
        command = snapshot.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        return bool({"revision", "revisions"}.intersection(param.name for param in command.params))

    assert set(TAKING) == set(filter(takes, COMMANDS))


COUNTS = [pytest.param(FEW, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.nightly)]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", TAKING)
def test_a_turned_bit_makes_no_revision_another_snapshot(
    rotting: Rotting, name: str, count: int, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    taking = TAKING[name]
    right = rotting.deleted if taking.of_deleted else rotting.right
    for revision, identity in right.items():
        with rotting.unchanged():
            found = rotting.cortex(*taking.words(revision, identity))
        assert found.code == 0, (revision, found)
        assert taking.took(found.json()) in {identity, None}
    answered = refused = 0
    for key in rotting.flipped(count):
        for revision, identity in right.items():
            with rotting.unchanged():
                found = rotting.cortex(*taking.words(revision, identity))
            if found.code == 0 or "error" not in found.json():
                assert taking.took(found.json()) in {identity, None}, (key, revision, found)
                answered += 1
            else:
                assert_refused(found, key, taking.codes)
                refused += 1
    tell_counts({"right": answered, "refused": refused})


def assert_refused(found: Result, key: str, codes: frozenset[int]) -> None:
    """Asserts that an answer is refused in one line that names the file, and is no plain "no"."""
    assert found.code in codes, (key, found)
    line = found.err.splitlines()[0]
    assert line.startswith("cortex: "), (key, found)
    assert not PLAIN_NO.search(found.err.partition("\n")[0]), (key, found)
    assert _names(key, found.err), (key, found)


def _names(key: str, text: str) -> bool:
    """Returns whether a text names a file; of an object the beginning of its id is enough."""
    if key.startswith("quarantine/"):
        # An object there is named as the one that it is.
        digest = key.rpartition("/")[2]
        return digest[:12] in text or f"objects/{digest[:2]}/{digest[2:]}" in text
    return key in text or (key.startswith("objects/") and key[8:].replace("/", "")[:12] in text)


ASKING: dict[str, tuple[list[str], Callable[[dict[str, object]], object]]] = {
    "list": (["list", "--json"], lambda found: found["snapshots"]),
    "list, deleted": (["list", "--deleted", "--json"], lambda found: found["snapshots"]),
    "log": (["log", "--json"], lambda found: found["snapshots"]),
    "log, a package": (["log", "a", "--json"], lambda found: found["snapshots"]),
    "log, of no snapshot": (["log", "bash-completion", "--json"], lambda found: found["error"]),
    "search": (["search", "a=4", "--json"], lambda found: found["periods"]),
    "search, of no snapshot": (["search", "a=77", "--json"], lambda found: found["error"]),
    "status": (["status", "--json"], lambda found: found["changes"]),
    "tag": (["tag", "--json"], lambda found: found["tags"]),
    "prune": (["prune", "--keep-last", "2", "--dry-run", "--json"], lambda found: found["snapshots"]),
    "artifacts": (["artifacts", "list", "--json"], lambda found: (found["snapshots"], found["files"])),
    "show --restorable": (["show", "{oldest}", "--restorable", "--json"], lambda found: found["restorable"]),
    "an id that no snapshot has": (["show", "0123456789abcdef" * 2, "--json"], lambda found: found["error"]),
    "gc": (["gc", "--dry-run", "--expire-deleted", "now", "--json"], lambda found: found["snapshots"]),
}
"""Questions, and the part of the answer that may only differ where a file is named."""


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ASKING)
def test_an_answer_that_a_turned_bit_changes_names_the_file(
    rotting: Rotting, name: str, count: int, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    words, answer = ASKING[name]
    oldest = rotting.right["golden~1"]
    words = [word.format(oldest=oldest) for word in words]
    unharmed = rotting.cortex(*words)
    code, right = unharmed.code, unharmed.json()
    same = other = 0
    for key in rotting.flipped(count):
        found = rotting.cortex(*words)
        document = found.json()
        is_answer = ("error" in document) == ("error" in right)
        if found.code == code and is_answer and answer(document) == answer(right):
            same += 1
        elif "error" in document:
            assert_refused(found, key, frozenset({1, 4}))
            other += 1
        else:
            assert found.code == 1 or name == "show --restorable", (key, found)
            assert [one["key"] for one in document["damaged"]], (key, found)  # type: ignore[attr-defined]
            assert _names(key, str(document["damaged"])) or key in found.err, (key, found)
            other += 1
    tell_counts({"as before": same, "with the file named": other})


@pytest.mark.parametrize("count", COUNTS)
def test_the_old_api_takes_no_other_snapshot_and_says_of_none_that_it_is_not_there(
    rotting: Rotting, count: int
) -> None:
    manager = SnapshotManager(rotting.repo)
    identity = rotting.right["golden"]
    unknown = "5" * 32
    for key in rotting.flipped(count):
        found = manager.get_snapshot(identity)
        assert found is None or found.id == identity
        for wanted in (identity, unknown, "legacy-1"):
            with rotting.unchanged():
                worked, message = manager.delete_snapshot(wanted)
            assert worked == (wanted == identity) or message.startswith("Failed to delete snapshot: "), (key, message)
            if key.startswith("segments/"):
                assert "is not known" in message, (key, message)


def test_a_damaged_tag_is_named_by_tag_list_and_gc(rotting: Rotting) -> None:
    good = (rotting.repo / "tags/golden").read_bytes()
    line = "damaged: tags/golden: its checksum does not match"
    with rotting.holding("tags/golden", good[:-1] + bytes((good[-1] ^ 1,))):
        for words in (["tag"], ["list"], ["show", "latest"], ["list", "--limit", "1"]):
            found = rotting.cortex(*words)
            assert f"cortex: {line}\n" in found.err, words
            assert found.code == (0 if words[0] == "show" else 1), words
        document = rotting.cortex("tag", "--json").json()
        assert document["damaged"] == [
            {"key": "tags/golden", "reason": "its checksum does not match", "kind": "damaged"}
        ]
        found = rotting.cortex("gc", "--dry-run")
        assert found.code == 4
        assert "nothing was removed, because tags/golden cannot be read" in found.err
        hint = "hint: set the tag again: `cortex snapshot tag --force golden REV`"
        assert rotting.cortex("show", "golden").err.splitlines()[1] == hint


def test_a_newer_file_is_never_called_damaged(rotting: Rotting) -> None:
    kinds = {"refs", "tags", "deleted", "objects", "packs"}
    for key in rotting.files:
        # The name of a pack or a segment is a digest over the file: there a changed version is damage.
        if key.partition("/")[0] not in kinds or key.endswith(".pack"):
            continue
        good = (rotting.repo / key).read_bytes()
        with rotting.holding(key, good[:4] + b"\x02" + good[5:]):
            for words in (["verify"], ["list"], ["gc", "--dry-run"], ["tag"], ["log", "a"]):
                found = rotting.cortex(*words)
                about = [line for line in (found.out + found.err).splitlines() if key in line]
                assert not any("damaged" in line or "delete " in line for line in about), (words, found)
                assert "without a copy" not in found.out + found.err, (words, found)
            found = rotting.cortex("verify")
        assert f"newer-format: {key}: " in found.out
        assert "use the version of cortex that wrote the file, or a newer one" in found.out


def test_a_tag_of_a_snapshot_that_cannot_be_looked_up_is_not_free(rotting: Rotting) -> None:
    (path,) = (rotting.repo / "segments").iterdir()
    with rotting.holding(f"segments/{path.name}", b"torn"):
        listed = rotting.cortex("tag", "--json").json()["tags"]
        moved = rotting.cortex("tag", "golden", rotting.right["fresh"])
    assert {one["name"]: one["id"] for one in listed} == {  # type: ignore[attr-defined]
        "golden": rotting.right["golden"],
        "fresh": rotting.right["fresh"],
    }
    assert moved.code == 1
    assert "the tag 'golden' names another snapshot" in moved.err


def _spoilt(rotting: Rotting, path: Path, how: str) -> contextlib.AbstractContextManager[object]:
    key = str(path.relative_to(rotting.repo))
    return rotting.holding(key, b"") if how == "empty" else _replaced(path, how)


@contextlib.contextmanager
def _replaced(path: Path, how: str) -> Iterator[None]:
    """Puts another kind of thing in the place of a file, or gives it another name, for as long as this lasts."""
    aside = path.parent / ".x" if how == "renamed" else path.parent.parent / "aside"
    path.rename(aside)
    if how == "FIFO":
        os.mkfifo(path)
    elif how == "link":
        path.symlink_to(aside)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        aside.rename(path)


@pytest.mark.parametrize("how", ["empty", "FIFO", "link", "renamed"])
@pytest.mark.parametrize(("tag", "directory"), [("golden", "segments"), ("fresh", "refs")])
def test_a_list_of_tags_names_the_file_that_may_hold_the_snapshot_of_one(
    rotting: Rotting, tag: str, directory: str, how: str
) -> None:
    ending = "*" if directory == "segments" else f"*{rotting.right[tag]}"
    (path,) = (rotting.repo / directory).glob(ending)
    with _spoilt(rotting, path, how):
        found, drawn = rotting.cortex("tag", "--json"), rotting.cortex("tag")
    name = f"{directory}/{'.x' if how == 'renamed' else path.name}"
    document = found.json()
    assert (found.code, drawn.code) == (1, 1)
    assert [one["key"] for one in document["damaged"]] == [name]  # type: ignore[attr-defined]
    assert name in drawn.err
    missing = {one["name"]: one["missing"] for one in document["tags"]}  # type: ignore[attr-defined]
    assert missing == {"golden": False, "fresh": False} | {tag: None}
    said = [line for line in drawn.out.splitlines() if line.endswith("or it is not known whether it is there")]
    assert [line.split()[0] for line in said] == [tag]
