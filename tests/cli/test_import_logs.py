from __future__ import annotations

import datetime as dt
import gzip
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from support.machines.roots import make_root

from cortexrepo.errors import StoreError
from cortexrepo.importing import apt_logs as aptlogs
from cortexrepo.recording.collecting import collect
from cortexrepo.repository import place
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine

DPKG = """\
2026-03-01 12:00:00 startup archives unpack
2026-03-01 12:00:00 upgrade openssl:amd64 3.0.9-1 3.0.11-1
2026-03-01 12:00:00 status half-configured openssl:amd64 3.0.9-1
2026-03-01 12:00:00 status unpacked openssl:amd64 3.0.9-1
2026-03-01 12:00:00 status half-installed openssl:amd64 3.0.9-1
2026-03-01 12:00:01 status unpacked openssl:amd64 3.0.11-1
2026-03-01 12:00:02 startup packages configure
2026-03-01 12:00:02 configure openssl:amd64 3.0.11-1 <none>
2026-03-01 12:00:02 status half-configured openssl:amd64 3.0.11-1
2026-03-01 12:00:02 status installed openssl:amd64 3.0.11-1
"""
OLDER = """\
2026-02-01 12:00:00 startup packages purge
2026-02-01 12:00:00 status installed nano:amd64 7.2-1
2026-02-01 12:00:00 remove nano:amd64 7.2-1 <none>
2026-02-01 12:00:00 status config-files nano:amd64 7.2-1
2026-02-01 12:00:00 purge nano:amd64 7.2-1 <none>
2026-02-01 12:00:00 status not-installed nano:amd64 <none>
"""
HISTORY = """
Start-Date: 2026-03-01  12:00:00
Commandline: apt-get upgrade
Requested-By: ana (1000)
Comment: ticket 12
Upgrade: openssl:amd64 (3.0.9-1, 3.0.11-1)
End-Date: 2026-03-01  12:00:02
"""


@pytest.fixture
def logs(cortex: CommandLine) -> Path:
    folder = cortex.root / "var/log"
    (folder / "apt").mkdir(parents=True)
    (folder / "dpkg.log").write_text(DPKG)
    (folder / "dpkg.log.1").write_text("")
    (folder / "dpkg.log.2.gz").write_bytes(gzip.compress(OLDER.encode()))
    (folder / "apt/history.log").write_text(HISTORY)
    return folder


def test_past_states_are_recorded_with_their_times_and_commands(cortex: CommandLine, logs: Path) -> None:
    found = cortex("import-logs")
    assert (found.code, found.err) == (0, "")
    assert [line[14:] for line in found.out.splitlines()[:-1]] == [
        "2026-03-01 12:00:02  2 apt  1 change     ticket 12",
        "2026-02-01 12:00:00  2 apt  1 change     dpkg",
        "2026-02-01 11:59:59  3 apt  first state",
    ]
    assert found.out.splitlines()[-1] == "recorded 3 states"
    shown = cortex("show", "latest").out
    assert "apt-get upgrade by ana (import-logs)" in shown
    assert "reconstructed  dpkg.log" in shown
    assert "hostname" not in shown
    changed = cortex("diff", "latest~1", "latest").out
    assert "openssl" in changed
    assert "nano" not in changed
    assert "nano" in cortex("diff", "latest~2", "latest").out
    assert cortex("verify").code == 0


def test_the_import_leaves_the_logs_as_they_were_and_a_second_run_adds_nothing(cortex: CommandLine, logs: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in logs.rglob("*") if path.is_file()}
    cortex("import-logs")
    cortex("delete", "latest~1", "--yes")
    assert cortex("import-logs").out == "recorded 0 states; 3 states recorded before\n"
    assert cortex("import-logs", "--dry-run").out == "would record 0 states; 3 states recorded before\n"
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in logs.rglob("*") if path.is_file()}
    assert len(cortex("list").out.splitlines()) == 2


def test_an_import_that_was_interrupted_is_taken_up(cortex: CommandLine, logs: Path) -> None:
    lost = cortex("import-logs").out.splitlines()[1][:12]
    for path in (cortex.repo / "refs").iterdir():
        if f"-{lost}" in path.name:
            path.unlink()
    again = cortex("import-logs").out.splitlines()
    assert [line[:12] for line in again[:-1]] == [lost]
    assert again[-1] == "recorded 1 state; 2 states recorded before"


