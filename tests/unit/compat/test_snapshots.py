"""The old API: the shapes that its callers know, and no exception."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import NPM, PIP, make_root
from support.repositories.legacy import GOOD, TIME, text

from cortexrepo.cli import options
from cortexrepo.compat import SnapshotManager, SnapshotMetadata, defaults, snapshots
from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.errors import StoreError
from cortexrepo.importing.legacy_import import Target, bring_in, past
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.outcome import Difference, Outcome
from cortexrepo.model.package import RESIDUAL, Manifest, Package
from cortexrepo.model.plan import Left, Obstacle, Plan, Selection
from cortexrepo.model.snapshot import FAILED, OK
from cortexrepo.recording.collecting import collect
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run import here
from cortexrepo.restore.run.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Machine:
    """A root in place of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = make_root(root)

    def collect(self, *, only: Sequence[str] | None = None, known: Sequence[str] = ()) -> Inventory:
        return collect(self.root, only=only, known=known)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    found = Machine(tmp_path / "root")
    monkeypatch.setattr(snapshots, "collect", found.collect)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield found
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def manager(tmp_path: Path) -> SnapshotManager:
    return SnapshotManager(tmp_path / "repo")


def _made(manager: SnapshotManager, description: str = "") -> str:
    ok, identity, _ = manager.create_snapshot(description)
    assert ok
    assert identity is not None
    return identity


def _imported(manager: SnapshotManager, *names: str, **changes: object) -> tuple[str, ...]:
    repository = Repository.open(manager.location, create=True)
    machine = collect(os.path.join(os.path.dirname(manager.location), "root"), only=()).machine
    entries = [(name, text(name, **changes)) for name in names]
    found = bring_in(entries, past(repository, machine), Target(repository, repository.id, machine, "ana"))
    return tuple(one.id for one in found.imported if one.id is not None)


# -- create_snapshot, list_snapshots, get_snapshot


def test_create_returns_whether_it_worked_the_id_and_a_message(manager: SnapshotManager) -> None:
    ok, identity, message = manager.create_snapshot("before cuda")
    assert ok is True
    assert message == f"Snapshot {identity} created successfully with 4 packages"
    assert [snapshot.id for snapshot in Repository.open(manager.location).snapshots()] == [identity]


def test_a_snapshot_has_the_old_fields_and_shapes(manager: SnapshotManager) -> None:
    found = manager.get_snapshot(_made(manager, "before cuda"))
    assert isinstance(found, SnapshotMetadata)
    assert found.description == "before cuda"
    assert found.packages == {
        "apt": [{"name": "bash", "version": "5.2.15-2"}, {"name": "openssl", "version": "3.0.11-1"}],
        "pip": [{"name": name, "version": version} for name, version in PIP.items()],
        "npm": [{"name": name, "version": version} for name, version in NPM.items()],
    }
    assert found.system_info == {"id": "debian", "pretty_name": "Debian GNU/Linux 12 (bookworm)", "arch": "amd64"}
    assert (found.file_count, found.size_bytes, found.unknown) == (4, 0, ())


