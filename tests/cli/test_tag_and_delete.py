from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine


def _ids(cortex: CommandLine, *words: str) -> list[str]:
    snapshots = cortex("list", "--json", *words).json()["snapshots"]
    assert isinstance(snapshots, list)
    return [snapshot["id"] for snapshot in snapshots]


def test_a_tag_names_the_latest_or_the_snapshot_that_is_given(cortex: CommandLine) -> None:
    cortex("create", "first")
    cortex("create", "second")
    second, first = _ids(cortex)
    assert cortex("tag", "new").code == 0
    assert cortex("tag", "old", first[:8]).code == 0
    assert cortex("tag").out.splitlines() == [f"new  {second[:12]}", f"old  {first[:12]}"]
    assert cortex("tag", "--json").json()["tags"] == [
        {"name": "new", "id": second, "missing": False},
        {"name": "old", "id": first, "missing": False},
    ]


def test_a_taken_tag_moves_only_by_force(cortex: CommandLine) -> None:
    cortex("create")
    cortex("create")
    cortex("tag", "golden", "latest~1")
    assert cortex("tag", "golden").code == 1
    assert cortex("tag", "golden", "--force").code == 0
    assert cortex("tag", "golden", "--delete", "--json").json()["deleted"] == ["golden"]
    assert cortex("tag", "golden", "--delete").code == 1


def test_delete_in_a_tag_takes_one_name(cortex: CommandLine) -> None:
    assert cortex("tag", "--delete").code == 2
    assert cortex("tag", "golden", "latest", "--delete").code == 2


def test_without_a_terminal_and_without_yes_nothing_is_deleted(cortex: CommandLine) -> None:
    cortex("create")
    found = cortex("delete", "latest", answer="y\n")
    assert found.code == 4
    assert "--yes" in found.err
    assert len(_ids(cortex)) == 1


def test_delete_marks_and_undelete_brings_back(cortex: CommandLine) -> None:
    cortex("create", "first")
    cortex("create", "second")
    second, first = _ids(cortex)
    found = cortex("delete", "latest", second[:10], "--yes")
    assert found.out == f"deleted {second[:12]}\n"
    assert f"undelete {second[:12]}" in found.err
    assert _ids(cortex) == [first]
    assert _ids(cortex, "--deleted") == [second]
    assert cortex("undelete", second[:12], "--json").json() == {
        "schema": "cortex.snapshot.undelete/1",
        "undeleted": [second],
        "damaged": [],
    }
    assert _ids(cortex) == [second, first]
    assert cortex("delete", "--yes", "--json", first).json() == {
        "schema": "cortex.snapshot.delete/1",
        "deleted": [first],
        "damaged": [],
    }


def test_where_every_snapshot_is_deleted_no_command_says_that_there_never_was_one(cortex: CommandLine) -> None:
    assert cortex("create", "x").code == 0
    assert cortex("undelete", "latest").err.startswith("cortex: no snapshot is marked as deleted\n")
    assert cortex("delete", "latest", "--yes").code == 0
    assert "every snapshot is marked as deleted" in cortex("list").err
    assert "every snapshot is marked as deleted" in cortex("log").err
    for words in (["show"], ["diff"], ["status"], ["log", "bash"], ["search", "bash"]):
        found = cortex(*words)
        assert (found.code, found.err.splitlines()[0]) == (1, "cortex: every snapshot is marked as deleted"), words


def test_one_unknown_revision_keeps_delete_from_deleting_any(cortex: CommandLine) -> None:
    cortex("create")
    assert cortex("delete", "latest", "nothing", "--yes").code == 1
    assert len(_ids(cortex)) == 1


def _answer(cortex: CommandLine, answer: bytes) -> tuple[int, bytes]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        cortex.command("delete", "latest"),
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=cortex.environment(),
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, answer)
    _, err = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, err


def test_on_a_terminal_delete_shows_what_goes_and_asks(cortex: CommandLine) -> None:
    cortex("create", "precious")
    code, err = _answer(cortex, b"n\n")
    assert code == 4
    assert b"precious" in err
    assert b"[y/N]" in err
    assert len(_ids(cortex)) == 1
    assert _answer(cortex, b"\x04")[0] == 4
    assert _answer(cortex, b"yes\n")[0] == 0
    assert _ids(cortex) == []


def test_init_is_idempotent_and_says_where(cortex: CommandLine) -> None:
    first = cortex("init", "--json").json()
    assert list(first) == ["schema", "location", "repository"]
    assert cortex("init", "--json").json() == first
    assert cortex("init").out == f"repository {cortex.repo}\n"
