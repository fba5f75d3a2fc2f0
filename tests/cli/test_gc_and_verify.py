from __future__ import annotations

import os
import pty
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root

from cortexrepo.disk.lock import hold

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine


def files(cortex: CommandLine, name: str) -> list[Path]:
    return [path for path in (cortex.repo / name).rglob("*") if path.is_file()]


def test_gc_keeps_what_was_deleted_until_told_otherwise(cortex: CommandLine) -> None:
    cortex("create", "one")
    make_root(cortex.root, apt={"bash": "6"})
    cortex("create", "two")
    identity = cortex("delete", "latest~1", "--yes").out.split()[1]
    assert cortex("gc").out == "nothing to remove\n"
    planned = cortex("gc", "--dry-run", "--expire-deleted", "now")
    assert planned.code == 0
    assert planned.out.splitlines()[0] == f"would remove {identity}"
    assert planned.out.splitlines()[1].startswith("would remove 1 snapshot, 1 object (")
    assert cortex("undelete", identity).code == 0
    cortex("delete", identity, "--yes")
    assert cortex("gc", "--expire-deleted", "now").out == planned.out.replace("would remove", "removed")
    assert cortex("undelete", identity).code == 1
    assert len(files(cortex, "refs")) == 1


def test_gc_json_has_the_documented_keys(cortex: CommandLine) -> None:
    cortex("create", "one")
    cortex("delete", "latest", "--yes")
    document = cortex("gc", "--expire-deleted", "0", "--json").json()
    assert list(document) == [
        "schema",
        "dry_run",
        "snapshots",
        "objects",
        "bytes",
        "leftovers",
        "packed_snapshots",
        "packed_objects",
        "artifacts",
        "artifacts_over",
        "artifacts_unknown",
        "doubted",
        "refused",
        "waiting",
        "holder",
        "damaged",
    ]
    assert document["schema"] == "cortex.snapshot.gc/1"
    assert (document["dry_run"], document["objects"]) == (False, 5)


@pytest.mark.parametrize("time", ["", "soon", "-1d", "3x", "12345678d", "\u0661d", "1moon"])
def test_what_is_no_length_of_time_is_wrong_usage(cortex: CommandLine, time: str) -> None:
    cortex("create")
    found = cortex("gc", f"--expire-deleted={time}")
    assert found.code == 2
    assert "write 2026-03-01, '2026-03-01 12:00', yesterday" in found.err


def test_gc_refuses_where_a_ref_cannot_be_read_and_says_the_way_out(cortex: CommandLine) -> None:
    cortex("create", "one")
    cortex("create", "two")
    bad = next(path for path in files(cortex, "refs") if "-00000002-" in path.name)
    bad.write_bytes(bad.read_bytes()[:-3])
    before = {path: path.read_bytes() for path in cortex.repo.rglob("*") if path.is_file()}
    found = cortex("gc")
    assert found.code == 4
    assert f"refs/{bad.name}" in found.err
    way_out = bad.name.rpartition("-")[2][:12]
    assert f"cortex snapshot delete {way_out}" in found.err
    assert before.items() <= {path: path.read_bytes() for path in cortex.repo.rglob("*") if path.is_file()}.items()
    assert cortex("delete", way_out, "--yes").code == 0
    assert cortex("gc", "--expire-deleted", "now").code == 0
    assert cortex("verify").code == 0


def test_verify_names_what_is_wrong_and_exits_with_1(cortex: CommandLine) -> None:
    identity = cortex("create", "one").out.split()[0]
    found = cortex("verify")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("all good: 1 snapshot, 5 objects, ")
    victim = files(cortex, "objects")[0]
    victim.write_bytes(b"torn")
    found = cortex("verify")
    assert found.code == 1
    assert found.out.splitlines()[0].startswith(f"damaged-object: {victim.relative_to(cortex.repo)}: ")
    assert found.out.splitlines()[0].endswith(f"needed by {identity}")
    assert "verify --repair" in found.out.splitlines()[1]
    assert found.out.splitlines()[-1].startswith("1 problem: 1 snapshot, 4 objects, ")
    assert cortex("verify", "latest").code == 1


def test_verify_json_has_the_documented_keys(cortex: CommandLine) -> None:
    cortex("create", "one")
    files(cortex, "objects")[0].unlink()
    found = cortex("verify", "--json")
    assert found.code == 1
    document = found.json()
    assert list(document) == [
        "schema",
        "problems",
        "repaired",
        "snapshots",
        "objects",
        "bytes",
        "leftovers",
        "artifacts",
        "unchecked",
    ]
    problems = document["problems"]
    assert isinstance(problems, list)
    assert list(problems[0]) == ["kind", "key", "reason", "snapshots", "advice"]
    assert problems[0]["kind"] == "missing-object"


