from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from support.processes.users import NOBODY, SOMEBODY, run_as

from cortexrepo.codec import records

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine

COMMANDS = [
    ["create"],
    ["list"],
    ["show"],
    ["diff"],
    ["status"],
    ["log"],
    ["search", "bash"],
    ["tag"],
    ["delete", "latest", "--yes"],
    ["prune", "--keep-last", "2", "--yes"],
    ["init"],
]


def _one_line(err: str) -> bool:
    """Whether there is one line with the error and at most one with the way out."""
    lines = err.splitlines()
    return lines[0].startswith("cortex: ") and all(line.startswith("hint: ") for line in lines[1:]) and len(lines) < 3


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_repository_path_that_is_a_file_is_named(cortex: CommandLine, words: list[str]) -> None:
    cortex.repo.write_text("precious")
    found = cortex(*words)
    assert found.code == 1
    assert str(cortex.repo) in found.err
    assert _one_line(found.err)
    assert cortex.repo.read_text() == "precious"


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_repository_whose_config_is_lost_is_not_made_anew(
    cortex: CommandLine, words: list[str], tmp_path: Path
) -> None:
    assert cortex("create", "x").code == 0
    config = cortex.repo / "config"
    backup = config.rename(tmp_path / "config")
    found = cortex(*words)
    assert found.code == 1
    assert f"{config} is missing, and " in found.err
    assert "copy this file back from a backup" in found.err
    assert not config.exists()
    backup.rename(config)
    assert cortex("verify").code == 0


def test_a_kind_of_repository_that_is_not_known_is_wrong_usage(cortex: CommandLine) -> None:
    found = cortex("create", "x", "--repo", "s3:bucket/x")
    assert found.code == 2
    assert "s3: is not a kind of repository; write ./s3:bucket/x for a directory of that name" in found.err