def test_a_timestamp_is_local_and_has_no_zone(manager: SnapshotManager, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository.open(manager.location, create=True)
    monkeypatch.setenv("TZ", "XYZ-2")
    time.tzset()
    for moment, written in ((1_766_415_601_250, "2025-12-22T17:00:01.250000"), (1_000, "1970-01-01T02:00:01")):
        made = repository.record(Inventory("ab" * 16, (), ()), moment)
        assert made is not None
        found = manager.get_snapshot(made.id)
        assert found is not None
        assert found.timestamp == written


def test_a_metadata_can_be_made_as_before() -> None:
    found = SnapshotMetadata(id="1", timestamp="", description="", packages={}, system_info={})
    assert (found.file_count, found.size_bytes, found.unknown) == (0, 0, ())


def test_the_list_is_newest_first(manager: SnapshotManager) -> None:
    first, second = _made(manager, "first"), _made(manager, "second")
    assert [(one.id, one.description) for one in manager.list_snapshots()] == [(second, "second"), (first, "first")]
    assert manager.list_snapshots()[0] == manager.get_snapshot(second)


def test_what_could_not_be_read_is_said_and_never_looks_empty(manager: SnapshotManager, machine: Machine) -> None:
    (machine.root / "var/lib/dpkg/status").unlink()
    (machine.root / "var/lib/dpkg/status").mkdir()
    ok, identity, message = manager.create_snapshot()
    assert (ok, message.endswith(" with 2 packages (not completely read: apt)")) == (True, True)
    found = manager.get_snapshot(identity or "")
    assert found is not None
    assert (found.packages["apt"], found.unknown) == ([], ("apt",))


def test_an_ecosystem_that_was_not_recorded_is_unknown_and_has_its_key(manager: SnapshotManager) -> None:
    made = Repository.open(manager.location, create=True).create(Inventory("ab" * 16, (), ()))
    found = manager.get_snapshot(made.id)
    assert found is not None
    assert found.packages == {"apt": [], "pip": [], "npm": []}
    assert found.unknown == ("apt", "pip", "npm")


def test_environments_are_put_together_each_row_once_and_what_is_left_behind_left_out(
    manager: SnapshotManager,
) -> None:
    rows = [Package("six", "", "1"), Package("jinja2", "", "3", 0, (("name", "Jinja2"),))]
    readings = (
        Reading("apt", "", OK, Manifest.of("apt", [Package("old", "amd64", "1", RESIDUAL)])),
        Reading("npm", "", FAILED, None, "broken"),
        Reading("pip", "/a", OK, Manifest.of("pip", rows)),
        Reading("pip", "/b", OK, Manifest.of("pip", [Package("six", "", "1"), Package("six", "", "2")])),
    )
    made = Repository.open(manager.location, create=True).create(Inventory("ab" * 16, (), readings))
    found = manager.get_snapshot(made.id)
    assert found is not None
    assert found.packages["apt"] == []
    assert [tuple(row.values()) for row in found.packages["pip"]] == [("Jinja2", "3"), ("six", "1"), ("six", "2")]
    assert found.unknown == ("npm",)


@pytest.mark.parametrize("identity", ["", "latest", "golden", "../../etc", "0" * 32, "x\0", "é", GOOD])
def test_an_id_that_is_none_finds_nothing(manager: SnapshotManager, identity: str) -> None:
    made = _made(manager)
    Repository.open(manager.location).tag("golden", made)
    assert manager.get_snapshot(identity) is None
    assert manager.get_snapshot(made[:12]) is None
    assert manager.delete_snapshot(identity) == (False, f"Snapshot {identity} not found")
    assert manager.restore_snapshot(identity) == (False, f"Snapshot {identity} not found", [])
    assert len(manager.list_snapshots()) == 1


def test_an_environment_that_was_recorded_once_stays_recorded(manager: SnapshotManager, machine: Machine) -> None:
    site = machine.root / "deep/down/env/lib/python3.11/site-packages"
    site.mkdir(parents=True)
    (machine.root / "deep/down/env/pyvenv.cfg").write_text("version = 3.11.2\n")
    Repository.open(manager.location, create=True).create(collect(machine.root, environments=["/deep/down/env"]))
    _made(manager)
    latest = Repository.open(manager.location).get("latest")
    assert "/deep/down/env" in [slot.environment for slot in latest.slots]


# -- what was imported


def test_an_imported_snapshot_is_found_by_its_old_id_too(manager: SnapshotManager) -> None:
    (identity,) = _imported(manager, GOOD)
    found = manager.get_snapshot(GOOD)
    assert found is not None
    assert found == manager.get_snapshot(identity) == manager.list_snapshots()[0]
    assert (found.id, found.timestamp, found.description) == (identity, TIME, "before cuda")
    assert found.system_info == {
        "id": "debian",
        "kernel": "6.1.0-18-amd64",
        "arch": "x86_64",
        "pretty_name": "Debian GNU/Linux 12 (bookworm)",
        "legacy_id": GOOD,
    }
    assert found.packages["pip"] == [{"name": "Jinja2", "version": "3.1.2"}, {"name": "pip", "version": "23.0.1"}]
    assert manager.delete_snapshot(GOOD) == (True, f"Snapshot {GOOD} deleted successfully")
    assert manager.list_snapshots() == []


def test_an_old_id_that_two_have_finds_none_of_them(manager: SnapshotManager) -> None:
    _imported(manager, GOOD)
    _imported(manager, GOOD, timestamp="2020-01-01T00:00:00")
    assert len(manager.list_snapshots()) == 2
    assert manager.get_snapshot(GOOD) is None
    assert manager.delete_snapshot(GOOD)[0] is False


def test_what_the_old_tool_did_not_know_is_unknown(manager: SnapshotManager) -> None:
    _imported(manager, GOOD, packages={"apt": [], "pip": [{"name": "pip", "version": "1"}], "npm": []})
    found = manager.get_snapshot(GOOD)
    assert found is not None
    assert (found.unknown, found.file_count) == (("apt", "npm"), 1)


# -- delete_snapshot and retention


def test_what_is_deleted_can_be_brought_back(manager: SnapshotManager) -> None:
    made = _made(manager)
    assert manager.delete_snapshot(made) == (True, f"Snapshot {made} deleted successfully")
    assert manager.get_snapshot(made) is None
    assert manager.delete_snapshot(made) == (False, f"Snapshot {made} not found")
    Repository.open(manager.location).undelete([made])
    assert manager.get_snapshot(made) is not None


def test_without_a_limit_nothing_is_deleted(manager: SnapshotManager) -> None:
    for _ in range(12):
        _made(manager)
    assert len(manager.list_snapshots()) == 12


@pytest.mark.parametrize(("limit", "kept"), [(2, 2), (1, 1), (0, 1), (-5, 1)])
def test_with_a_limit_the_oldest_are_deleted_and_can_be_brought_back(tmp_path: Path, limit: int, kept: int) -> None:
    manager = SnapshotManager(tmp_path / "repo", retention_limit=limit)
    made = [_made(manager, str(number)) for number in range(4)]
    assert [one.id for one in manager.list_snapshots()] == made[::-1][:kept]
    Repository.open(manager.location).undelete([made[0]])
    assert manager.get_snapshot(made[0]) is not None


def test_a_limit_spares_what_has_a_tag_and_what_others_made(tmp_path: Path, machine: Machine) -> None:
    manager = SnapshotManager(tmp_path / "repo", retention_limit=1)
    repository = Repository.open(manager.location, create=True)
    by_hand = repository.create(collect(machine.root)).id
    _imported(manager, GOOD)
    tagged = _made(manager)
    repository.tag("golden", tagged)
    _made(manager)
    newest = _made(manager)
    assert [one.id for one in manager.list_snapshots()][:3] == [newest, tagged, by_hand]
    assert manager.get_snapshot(GOOD) is not None


def test_a_retention_that_fails_is_said_and_the_snapshot_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_repository: Repository, _names: Sequence[str]) -> tuple[str, ...]:
        raise StoreError("disk on fire")

    monkeypatch.setattr(Repository, "delete", failing)
    ok, identity, message = SnapshotManager(tmp_path / "repo", retention_limit=1).create_snapshot()
    assert (ok, identity is not None) == (True, True)
    assert message.endswith("; older ones were not deleted: disk on fire")


