from __future__ import annotations

import datetime as dt
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.cli.screen.result import CHECK
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine, Result

OTHER = "f" * 32
DAYS = ["2020-03-01T10:00", "2020-03-01T12:00", "2020-03-02T10:00", "2020-03-03T10:00"]


def _past(cortex: CommandLine, *moments: str, machine: str | None = None) -> list[str]:
    """Records snapshots of the past and returns their ids in the order of the moments, which are UTC."""
    repository = Repository.open(cortex.repo, create=True)
    found = []
    for moment in moments:
        created = int(dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC).timestamp() * 1000)
        made = repository.record(inventory(machine=machine) if machine else inventory(), created, message=moment)
        assert made is not None
        found.append(str(made.id))
    return found


def _ids(cortex: CommandLine, *words: str) -> list[str]:
    snapshots = cortex("list", "--json", *words).json()["snapshots"]
    assert isinstance(snapshots, list)
    return [snapshot["id"] for snapshot in snapshots]


def _rows(found: Result) -> list[dict[str, object]]:
    rows = found.json()["snapshots"]
    assert isinstance(rows, list)
    return rows


def test_a_dry_run_says_of_each_snapshot_why_it_stays_or_that_it_goes(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS)
    cortex("tag", "golden", ids[0])
    found = cortex("prune", "--keep-last", "1", "--keep-daily", "2", "--keep-tag", "golden", "--dry-run")
    assert found.code == 0
    assert found.out.splitlines() == [
        f"{ids[3][:12]}  keep    2020-03-03 10:00:00  newest, last, daily",
        f"{ids[2][:12]}  keep    2020-03-02 10:00:00  daily",
        f"{ids[1][:12]}  delete  2020-03-01 12:00:00  no rule keeps it",
        f"{ids[0][:12]}  keep    2020-03-01 10:00:00  tagged, tag golden   [golden]",
        "would delete 1 of 4 snapshots",
    ]
    assert found.err == ""
    assert len(_ids(cortex)) == 4


def test_a_run_deletes_what_the_dry_run_said_and_undelete_brings_it_back(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS)
    rules = ["--keep-daily", "2"]
    planned = [str(row["id"]) for row in _rows(cortex("prune", *rules, "--dry-run", "--json")) if not row["kept"]]
    assert planned == [ids[1], ids[0]]
    found = cortex("prune", *rules, "--yes")
    assert found.code == 0
    assert found.out.splitlines() == [*(f"deleted {one[:12]}" for one in planned), "deleted 2 of 4 snapshots"]
    undo = f"cortex snapshot undelete {planned[0][:12]} {planned[1][:12]}"
    assert found.err == f"to bring them back: `{undo}`; `gc` removes a snapshot 14 days after it was deleted\n"
    assert _ids(cortex) == [ids[3], ids[2]]
    assert _ids(cortex, "--deleted") == planned
    assert cortex("prune", *rules, "--yes").out == "nothing to delete: 2 snapshots\n"
    assert cortex("gc").out == "nothing to remove\n"
    assert cortex(*undo.split()[2:]).code == 0
    assert _ids(cortex) == ids[::-1]


def test_the_way_back_from_many_deletions_names_the_list(cortex: CommandLine) -> None:
    _past(cortex, *(f"2020-03-{day:02d}T10:00" for day in range(1, 10)))
    found = cortex("prune", "--keep-last", "2", "--yes")
    assert len(found.out.splitlines()) == 8
    assert "`cortex snapshot list --deleted` shows the ids" in found.err
    assert len(found.err.splitlines()) == 1


def test_prune_json_has_the_documented_keys(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS)
    cortex("tag", "golden", ids[0])
    document = cortex("prune", "--keep-weekly", "1", "--keep-last", "2", "--yes", "--json").json()
    assert list(document) == ["schema", "dry_run", "snapshots", "deleted", "damaged"]
    assert (document["schema"], document["dry_run"]) == ("cortex.snapshot.prune/1", False)
    assert document["deleted"] == [ids[1]]
    rows = document["snapshots"]
    assert isinstance(rows, list)
    assert rows[0] == {
        "id": ids[3],
        "created_at": "2020-03-03T10:00:00.000Z",
        "machine": "0123456789abcdef0123456789abcdef",
        "tags": [],
        "kept": True,
        "reasons": [
            {"rule": "newest", "value": ""},
            {"rule": "last", "value": ""},
            {"rule": "weekly", "value": "2020-W10"},
        ],
    }
    assert [(row["kept"], [one["rule"] for one in row["reasons"]]) for row in rows[1:]] == [
        (True, ["last"]),
        (False, []),
        (True, ["tagged"]),
    ]