def test_a_directory_with_a_colon_in_its_name_is_a_repository(
    cortex: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cortex("create", "x", "--repo", "./s3:bucket").code == 0
    assert cortex("list", "--repo", "s3:bucket").code == 0


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_directory_that_is_not_a_repository_is_left_alone(cortex: CommandLine, words: list[str]) -> None:
    cortex.repo.mkdir()
    (cortex.repo / "thesis.tex").write_text("precious")
    found = cortex(*words)
    assert found.code == 1
    assert str(cortex.repo) in found.err
    assert _one_line(found.err)
    assert os.listdir(cortex.repo) == ["thesis.tex"]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_without_a_repository_only_create_and_init_make_one(cortex: CommandLine, words: list[str]) -> None:
    found = cortex(*words)
    if words[0] in {"create", "init"}:
        assert found.code == 0
    else:
        assert found.code == 10
        assert _one_line(found.err)
        assert not cortex.repo.exists()


MALFORMED = ["", "../x", "x\0y", "a\nb", ".", "~", "@{", "-x"]
MESSAGES = ["/etc/passwd", "a/b", "*", "é", "a b"]
"""What may be a message, and nothing else that names a snapshot."""


@pytest.mark.parametrize("command", ["show", "delete", "undelete", "diff"])
@pytest.mark.parametrize("revision", MESSAGES)
def test_what_is_nobodys_message_names_no_snapshot(cortex: CommandLine, command: str, revision: str) -> None:
    cortex("create")
    found = cortex(command, *(["--yes"] if command == "delete" else []), "--", revision)
    assert (found.code, found.out) == (1, "")
    assert _one_line(found.err)
    assert f"snapshot, tag or message '{revision}'" in found.err
    cortex("create", revision)
    if command != "undelete":
        assert cortex(command, *(["--yes"] if command == "delete" else []), "--", revision).code == 0


@pytest.mark.parametrize(
    ("command", "revision"),
    [
        # To diff, `..` is the range from the latest to the machine.
        *((command, "..") for command in ("show", "delete", "undelete")),
        *((command, revision) for command in ("show", "delete", "undelete", "diff") for revision in MALFORMED),
    ],
)
def test_a_malformed_revision_is_wrong_usage_and_shown_escaped(
    cortex: CommandLine, command: str, revision: str
) -> None:
    cortex("create")
    found = cortex(command, *(["--yes"] if command == "delete" else []), "--", revision)
    assert found.code == 2
    assert found.out == ""
    assert _one_line(found.err)
    assert len(cortex("list").out.splitlines()) == 1


@pytest.mark.parametrize("command", ["show", "diff", "delete", "restore", "tag", "list"])
def test_what_is_no_date_is_wrong_usage_wherever_it_is_written(cortex: CommandLine, command: str) -> None:
    cortex("create")
    words = {
        "delete": ("--yes", "@{garbage}"),
        "restore": ("--dry-run", "@{garbage}"),
        "tag": ("name", "@{garbage}"),
        "list": ("--since", "garbage"),
    }
    found = cortex(command, *words.get(command, ("@{garbage}",)))
    assert (found.code, found.out) == (2, "")
    assert "not a time: 'garbage'; write 2026-03-01" in found.err
    assert _one_line(found.err)


def test_a_revision_that_looks_like_an_option_is_wrong_usage(cortex: CommandLine) -> None:
    assert cortex("show", "-x").code == 2


@pytest.mark.parametrize("revision", ["nothing", "0000", "latest~5", "@{2001-01-01}"])
def test_an_unknown_revision_fails(cortex: CommandLine, revision: str) -> None:
    cortex("create")
    found = cortex("show", revision)
    assert found.code == 1
    assert _one_line(found.err)


def test_an_ambiguous_beginning_of_an_id_fails(cortex: CommandLine) -> None:
    cortex("create")
    # Two ids that begin alike: the name of a ref ends in the id, and counts whatever is in the file.
    ref = next(path for path in (cortex.repo / "refs").rglob("*-*") if path.is_file())
    twin = ref.name[:-1] + ("0" if ref.name[-1] != "0" else "1")
    (ref.parent / twin).write_bytes(b"torn")
    found = cortex("show", ref.name.rpartition("-")[2][:8])
    assert found.code == 1
    assert _one_line(found.err)


def test_with_json_an_error_is_the_one_document(cortex: CommandLine) -> None:
    cortex("init")
    document = cortex("show", "nothing", "--json").json()
    assert list(document) == ["schema", "error"]
    assert document["schema"] == "cortex.snapshot.error/1"
    error = document["error"]
    assert isinstance(error, dict)
    assert list(error) == ["kind", "message", "hint"]
    assert error["kind"] == "revision"
    usage = cortex("list", "--limit", "x", "--json").json()["error"]
    assert isinstance(usage, dict)
    assert usage["kind"] == "usage"


def test_an_unknown_command_or_option_is_wrong_usage(cortex: CommandLine) -> None:
    for words in (["nope"], ["list", "--nope"], ["create", "a", "b"], ["delete"]):
        found = cortex(*words)
        assert found.code == 2
        assert _one_line(found.err)


@pytest.mark.usefixtures("open_path")
def test_a_repository_of_another_user_is_refused(cortex: CommandLine) -> None:
    cortex("create")
    for path in (cortex.repo, *cortex.repo.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
        os.chmod(path, 0o777)
    found = run_as(NOBODY, cortex, "list")
    assert found.code == 4, found.err
    assert found.out == ""
    assert _one_line(found.err)
    assert cortex("list").code == 0, "root reads it"
    assert cortex("create").code == 4


def test_a_repository_newer_than_this_version_is_named_as_such(cortex: CommandLine) -> None:
    cortex("init")
    config = cortex.repo / "config"
    config.chmod(0o600)
    config.write_bytes(records.seal(records.CONFIG, (b"\0" * 16, "link", ("a later feature",))))
    found = cortex("list")
    assert found.code == 1
    assert "version" in found.err
    assert _one_line(found.err)


@pytest.mark.usefixtures("open_path")
def test_a_repository_that_may_not_be_written_can_be_listed_but_not_added_to(cortex: CommandLine) -> None:
    cortex("create", "kept")
    for path in (cortex.repo, *cortex.repo.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
        os.chmod(path, 0o500 if path.is_dir() else 0o400)
    found = run_as(NOBODY, cortex, "create", "new")
    assert found.code == 1, found.err
    assert _one_line(found.err)
    listed = run_as(NOBODY, cortex, "list")
    assert listed.code == 0, listed.err
    assert "kept" in listed.out


@pytest.mark.usefixtures("open_path")
def test_a_place_where_no_repository_can_be_made_is_named(cortex: CommandLine) -> None:
    found = run_as(NOBODY, cortex, "create", "--repo", str(cortex.root / "repo"))
    assert found.code == 1, found.err
    said, _, error = found.err.partition("\n")
    assert said == f"repository: {cortex.root}/repo (--repo)"
    assert str(cortex.root / "repo") in error
    assert _one_line(error)


@pytest.mark.parametrize(("now", "where"), [(-(10**18), "before the year 1970"), (10**20, "after the year 2526")])
def test_a_clock_that_shows_no_valid_time_changes_nothing_and_keeps_nobody_from_reading(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch, now: int, where: str
) -> None:
    cortex("create", "--tag", "old")
    cortex("create")
    cortex("delete", "latest", "--yes")
    before = sorted(path for path in cortex.repo.rglob("*") if path.is_file())
    monkeypatch.setattr(time, "time_ns", lambda: now)
    for words in (["create"], ["tag", "new"], ["tag", "old", "--force"], ["delete", "old", "--yes"], ["gc"]):
        found = cortex(*words)
        assert found.code == 1, words
        assert found.err.splitlines()[0] == (
            f"cortex: nothing was changed: the clock of this machine shows a time {where}, which cannot be recorded"
        )
    assert sorted(path for path in cortex.repo.rglob("*") if path.is_file()) == before
    for words in (["list"], ["show"], ["status"], ["diff"], ["log"], ["tag"], ["verify"], ["artifacts", "list"]):
        assert cortex(*words).code == 0, words
    assert cortex("gc", "--expire-deleted", "now").out.startswith("removed ")
