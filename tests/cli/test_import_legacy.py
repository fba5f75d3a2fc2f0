from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from support.processes.users import NOBODY, run_as
from support.repositories.legacy import APT, GOOD, document, text, write

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine, Result

LATER = "20251223_080000_469067"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    place = tmp_path / "old"
    place.mkdir()
    return place


def _run(cortex: CommandLine, old: Path, *words: str) -> Result:
    return cortex("import-legacy", *words, str(old))


def _snapshots(cortex: CommandLine) -> list[dict[str, object]]:
    found = cortex("list", "--json").json()["snapshots"]
    assert isinstance(found, list)
    return found


def _state(place: Path) -> dict[str, object]:
    """Everything that could be changed of a directory and what is in it."""
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_ctime_ns, _bytes(path))
        for path in (place, *place.rglob("*"))
    }


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""


def test_snapshots_come_in_with_their_time_and_description(cortex: CommandLine, old: Path) -> None:
    write(old)
    write(old, LATER, timestamp="2025-12-23T08:00:02", description="")
    found = _run(cortex, old)
    assert found.code == 0
    assert found.err == ""
    first, second = _snapshots(cortex)[::-1]
    assert found.out.splitlines() == [
        f"{str(first['id'])[:12]}  2025-12-22 15:00:01  20251222_150000_aaaaaaaa  before cuda",
        f"{str(second['id'])[:12]}  2025-12-23 08:00:02  20251223_080000_469067",
        "imported 2 snapshots",
    ]
    assert (first["created_at"], first["message"]) == ("2025-12-22T15:00:01.250Z", "before cuda")
    assert first["packages"] == {"apt": 2, "npm": 2, "pip": 2, "system": 3}
    assert cortex("verify").code == 0


def test_the_machine_is_this_one_and_show_says_where_it_came_from(cortex: CommandLine, old: Path) -> None:
    write(old)
    _run(cortex, old)
    assert cortex("create", "--root", "/", "--only", "system").code in {0, 3}
    now, before = _snapshots(cortex)
    assert now["machine"] == before["machine"]
    shown = cortex.process("show", "--json", str(before["id"])).json()
    assert shown["cause"] == {"command": "", "user": shown["cause"]["user"], "reason": "import-legacy"}  # type: ignore[index]
    assert shown["facts"]["legacy_id"] == GOOD  # type: ignore[index]


def test_a_second_run_adds_nothing(cortex: CommandLine, old: Path) -> None:
    write(old)
    write(old, LATER)
    _run(cortex, old)
    before = _snapshots(cortex)
    found = _run(cortex, old)
    assert (found.code, found.out) == (0, "imported 0 snapshots, 2 imported before\n")
    assert _snapshots(cortex) == before


def test_a_dry_run_changes_nothing_and_says_the_same(cortex: CommandLine, old: Path) -> None:
    write(old)
    write(old, LATER, b"")
    would = _run(cortex, old, "--dry-run")
    assert would.code == 3
    assert not cortex.repo.exists()
    found = _run(cortex, old)
    # Without a repository the snapshots have no ids yet.
    (row, totals) = found.out.splitlines()
    assert would.out.replace("would import", "imported").splitlines() == [row[14:], totals]
    assert would.err == found.err


def test_json_has_the_documented_keys(cortex: CommandLine, old: Path) -> None:
    write(old, description="é", schema=1)
    write(old, LATER, b"{")
    found = _run(cortex, old, "--json")
    assert found.code == 3
    document = found.json()
    assert list(document) == ["schema", "dry_run", "imported", "present", "skipped", "notes"]
    assert (document["schema"], document["dry_run"]) == ("cortex.snapshot.import-legacy/1", False)
    assert document["imported"] == [
        {
            "legacy_id": GOOD,
            "id": _snapshots(cortex)[0]["id"],
            "created_at": "2025-12-22T15:00:01.250Z",
            "message": "é",
        }
    ]
    assert document["skipped"] == [{"name": LATER, "reason": "the file is damaged: it is not JSON"}]
    assert document["notes"] == [{"name": GOOD, "reason": "unknown fields: schema"}]
    again = _run(cortex, old, "--json", "--dry-run").json()
    assert (again["dry_run"], again["imported"], again["present"]) == (True, [], [GOOD])


# -- what is not to be trusted