def test_each_machine_is_thinned_out_alone_and_named_where_there_are_several(cortex: CommandLine) -> None:
    mine = _past(cortex, *DAYS)
    others = _past(cortex, "2019-01-01T10:00", "2019-01-02T10:00", "2019-01-03T10:00", machine=OTHER)
    found = cortex("prune", "--keep-last", "2", "--dry-run")
    assert f"{others[2][:12]}  keep    2019-01-03 10:00:00  ffffffff  newest, last" in found.out.splitlines()
    cortex("prune", "--keep-last", "2", "--yes")
    assert _ids(cortex) == [mine[3], mine[2], others[2], others[1]]


def test_machines_whose_ids_begin_alike_are_thinned_out_alone_and_told_apart(cortex: CommandLine) -> None:
    one, two = "0" * 31 + "1", "0" * 31 + "2"
    first = _past(cortex, "2020-01-01T10:00", "2020-01-02T10:00", machine=one)
    second = _past(cortex, "2019-01-01T10:00", "2019-01-02T10:00", machine=two)
    rows = cortex("prune", "--keep-last", "1", "--dry-run").out.splitlines()
    assert [line.split()[0] for line in rows if f"{one}  newest" in line] == [first[1][:12]]
    assert [line.split()[0] for line in rows if f"{two}  newest" in line] == [second[1][:12]]
    assert cortex("prune", "--keep-last", "1", "--yes", "--force").code == 0
    assert _ids(cortex) == [first[1], second[1]]
    assert cortex("gc", "--expire-deleted=now").code == 0
    assert _ids(cortex) == [first[1], second[1]]


@pytest.mark.parametrize("digits", [8, 16, 31])
def test_each_of_three_machines_whose_ids_begin_alike_keeps_its_newest(cortex: CommandLine, digits: int) -> None:
    machines = [f"{'ab' * 16}"[:digits] + end * (32 - digits) for end in "123"]
    newest = [
        _past(cortex, *(f"202{year}-01-0{day}T10:00" for day in (1, 2, 3)), machine=machine)[-1]
        for year, machine in zip((3, 2, 1), machines, strict=True)
    ]
    found = cortex("prune", "--keep-last", "1", "--yes", "--force")
    assert found.code == 0
    assert len(found.out.splitlines()) == 7
    assert _ids(cortex) == newest
    assert cortex("gc", "--expire-deleted=now").code == 0
    assert _ids(cortex) == newest


def test_the_snapshot_that_was_just_made_stays_also_when_the_clock_says_that_it_is_old(cortex: CommandLine) -> None:
    cortex("create", "before")
    cortex("create", "just made")
    identity, before = _ids(cortex)
    repository = Repository.open(cortex.repo)
    future = repository.record(inventory(machine=repository.get(identity).machine), 4_000_000_000_000)
    assert future is not None
    rows = _rows(cortex("prune", "--keep-last", "1", "--dry-run", "--json"))
    assert [(row["id"], row["kept"]) for row in rows] == [(future.id, True), (identity, True), (before, False)]


def test_days_are_those_of_the_local_zone(cortex: CommandLine) -> None:
    ids = _past(cortex, "2020-07-01T21:30", "2020-07-01T22:30", "2020-10-25T00:30", "2020-10-25T01:30")
    line = ["prune", "--keep-daily", "3", "--keep-hourly", "2", "--dry-run", "--json"]
    zone = "CET-1CEST,M3.5.0,M10.5.0/3"
    assert [row["kept"] for row in _rows(cortex.process(*line, TZ=zone))] == [True, True, True, True]
    assert [row["kept"] for row in _rows(cortex.process(*line, TZ="UTC"))] == [True, True, True, False]
    reasons = _rows(cortex.process(*line, TZ=zone))[1]["reasons"]
    assert reasons == [{"rule": "hourly", "value": "2020-10-25T02+02:00"}]
    assert len(_ids(cortex)) == len(ids)


# -- asking


def test_without_a_terminal_and_without_yes_nothing_is_pruned(cortex: CommandLine) -> None:
    _past(cortex, *DAYS)
    found = cortex("prune", "--keep-daily", "2", answer="y\n")
    assert (found.code, found.out) == (4, "")
    assert "--yes" in found.err
    assert len(_ids(cortex)) == 4


def test_where_nothing_goes_nobody_is_asked(cortex: CommandLine) -> None:
    _past(cortex, *DAYS)
    assert cortex("prune", "--keep-last", "4") == (0, "nothing to delete: 4 snapshots\n", "")