def test_an_import_that_the_disk_stops_says_what_was_recorded(
    cortex: CommandLine, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, calls = Repository.record, iter(range(9))

    def once(self: Repository, *parts: Any, **more: Any) -> object:
        if next(calls) == 1:
            raise StoreError("/r: cannot write refs/a: No space left on device", hint="free some room")
        return record(self, *parts, **more)

    monkeypatch.setattr(Repository, "record", once)
    found = cortex("import-logs")
    assert found.code == 1
    assert "(before this, 1 state was recorded; run the command again to record the others)" in found.err
    assert "free some room" in found.err
    monkeypatch.undo()
    assert cortex("import-logs").out.splitlines()[-1].startswith("recorded 2 states")


def test_what_logrotate_drops_later_adds_no_state_of_its_own(cortex: CommandLine, logs: Path) -> None:
    cortex("import-logs")
    (logs / "dpkg.log.2.gz").unlink()
    assert cortex("import-logs").out == "recorded 0 states; 1 state recorded before\n"


def test_a_dry_run_says_the_same_and_makes_nothing(cortex: CommandLine, logs: Path) -> None:
    planned = cortex("import-logs", "--dry-run")
    assert planned.code == 0
    assert not cortex.repo.exists()
    # Without a repository the states have no ids yet.
    *rows, totals = cortex("import-logs").out.splitlines()
    assert planned.out.replace("would record", "recorded").splitlines() == [*(row[14:] for row in rows), totals]


def test_a_dry_run_where_a_repository_is_says_the_ids(cortex: CommandLine, logs: Path) -> None:
    cortex("import-logs", "--since", "2026-02-15")
    planned = cortex("import-logs", "--dry-run")
    assert cortex("import-logs").out == planned.out.replace("would record", "recorded")


def test_only_what_is_not_older_than_a_date_is_recorded(cortex: CommandLine, logs: Path) -> None:
    assert cortex("import-logs", "--since", "2026-02-15").out.splitlines()[-1] == "recorded 1 state"
    assert cortex("import-logs").out.splitlines()[-1] == "recorded 2 states; 1 state recorded before"
    assert cortex("import-logs", "--since", "2026-04-01").out == "recorded 0 states\n"
    assert cortex("import-logs", "--since", "whenever").code == 2


def test_import_logs_json_has_the_documented_keys(cortex: CommandLine, logs: Path) -> None:
    document = cortex("import-logs", "--json").json()
    assert list(document) == [
        "schema",
        "dry_run",
        "snapshots",
        "known",
        "gap",
        "unread",
        "untimed",
        "left_out",
        "unsure",
    ]
    assert document["schema"] == "cortex.snapshot.import-logs/1"
    snapshots = document["snapshots"]
    assert isinstance(snapshots, list)
    assert list(snapshots[0]) == ["id", "created_at", "message", "cause", "packages", "changes"]
    assert snapshots[0]["cause"] == {"command": "apt-get upgrade", "user": "ana", "reason": "import-logs"}
    assert snapshots[0]["created_at"] == "2026-03-01T12:00:02.000Z"
    assert cortex("show", snapshots[0]["id"], "--json").json()["cause"] == snapshots[0]["cause"]


def test_what_was_reconstructed_is_told_from_what_was_recorded(cortex: CommandLine, logs: Path) -> None:
    cortex("import-logs")
    cortex("create", "first")
    lines = cortex("list").out.splitlines()
    assert [line[35:].split("  ")[0] for line in lines] == ["first", "~ ticket 12", "~ dpkg", "~"]
    rows = cortex("list", "--json").json()["snapshots"]
    assert isinstance(rows, list)
    assert [row["reconstructed"] for row in rows] == [False, True, True, True]
    assert [cortex("show", f"latest~{back}", "--json").json()["reconstructed"] for back in (0, 1)] == [False, True]
    assert cortex("diff", "latest~1", "latest", "--json").json()["changes"] == []


def taken(cortex: CommandLine, moment: str, message: str) -> None:
    """Records what is installed at that moment."""
    clock = int(dt.datetime.fromisoformat(f"{moment}+00:00").timestamp()) * 1000
    store, config, lender = place.opened(str(cortex.repo), None, os.geteuid(), create=True)
    Repository(store, config, lambda: clock, lender).create(collect(str(cortex.root)), message=message)


@pytest.mark.parametrize("when", ["first", "between", "last"])
def test_states_take_their_place_by_time_whether_the_import_came_first_or_last(
    cortex: CommandLine, logs: Path, when: str
) -> None:
    def imports(turn: str) -> None:
        make_root(cortex.root)
        assert turn != when or cortex("import-logs").code == 0

    imports("first")
    make_root(cortex.root, apt={"bash": "5.2.15-2", "openssl": "3.0.9-1"})
    taken(cortex, "2026-02-15T12:00:00", "base")
    imports("between")
    taken(cortex, "2026-03-15T12:00:00", "later")
    imports("last")
    lines = cortex("list").out.splitlines()
    assert [line[35:].split("  ")[0] for line in lines] == ["later", "~ ticket 12", "base", "~ dpkg", "~"]
    assert [line[14:33] for line in lines] == sorted((line[14:33] for line in lines), reverse=True)
    told = [cortex("show", f"@{{2026-{day}}}", "--json").json()["message"] for day in ("02-14", "02-16", "03-02")]
    assert told == ["", "base", "ticket 12"]
    logged = cortex("log", "openssl", "--json").json()["snapshots"]
    assert isinstance(logged, list)
    assert [(one["message"], [change["kind"] for change in one["changes"]]) for one in logged] == [
        ("ticket 12", ["upgraded"])
    ]
    periods = cortex("search", "openssl", "--json").json()["periods"]
    assert isinstance(periods, list)
    assert [(one["version"], one["first"]["created_at"][:10], one["end"]) for one in periods] == [
        ("3.0.9-1", "2026-02-01", "gone"),
        ("3.0.11-1", "2026-03-01", "there"),
    ]
    assert cortex("verify").code == 0


def test_times_are_those_of_the_machines_zone(cortex: CommandLine, logs: Path) -> None:
    shutil.copy("/usr/share/zoneinfo/Europe/Berlin", cortex.root / "etc/localtime")
    rows = cortex("import-logs", "--json").json()["snapshots"]
    assert isinstance(rows, list)
    assert rows[0]["created_at"] == "2026-03-01T11:00:02.000Z"


def test_where_logs_contradict_each_other_nothing_older_is_recorded(cortex: CommandLine, logs: Path) -> None:
    (logs / "dpkg.log.1").write_text(OLDER.replace("2026-02-01", "2026-02-10").replace("7.2-1", "7.3-1"))
    found = cortex("import-logs")
    assert found.code == 3
    assert "nothing before 2026-02-10 12:00:00 was recorded: nano:amd64" in found.err
    assert found.out.splitlines()[-1] == "recorded 3 states"
    gap = cortex("import-logs", "--json").json()["gap"]
    assert isinstance(gap, dict)
    assert gap["moment"] == "2026-02-10T12:00:00.000Z"
    assert "nano" in gap["reason"]


ELSEWHERE = """\
2026-02-20 12:00:00 startup archives install
2026-02-20 12:00:00 install inside:amd64 <none> 1.0
2026-02-20 12:00:00 status half-installed inside:amd64 1.0
2026-02-20 12:00:00 status unpacked inside:amd64 1.0
2026-02-20 12:00:00 configure inside:amd64 1.0 1.0
2026-02-20 12:00:00 status installed inside:amd64 1.0
"""


def test_what_dpkg_did_in_another_root_costs_that_package_only(cortex: CommandLine, logs: Path) -> None:
    (logs / "dpkg.log.1").write_text(ELSEWHERE)
    found = cortex("import-logs")
    assert found.code == 3
    assert "left out dpkg at 2026-02-20 12:00:00: it does not lead to the present: inside:amd64" in found.err
    assert "1 state: whether some packages were there is not known" in found.err
    assert found.out.splitlines()[-1] == "recorded 3 states"
    # Before it, the package was not there; after it, nobody knows until when it was.
    newest, older = (cortex("show", f"latest~{back}", "--json").json()["slots"] for back in (0, 1))
    assert isinstance(newest, list)
    assert isinstance(older, list)
    assert (newest[0]["status"], older[0]["status"]) == ("partial", "ok")
    assert newest[0]["error"] == (
        "the logs contradict each other about inside:amd64: whether that was installed is not known"
    )
    assert cortex("search", "inside").code == 7


def test_where_logs_contradict_the_machine_nothing_is_recorded(cortex: CommandLine, logs: Path) -> None:
    make_root(cortex.root, apt={"bash": "5.2.15-2", "openssl": "3.0.17-1"})
    found = cortex("import-logs")
    assert (found.code, found.out) == (1, "")
    assert (
        "no past state can be rebuilt: openssl:amd64 is installed 3.0.17-1 now, "
        "but the last log line about this package says installed 3.0.11-1" in found.err
    )
    assert not cortex.repo.exists()
    assert cortex("import-logs", "--json").json()["schema"] == "cortex.snapshot.error/1"


def test_a_log_that_cannot_be_read_is_named_and_what_is_newer_is_recorded(cortex: CommandLine, logs: Path) -> None:
    (logs / "dpkg.log.2.gz").write_bytes(b"\x00 nothing of gzip")
    found = cortex("import-logs")
    assert found.code == 3
    assert "not read: /var/log/dpkg.log.2.gz: the file cannot be decompressed" in found.err
    assert found.out.splitlines()[-1] == "recorded 1 state"


def test_a_history_that_cannot_be_read_costs_the_commands_only(cortex: CommandLine, logs: Path) -> None:
    (logs / "apt/history.log").unlink()
    assert cortex("import-logs", "--dry-run").code == 0
    (logs / "apt/history.log").symlink_to("/proc/self/mem")
    found = cortex("import-logs")
    assert found.code == 3
    assert "not read: /var/log/apt/history.log" in found.err
    assert found.out.count("  dpkg\n") == 2


def test_damage_in_the_middle_is_named_by_its_line(cortex: CommandLine, logs: Path) -> None:
    (logs / "dpkg.log").write_bytes(b"\x00" * 99 + b"\n" + DPKG.encode())
    found = cortex("import-logs")
    assert found.code == 3
    assert "/var/log/dpkg.log: line 1 is damaged" in found.err
    assert found.out.splitlines()[-1] == "recorded 1 state"


def test_a_clock_that_was_wrong_leaves_out_what_has_no_time(cortex: CommandLine, logs: Path) -> None:
    (logs / "dpkg.log.2.gz").write_bytes(gzip.compress(OLDER.replace("2026-", "2226-").encode()))
    found = cortex("import-logs")
    assert found.code == 3
    assert "left out 1 transaction: the clock was wrong" in found.err
    assert found.out.splitlines()[-1] == "recorded 1 state"


@pytest.mark.parametrize("text", ["", "2026-03-01 12:00:00 startup packages configure\n"])
def test_logs_that_tell_of_nothing_are_not_taken_for_a_past(cortex: CommandLine, logs: Path, text: str) -> None:
    for path in (logs / "dpkg.log.1", logs / "dpkg.log.2.gz"):
        path.unlink()
    (logs / "dpkg.log").write_text(text)
    found = cortex("import-logs")
    assert found.code == 1
    assert "/var/log/dpkg.log* records no change" in found.err


def test_without_logs_or_dpkg_it_says_so(cortex: CommandLine) -> None:
    found = cortex("import-logs")
    assert found.code == 1
    assert "there is no /var/log/dpkg.log" in found.err
    subprocess.run(["rm", "-r", cortex.root / "var/lib/dpkg"], check=True)
    assert "there is no dpkg on this machine" in cortex("import-logs").err


def test_marks_that_cannot_be_read_make_every_state_partial(cortex: CommandLine, logs: Path) -> None:
    (cortex.root / "var/lib/apt/extended_states").mkdir(parents=True)
    found = cortex("import-logs")
    assert found.code == 3
    assert "partial: apt: /var/lib/apt/extended_states" in found.err
    assert "partial" in cortex("show", "latest~1").out


def test_while_packages_are_being_changed_nothing_is_told(
    cortex: CommandLine, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(9))

    def disturbed(root: str, *, only: list[str]) -> object:
        found = collect(root, only=only)
        if next(times) < disturbances:
            with open(logs / "dpkg.log", "a", encoding="utf-8") as file:
                file.write("2026-03-02 12:00:00 startup packages configure\n")
        return found

    monkeypatch.setattr(aptlogs, "collect", disturbed)
    disturbances = 9
    found = cortex("import-logs")
    assert found.code == 1
    assert "packages are being changed" in found.err
    times, disturbances = iter(range(9)), 2
    assert cortex("import-logs").code == 0


def test_a_log_of_100_megabytes_takes_memory_for_its_changes_only(cortex: CommandLine, logs: Path) -> None:
    line = b"2026-02-20 12:00:00 status triggers-pending bash:amd64 5.2.15-2\n"
    with open(logs / "dpkg.log.1", "wb") as file:
        file.write(b"2026-02-20 12:00:00 startup packages configure\n")
        file.writelines(line * 100_000 for _ in range(16))
        file.write(line.replace(b"triggers-pending", b"installed"))
    assert os.path.getsize(logs / "dpkg.log.1") > 100_000_000
    code = (
        "import resource, sys; from cortexrepo.cli.main import snapshot\n"
        "resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\n"
        "snapshot.main(sys.argv[1:])"
    )
    command = [cortex.command("list")[0], "-c", code, *cortex.words(("import-logs",))]
    found = subprocess.run(command, env=cortex.unmeasured(), capture_output=True, check=False, text=True)
    assert found.returncode == 3, found.stderr
    assert (
        "not read: /var/log/dpkg.log.1: the file is larger than 67108864 bytes: only its end was read" in found.stderr
    )
    assert found.stdout.splitlines()[-1] == "recorded 2 states"