def _hostile(old: Path) -> dict[str, str]:
    """Fills the directory with what is no snapshot, and returns what each must be called."""
    outside = old.parent / "outside"
    write(outside, "secret")
    write(old, "torn", text()[:-30])
    write(old, "zero", b"")
    write(old, "deep", b"[" * 400_000)
    write(old, "huge").write_bytes(b" " * ((1 << 20) + 1))
    (old / "killed").mkdir()
    (old / "half").mkdir()
    (old / "half/metadata.tmp").write_bytes(text()[:100])
    (old / "repository/objects").mkdir(parents=True)
    (old / "repository/HEAD").write_text("ref: refs/heads/master\n")
    (old / "other").mkdir()
    (old / "other/thesis.tex").write_text("precious")
    (old / "README").write_text("hello")
    (old / "link").symlink_to(outside / "secret")
    (old / "linked").mkdir()
    (old / "linked/metadata.json").symlink_to(outside / "secret/metadata.json")
    (old / "pipe").mkdir()
    os.mkfifo(old / "pipe/metadata.json")
    (old / "folder/metadata.json").mkdir(parents=True)
    return {
        "README": "not a snapshot: it is a file or a link",
        "deep": "the file is damaged: it is nested too deeply",
        "folder": "metadata.json is not a file",
        "half": "its creation was interrupted: the directory has only metadata.tmp",
        "huge": "metadata.json is larger than 1 MiB",
        "killed": "the directory is empty: its creation was interrupted",
        "link": "not a snapshot: it is a file or a link",
        "linked": "metadata.json is a link",
        "other": "not a snapshot: it has no metadata.json",
        "pipe": "metadata.json is not a file",
        "repository": "not a snapshot: it is a git repository",
        "torn": "the file is damaged: it is not JSON",
        "zero": "empty",
    }


def test_what_is_no_snapshot_is_named_one_a_line_and_skipped(cortex: CommandLine, old: Path) -> None:
    expected = _hostile(old)
    write(old)
    (old / ".snapshots.lock").touch()
    found = _run(cortex, old)
    assert found.code == 3
    assert found.err.splitlines() == [f"skipped: {name}: {reason}" for name, reason in expected.items()]
    assert found.out.splitlines()[-1] == f"imported 1 snapshot, {len(expected)} skipped"
    assert len(_snapshots(cortex)) == 1


def test_where_nothing_is_a_snapshot_it_fails_and_makes_no_repository(cortex: CommandLine, old: Path) -> None:
    expected = _hostile(old)
    found = _run(cortex, old)
    assert (found.code, found.out) == (1, f"imported 0 snapshots, {len(expected)} skipped\n")
    assert not cortex.repo.exists()


def test_the_source_is_not_touched(cortex: CommandLine, old: Path) -> None:
    _hostile(old)
    write(old)
    before = _state(old)
    _run(cortex, old)
    _run(cortex, old, "--dry-run")
    assert _state(old) == before


def test_a_source_that_may_only_be_read_is_read(cortex: CommandLine, old: Path) -> None:
    write(old)
    for path in (old / GOOD, old):
        path.chmod(0o500)
    assert _run(cortex, old).code == 0
    for path in (old, old / GOOD):
        path.chmod(0o700)


@pytest.mark.usefixtures("open_path")
def test_an_entry_that_may_not_be_read_is_named(cortex: CommandLine, old: Path) -> None:
    write(old)
    write(old, LATER)
    cortex.repo.mkdir()
    for path in (cortex.repo, old, old / GOOD, old / GOOD / "metadata.json"):
        os.chown(path, NOBODY, NOBODY)
    found = run_as(NOBODY, cortex, "import-legacy", str(old))
    assert found.code == 3, found.err
    assert found.err == f"skipped: {LATER}: it cannot be read: Permission denied\n"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "../../victim"},
        {"schema": 7},
        {"packages": {"apt": [], "pip": [], "npm": []}},
        {"packages": {"apt": [{"name": "libc6", "version": "1"}] * 2, "npm": [{"name": "@a/b", "version": "unknown"}]}},
    ],
)
def test_what_is_only_odd_comes_in(cortex: CommandLine, old: Path, changes: dict[str, object]) -> None:
    write(old, data=json.dumps({**document(), **changes}).encode())
    assert _run(cortex, old).code == 0
    assert len(_snapshots(cortex)) == 1
    assert not (old.parent / "victim").exists()