def _asked(cortex: CommandLine, *words: str) -> tuple[subprocess.Popen[bytes], int, bytes]:
    """Runs a command with a terminal as standard input until it asks; returns it, the terminal, and what it said."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        cortex.command(*words),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=cortex.environment(),
        start_new_session=True,
    )
    os.close(theirs)
    assert process.stderr is not None
    said = b""
    while b"[y/N]" not in said:
        more = os.read(process.stderr.fileno(), 4096)
        assert more, said
        said += more
    return process, ours, said


def _answered(asked: tuple[subprocess.Popen[bytes], int, bytes], answer: bytes) -> int:
    process, terminal, _ = asked
    os.write(terminal, answer)
    process.communicate(timeout=60)
    os.close(terminal)
    return process.returncode


def test_on_a_terminal_prune_shows_what_goes_and_asks(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS)
    asked = _asked(cortex, "prune", "--keep-daily", "2")
    assert asked[2].decode().splitlines()[1:] == [
        f"{ids[1][:12]}  delete  2020-03-01 12:00:00  no rule keeps it",
        f"{ids[0][:12]}  delete  2020-03-01 10:00:00  no rule keeps it",
        "Delete these 2 snapshots? [y/N] ",
    ]
    assert _answered(asked, b"n\n") == 4
    assert _answered(_asked(cortex, "prune", "--keep-daily", "2"), b"\x04") == 4
    assert len(_ids(cortex)) == 4
    assert _answered(_asked(cortex, "prune", "--keep-daily", "2"), b"yes\n") == 0
    assert _ids(cortex) == [ids[3], ids[2]]


def test_the_question_is_not_lost_under_what_it_asks_about(cortex: CommandLine) -> None:
    _past(cortex, *(f"2020-03-{day:02d}T10:00" for day in range(1, 28)))
    asked = _asked(cortex, "prune", "--keep-last", "2")
    lines = asked[2].decode().splitlines()[1:]
    assert len(lines) == 22
    assert lines[-2].startswith("and 5 more: ")
    assert _answered(asked, b"n\n") == 4


def test_what_is_tagged_or_the_last_that_is_left_when_the_answer_comes_stays(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS)
    asked = _asked(cortex, "prune", "--keep-last", "2")
    cortex("tag", "golden", ids[0])
    cortex("delete", "--yes", ids[3], ids[2])
    assert _answered(asked, b"y\n") == 0
    assert _ids(cortex) == [ids[1], ids[0]]


# -- what is refused


@pytest.mark.parametrize(
    "rules",
    [
        ["--keep-last", "1"],
        ["--keep-yearly", "1"],
        ["--keep-within", "1h"],
        ["--keep-tag", "golden"],
        ["--keep-tag", "typo"],
    ],
)
def test_rules_that_keep_only_what_never_goes_are_refused_without_force(cortex: CommandLine, rules: list[str]) -> None:
    ids = _past(cortex, *DAYS)
    cortex("tag", "golden", ids[0])
    found = cortex("prune", *rules, "--yes")
    assert (found.code, found.out) == (4, "")
    assert "--force" in found.err
    assert len(found.err.splitlines()) == 2
    looked = cortex("prune", *rules, "--dry-run")
    assert looked.code == 0
    assert looked.out.endswith("would delete 2 of 4 snapshots\n")
    assert "--force" in looked.err
    assert len(_ids(cortex)) == 4
    assert cortex("prune", *rules, "--yes", "--force").code == 0
    assert _ids(cortex) == [ids[3], ids[0]]


def test_rules_that_will_keep_more_on_another_day_are_not_refused_on_the_first(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS[:2])
    assert cortex("prune", "--keep-daily", "7", "--yes").code == 0
    assert _ids(cortex) == ids[1:]
    assert cortex("prune", "--keep-last", "1", "--yes").code == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--dry-run"],
        ["--force", "--yes"],
        ["--keep-last", "0"],
        ["--keep-last", "0", "--keep-within", "0"],
        ["--keep-last", "-1"],
        ["--keep-daily", "2", "--keep-hourly", "-1"],
        ["--keep-daily", "many"],
        ["--keep-daily", "1.5"],
        ["--keep-daily", ""],
        ["--keep-daily", "9" * 5000],
        ["--keep-within", "soon"],
        ["--keep-within", "-1d"],
        ["--keep-within", "1moon"],
        ["--keep-within", ""],
        ["--keep-tag", ""],
        ["--keep-tag", "a/b"],
        ["--keep-tag", "\x1b[2J"],
        ["--keep-daily", "2", "latest"],
    ],
    ids=lambda words: " ".join(words)[:30].strip("\x1b"),
)
def test_rules_that_make_no_sense_are_wrong_usage_in_one_line(cortex: CommandLine, words: list[str]) -> None:
    _past(cortex, *DAYS)
    found = cortex("prune", *words)
    assert (found.code, found.out) == (2, "")
    lines = found.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("cortex: ")
    assert lines[1].startswith("hint: ")
    assert len(_ids(cortex)) == 4


def test_a_number_larger_than_there_are_snapshots_keeps_all(cortex: CommandLine) -> None:
    _past(cortex, *DAYS)
    assert cortex("prune", "--keep-last", "9" * 40, "--yes").out == "nothing to delete: 4 snapshots\n"


def test_without_a_repository_prune_says_so_and_in_an_empty_one_nothing_goes(cortex: CommandLine) -> None:
    assert cortex("prune", "--keep-daily", "2").code == 10
    assert not cortex.repo.exists()
    cortex("init")
    assert cortex("prune", "--keep-daily", "2") == (0, "nothing to delete\n", "")


# -- damage


def test_a_damaged_ref_is_named_left_alone_and_takes_no_place(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS)
    bad = next(path for path in (cortex.repo / "refs").iterdir() if path.name.endswith(ids[1]))
    bad.write_bytes(bad.read_bytes()[:-3])
    found = cortex("prune", "--keep-daily", "9", "--keep-last", "1", "--yes", "--json")
    assert found.code == 1
    assert f"refs/{bad.name}" in found.err
    assert [line for line in found.err.splitlines() if "hint: " in line] == [f"hint: {CHECK}"]
    damaged = found.json()["damaged"]
    assert isinstance(damaged, list)
    assert [one["key"] for one in damaged] == [f"refs/{bad.name}"]
    # It is the newest of its day, and says nothing: the one before it stays.
    assert [row["id"] for row in _rows(found)] == [ids[3], ids[2], ids[0]]
    assert found.json()["deleted"] == []
    found = cortex("prune", "--keep-daily", "2", "--yes")
    assert (found.code, found.out.splitlines()[-1]) == (1, "deleted 1 of 3 snapshots")
    assert bad.exists()
    assert os.listdir(cortex.repo / "deleted") == [ids[0]]


@pytest.mark.parametrize("dry_run", [["--dry-run"], ["--yes"]])
def test_a_damaged_tag_may_protect_any_snapshot_and_nothing_goes(cortex: CommandLine, dry_run: list[str]) -> None:
    ids = _past(cortex, *DAYS)
    cortex("tag", "golden", ids[0])
    tag = cortex.repo / "tags" / "golden"
    tag.write_bytes(tag.read_bytes()[:-1])
    found = cortex("prune", "--keep-last", "2", *dry_run)
    assert (found.code, found.out) == (4, "")
    assert "tags/golden" in found.err
    assert "tag --force" in found.err
    assert len(_ids(cortex)) == 4
    cortex("tag", "golden", ids[0], "--force")
    assert cortex("prune", "--keep-last", "2", "--yes").out.splitlines()[-1] == "deleted 1 of 4 snapshots"


# -- what it looks like


def test_on_a_narrow_terminal_reasons_give_way_and_no_line_is_longer(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS)
    cortex("tag", "golden", ids[0])
    every = [f"--keep-{period}=2" for period in ("last", "hourly", "daily", "weekly", "monthly", "yearly")]
    ours, theirs = pty.openpty()
    environment = cortex.environment(COLUMNS="50", TERM="xterm", NO_COLOR="1")
    with subprocess.Popen(
        cortex.command("prune", *every, "--dry-run"), stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        assert process.wait(timeout=60) == 0
    lines = os.read(ours, 65536).decode().splitlines()[1:]
    os.close(ours)
    assert len(lines) == 5
    assert max(map(len, lines)) <= 50
    assert lines[0].startswith(f"{ids[3][:12]}  keep  ")
    assert "newest" in lines[0]
    assert "…" in lines[0]


def test_a_pipe_gets_whole_lines_and_ascii_where_that_is_wanted(cortex: CommandLine) -> None:
    ids = _past(cortex, *DAYS)
    every = [f"--keep-{period}=2" for period in ("last", "hourly", "daily", "weekly", "monthly", "yearly")]
    found = cortex.process("prune", *every, "--dry-run", COLUMNS="50", LC_ALL="C")
    assert found.out.isascii()
    assert found.out.splitlines()[0] == (
        f"{ids[3][:12]}  keep    2020-03-03 10:00:00  newest, last, hourly, daily, weekly, monthly, yearly"
    )
    assert "\x1b" not in found.out
    assert "\x1b[31mdelete\x1b[0m" in cortex("prune", "--keep-last", "2", "--dry-run", "--color", "always").out