def test_repair_needs_a_repository_to_copy_from(cortex: CommandLine, tmp_path: Path) -> None:
    cortex("create", "one")
    assert cortex("verify", "--from", str(tmp_path)).code == 2
    assert cortex("verify", "latest", "--repair").code == 2
    found = cortex("verify", "--repair", "--from", str(tmp_path / "none"))
    assert found.code == 10
    assert str(tmp_path / "none") in found.err
    assert "--from DIR" in found.err
    assert "snapshot create" not in found.err
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").touch()
    found = cortex("verify", "--repair", "--from", str(tmp_path / "other"))
    assert found.code == 1
    assert "--from DIR" in found.err
    assert "--repo" not in found.err


def test_repair_from_a_copy_says_what_it_did(cortex: CommandLine, tmp_path: Path) -> None:
    cortex("create", "one")
    subprocess.run(["cp", "-a", cortex.repo, tmp_path / "copy"], check=True)
    victim = files(cortex, "objects")[0]
    victim.write_bytes(b"torn")
    found = cortex("verify", "--repair", "--from", str(tmp_path / "copy"))
    assert found.code == 0
    assert found.out.startswith(f"repaired: {victim.relative_to(cortex.repo)}: ")
    assert cortex("verify").code == 0


def test_progress_is_for_terminals_only(cortex: CommandLine) -> None:
    for number in range(3):
        cortex("create", str(number))
    assert cortex.process("verify").err == ""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        cortex.command("verify"), env=cortex.environment(), stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        assert process.wait() == 0
    os.close(ours)


def _deleted(cortex: CommandLine) -> str:
    cortex("create", "gone")
    cortex("create", "kept")
    found = cortex("delete", "latest~1", "--yes", "--json").json()["deleted"]
    assert isinstance(found, list)
    return str(found[0])


def test_a_clock_that_jumped_takes_nothing_by_default_and_the_way_out_works(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = _deleted(cortex)
    now = time.time_ns() + 20 * 86400 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: now)
    for command in (["gc"], ["gc", "--dry-run"]):
        found = cortex(*command)
        assert (found.code, found.out) == (3, "nothing to remove\n")
        assert found.err == (
            "snapshots kept: 1 deleted snapshot: the clock is ahead of the newest record here by more than a day, and "
            "by more than is usual here, so the clock may be wrong"
            "; if the clock is right: `cortex snapshot gc --expire-deleted 14d`\n"
        )
    document = cortex("gc", "--json").json()
    assert (document["doubted"], document["refused"]) == ([deleted], True)
    assert f"removed {deleted[:12]}" in cortex("gc", "--expire-deleted", "14d").out
    assert (cortex("gc").code, cortex("gc").err) == (0, "")


def test_a_silence_before_the_newest_snapshot_counts_in_part_and_is_named(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = _deleted(cortex)
    now = time.time_ns() + 20 * 86400 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: now)
    cortex("create", "by the wrong clock")
    found = cortex("gc")
    assert (found.code, found.out) == (0, "nothing to remove\n")
    assert found.err == (
        "snapshots kept: 1 deleted snapshot: nothing was recorded here for more than 7 days, so the clock may be wrong"
        "; if the clock is right: `cortex snapshot gc --expire-deleted 14d`\n"
    )
    document = cortex("gc", "--json").json()
    assert (document["doubted"], document["refused"]) == ([deleted], False)
    assert f"removed {deleted[:12]}" in cortex("gc", "--expire-deleted", "14d").out


def test_a_process_that_keeps_the_names_locked_holds_up_deleted_snapshots_alone(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = _deleted(cortex)
    monkeypatch.setattr("cortexrepo.store.local.locking.TIMEOUT", 0.05)
    with hold(str(cortex.repo / "lock"), exclusive=False, timeout=0):
        found = cortex("gc", "--expire-deleted", "now")
        assert (found.code, found.out) == (11, "nothing to remove\n")
        assert re.match(r"snapshots kept: the deleted ones: (another )?process( \d+)? keeps the names lock", found.err)
        holder = cortex("gc", "--expire-deleted", "now", "--json").json()["holder"]
        assert holder in {"another process", f"process {os.getpid()}"}
    assert f"removed {deleted[:12]}" in cortex("gc", "--expire-deleted", "now").out


def test_a_damaged_mark_keeps_its_snapshot_and_is_named(cortex: CommandLine) -> None:
    deleted = _deleted(cortex)
    path = cortex.repo / "deleted" / deleted
    path.write_bytes(path.read_bytes()[:-1])
    found = cortex("gc", "--expire-deleted", "now")
    assert found.code == 1
    assert found.err.startswith(f"cortex: damaged: deleted/{deleted}: ")
    assert [one["id"] for one in cortex("list", "--deleted", "--json").json()["snapshots"]] == [deleted]  # type: ignore[attr-defined]