# -- restore_snapshot


def test_a_rehearsal_says_the_commands_with_exact_versions(manager: SnapshotManager, machine: Machine) -> None:
    made = _made(manager)
    make_root(machine.root, apt={"bash": "5.3-1", "cowsay": "3.03"}, pip={"requests": "2.0"}, npm={"y": "1.0.0"})
    shutil.rmtree(machine.root / "usr/lib/node_modules/left-pad")
    assert manager.restore_snapshot(made, dry_run=True) == (
        True,
        "Dry-run complete. 5 commands would be executed.",
        [
            "sudo apt-get remove -y cowsay:amd64",
            "sudo apt-get install -y --allow-downgrades bash:amd64=5.2.15-2 openssl:amd64=3.0.11-1",
            "pip --python /opt/venv install requests==2.31.0",
            "npm uninstall -g --prefix /usr y",
            "npm install -g --prefix /usr left-pad@1.3.0",
        ],
    )


def test_a_rehearsal_of_what_is_so_already_has_no_commands(manager: SnapshotManager) -> None:
    made = _made(manager)
    assert manager.restore_snapshot(made, True) == (True, "Dry-run complete. 0 commands would be executed.", [])


def test_a_rehearsal_removes_nothing_where_the_snapshot_does_not_know(manager: SnapshotManager) -> None:
    _imported(manager, GOOD, packages={"apt": [], "pip": [{"name": "pip", "version": "1"}], "npm": []})
    ok, message, commands = manager.restore_snapshot(GOOD, dry_run=True)
    assert (ok, commands) == (True, [])
    assert " Not covered: " in message
    assert "apt: not compared: after: the old tool recorded no package" in message
    assert "pip: not compared: before: the packages were recorded for each environment" in message