def test_a_failed_detection_is_failed_and_no_removal_of_everything(cortex: CommandLine, old: Path) -> None:
    write(old, packages={"apt": APT, "pip": [], "npm": []})
    write(old, LATER, timestamp="2025-12-23T08:00:02", packages={"apt": [], "pip": [], "npm": []})
    found = _run(cortex, old)
    assert (
        "apt: the old tool recorded no package: the machine had none, or the package manager was missing" in found.err
    )
    shown = cortex("diff", "latest~1", "latest", "--json").json()
    assert shown["changes"] == []
    unknown = shown["unknown"]
    assert isinstance(unknown, list)
    assert {one["ecosystem"] for one in unknown} >= {"apt", "npm", "pip"}


def test_against_a_machine_that_was_read_only_true_changes_are_told(cortex: CommandLine, old: Path) -> None:
    rows = [{"name": "bash", "version": "5.1-1"}, *APT[1:], {"name": "gone", "version": "1"}]
    write(old, packages={**_packages(), "apt": rows})
    _run(cortex, old)
    found = cortex("diff", "latest", "--json").json()
    changes = found["changes"]
    assert isinstance(changes, list)
    assert [
        (one["kind"], one["name"], one["arch"], one["details"]) for one in changes if one["ecosystem"] == "apt"
    ] == [
        ("upgraded", "bash", "amd64", []),
        ("removed", "gone", "", []),
    ]
    assert [one for one in changes if one["ecosystem"] in {"npm", "pip"}] == []


def _packages() -> dict[str, object]:
    found = document()["packages"]
    assert isinstance(found, dict)
    return found


# -- where it is, and how it looks


def test_without_a_directory_it_is_the_old_tools_own(cortex: CommandLine, old: Path) -> None:
    home = old.parent / "home"
    write(home / ".cortex/snapshots")
    assert cortex("import-legacy", HOME=str(home)).out.endswith("imported 1 snapshot\n")


@pytest.mark.parametrize("made", ["nothing", "file"])
def test_a_directory_that_is_none_fails_with_one_line_and_a_way_out(cortex: CommandLine, old: Path, made: str) -> None:
    place = old / made
    if made == "file":
        place.write_text("precious")
    found = _run(cortex, place)
    assert found.code == 1
    lines = found.err.splitlines()
    assert lines[0].startswith(f"cortex: cannot read {place}: ")
    assert lines[1].startswith("hint: ")
    assert len(lines) == 2
    assert not cortex.repo.exists()


def test_an_empty_directory_has_nothing_to_bring_in(cortex: CommandLine, old: Path) -> None:
    (old / ".snapshots.lock").touch()
    found = _run(cortex, old)
    assert (found.code, found.out, found.err) == (0, "imported 0 snapshots\n", "")


def test_what_was_stored_before_a_kill_is_there_already_in_the_next_run(cortex: CommandLine, old: Path) -> None:
    write(old)
    _run(cortex, old)
    write(old, LATER)
    shutil.rmtree(old / GOOD)
    write(old, "20251224_080000_00000000")
    assert _run(cortex, old).out.splitlines()[-1] == "imported 2 snapshots"
    assert len(_snapshots(cortex)) == 3


def test_names_and_messages_are_shown_escaped(cortex: CommandLine, old: Path) -> None:
    write(old, "a\nb\x1b[2J", id="g\nh\x1b[2J", description="c\nd\x1b[2J")
    write(old, "e\nf\x1b[2J", b"")
    found = _run(cortex, old)
    assert len(found.out.splitlines()) == 2
    assert len(found.err.splitlines()) == 2
    assert "\x1b" not in found.out + found.err
    assert "a\\nb\\x1b[2J" in found.out
    assert "c\\nd\\x1b[2J" in cortex("list").out


def test_where_unicode_is_not_wanted_everything_is_ascii(cortex: CommandLine, old: Path) -> None:
    write(old, "ä", description="né → \U0001f600", id="ä")
    write(old, "ö", b"")
    found = cortex.process("import-legacy", str(old), LC_ALL="C")
    assert found.code == 3
    assert (found.out + found.err).isascii()
    assert "n\\xe9 \\u2192 \\U0001f600" in found.out


def test_a_pipe_gets_whole_lines_and_colours_only_when_told(cortex: CommandLine, old: Path) -> None:
    message = "a very long message that does not fit " * 5
    write(old, description=message)
    write(old, LATER, b"")
    plain = cortex.process("import-legacy", str(old), "--dry-run")
    assert message.rstrip() in plain.out
    assert "\x1b[" not in plain.out + plain.err
    coloured = cortex.process("import-legacy", str(old), "--color", "always")
    assert "\x1b[" in coloured.out
    assert "\x1b[" in coloured.err