def test_a_rehearsal_of_an_imported_snapshot_says_versions_with_the_architecture_of_now(
    manager: SnapshotManager,
) -> None:
    _imported(manager, GOOD, packages={"apt": [{"name": "bash", "version": "5.1-1"}]})
    commands = manager.restore_snapshot(GOOD, dry_run=True)[2]
    assert commands == [
        "sudo apt-get remove -y openssl:amd64",
        "sudo apt-get install -y --allow-downgrades bash:amd64=5.1-1",
    ]


def test_a_rehearsal_says_when_the_snapshot_is_of_another_machine(manager: SnapshotManager, machine: Machine) -> None:
    made = _made(manager)
    (machine.root / "etc/machine-id").write_text("f" * 32)
    assert " The snapshot is of another machine." in manager.restore_snapshot(made, dry_run=True)[1]


def test_a_rehearsal_names_only_some_of_what_it_does_not_cover(manager: SnapshotManager, machine: Machine) -> None:
    made = _made(manager)
    status = machine.root / "var/lib/dpkg/status"
    stanza = "\n\nPackage: p{}\nStatus: install ok installed\nEssential: yes\nArchitecture: amd64\nVersion: 1\n"
    status.write_text(status.read_text().rstrip() + "".join(stanza.format(number) for number in range(12)))
    _, message, commands = manager.restore_snapshot(made, dry_run=True)
    assert commands == []
    assert message.endswith("apt p7: the system needs this package; and 2 more")


class FakeRestoration:
    def __init__(self, planned: Plan, outcome: Outcome | None = None) -> None:
        self.planned, self.outcome = planned, outcome

    def plan(self, snapshot: object, selection: Selection) -> Plan:
        assert selection == Selection()
        return self.planned

    def carry_out(self, planned: Plan) -> Outcome:
        assert planned is self.planned
        assert self.outcome is not None
        return self.outcome


PLAN = Plan(SnapshotId("a" * 32), "b" * 32, 1, "c" * 64, Selection(), ())


@pytest.mark.parametrize(
    ("restoration", "expected"),
    [
        (FakeRestoration(PLAN, Outcome(PLAN, None, (), ())), (True, "Successfully restored snapshot {id}")),
        (
            FakeRestoration(PLAN, Outcome(PLAN, None, (Difference("apt", "", "x 1", "should be 2"),), ())),
            (False, "Restored snapshot {id} in part: x 1: should be 2"),
        ),
        (
            FakeRestoration(PLAN, Outcome(PLAN, None, (), (Left("pip", "/v", "is gone"),))),
            (False, "Restored snapshot {id} in part: pip /v: is gone"),
        ),
        (
            FakeRestoration(PLAN._replace(obstacles=(Obstacle("missing", "apt", "", "x 1", "is nowhere"),))),
            (False, "Restore refused, nothing was changed: x 1: is nowhere"),
        ),
    ],
)
def test_restoring_is_true_only_when_it_is_exact(
    manager: SnapshotManager,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    restoration: FakeRestoration,
    expected: tuple[bool, str],
) -> None:
    monkeypatch.setattr(here, "restoration_here", lambda *_words, **_named: restoration)
    monkeypatch.setattr(here, "journal_here", lambda: Journal(str(tmp_path / "journal"), RealFileSystem()))
    made = _made(manager)
    ok, message, commands = manager.restore_snapshot(made)
    assert (ok, message, commands) == (expected[0], expected[1].format(id=made), [])


# -- where it is, and what goes wrong


def test_the_default_place_is_the_command_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("CORTEX_REPO", raising=False)
    for user, data in ((0, None), (1000, None), (1000, "relative"), (1000, "/data")):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
        if data is not None:
            monkeypatch.setenv("XDG_DATA_HOME", data)
        assert SnapshotManager().location == options.location(None)
    monkeypatch.setenv("CORTEX_REPO", "/elsewhere")
    assert SnapshotManager().location == options.location("/elsewhere")


def test_the_account_is_the_users_name_or_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert defaults.account()
    monkeypatch.setattr(os, "geteuid", lambda: 2_000_000_001)
    assert defaults.account() == "2000000001"


def test_nothing_is_made_before_the_first_snapshot(manager: SnapshotManager) -> None:
    assert manager.list_snapshots() == []
    assert manager.get_snapshot("0" * 32) is None
    assert manager.delete_snapshot("x")[0] is False
    assert manager.restore_snapshot("x", dry_run=True)[0] is False
    assert not os.path.exists(manager.location)


@pytest.mark.parametrize("made", ["file", "old"])
def test_a_place_that_is_no_repository_is_an_answer_and_no_exception(tmp_path: Path, made: str) -> None:
    place = tmp_path / "place"
    if made == "file":
        place.write_text("precious")
    else:
        (place / GOOD).mkdir(parents=True)
    manager = SnapshotManager(place)
    ok, identity, message = manager.create_snapshot()
    assert (ok, identity) == (False, None)
    assert message.startswith(f"Failed to create snapshot: {place} ")
    assert manager.list_snapshots() == []
    assert manager.get_snapshot(GOOD) is None
    assert manager.delete_snapshot(GOOD)[1].startswith("Failed to delete snapshot: ")
    assert manager.restore_snapshot(GOOD)[1].startswith("Restore failed. Error: ")


def test_a_description_that_cannot_be_kept_is_an_answer_and_no_exception(manager: SnapshotManager) -> None:
    assert manager.create_snapshot("x" * (1 << 17))[:2] == (False, None)
    found = manager.get_snapshot(_made(manager, "é\udcff\n"))
    assert found is not None
    assert found.description == "é\\xff\n"


def test_a_damaged_snapshot_is_not_shown_and_the_others_are(manager: SnapshotManager, machine: Machine) -> None:
    bad = _made(manager)
    make_root(machine.root, apt={"bash": "9"}, pip={"requests": "9"}, npm={})
    good = _made(manager)
    repository = Repository.open(manager.location)
    slot = next(slot for slot in repository.get(bad).slots if slot.ecosystem == "apt")
    os.unlink(f"{manager.location}/objects/{(slot.object or '')[:2]}/{(slot.object or '')[2:]}")
    assert [one.id for one in manager.list_snapshots()] == [good]
    assert manager.get_snapshot(bad) is None
    assert manager.restore_snapshot(bad, dry_run=True)[1].startswith("Restore failed. Error: ")
