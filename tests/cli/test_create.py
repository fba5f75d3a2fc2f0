from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.processes.terminals import session

from cortexrepo.formats.text.artifacts import to_keep
from cortexrepo.model.artifact import Availability
from cortexrepo.model.package import Package

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine


def test_create_says_the_id_the_message_and_how_much_was_recorded(cortex: CommandLine) -> None:
    found = cortex("create", "before upgrade")
    first, second = found.out.splitlines()
    assert found.code == 0, found.err
    assert first[12:] == "  before upgrade"
    assert set(first[:12]) <= set("0123456789abcdef")
    assert second.startswith("2 apt  1 pip  1 npm  ")
    assert second.endswith(" ms")


def test_create_makes_the_repository_on_first_use_for_its_owner_alone(cortex: CommandLine) -> None:
    cortex("create")
    assert cortex.repo.stat().st_mode & 0o777 == 0o700


def test_create_json_has_the_documented_keys(cortex: CommandLine) -> None:
    document = cortex("create", "m", "--tag", "golden", "--json").json()
    assert list(document) == ["schema", "id", "created_at", "message", "tags", "slots", "damaged"]
    assert document["schema"] == "cortex.snapshot.create/1"
    assert document["message"] == "m"
    assert document["tags"] == ["golden"]
    assert str(document["created_at"]).endswith("Z")
    slots = document["slots"]
    assert isinstance(slots, list)
    for slot in slots:
        assert list(slot) == ["ecosystem", "environment", "status", "object", "packages", "error", "facts"]
    assert ("pip", "/opt/venv", "ok", 1) in [
        (slot["ecosystem"], slot["environment"], slot["status"], slot["packages"]) for slot in slots
    ]


@pytest.mark.parametrize("words", [["--only", "apt,pip"], ["--only", "apt", "--only", "pip"], ["--only", " pip , apt"]])
def test_only_takes_lists_and_repetition(cortex: CommandLine, words: list[str]) -> None:
    slots = cortex("create", "--json", *words).json()["slots"]
    assert isinstance(slots, list)
    assert {slot["ecosystem"] for slot in slots} == {"apt", "pip"}


def test_an_unknown_ecosystem_is_wrong_usage_and_makes_no_repository(cortex: CommandLine) -> None:
    found = cortex("create", "--only", "apt,cargo")
    assert found.code == 2
    assert "cargo" in found.err
    assert not cortex.repo.exists()


def test_an_environment_that_holds_nothing_is_named(cortex: CommandLine) -> None:
    found = cortex("create", "--environment", "/opt/none")
    assert found.code == 1
    assert "/opt/none" in found.err


def test_a_slot_that_cannot_be_read_is_named_and_exits_with_3(cortex: CommandLine) -> None:
    (cortex.root / "var/lib/dpkg/status").unlink()
    (cortex.root / "var/lib/dpkg/status").mkdir()
    found = cortex("create", "broken")
    assert found.code == 3
    assert "failed: apt:" in found.err
    assert cortex("list").out.count("broken") == 1


def test_a_message_that_is_too_long_is_refused_before_anything_is_made(cortex: CommandLine) -> None:
    found = cortex("create", "x" * (1 << 20))
    assert found.code == 1
    assert "1048576 bytes" in found.err
    assert len(found.err) < 400
    assert not cortex.repo.exists()


def test_newlines_and_control_characters_are_kept_in_the_data_and_escaped_on_output(cortex: CommandLine) -> None:
    message = "a\nb\x1b[31mc\x9b\u202ed"
    assert cortex("create", message).out.splitlines()[0].endswith("  a\\nb\\x1b[31mc\\x9b\\u202ed")
    assert "  a\\nb\\x1b[31mc\\x9b\\u202ed  " in cortex("list").out
    snapshots = cortex("list", "--json").json()["snapshots"]
    assert isinstance(snapshots, list)
    assert snapshots[0]["message"] == message


def test_a_message_that_is_not_utf8_is_kept_with_its_bytes_written_out(cortex: CommandLine) -> None:
    found = cortex("create", "caf\udce9")
    assert found.code == 0
    assert "caf\\xe9" in found.out


def test_a_taken_tag_is_refused(cortex: CommandLine) -> None:
    cortex("create", "--tag", "golden")
    found = cortex("create", "--tag", "golden")
    assert found.code == 1
    assert "golden" in found.err
    assert len(cortex("list").out.splitlines()) == 1


def test_a_root_that_is_not_a_directory_is_named(cortex: CommandLine, tmp_path: Path) -> None:
    found = cortex("create", "--root", str(tmp_path / "nothing"))
    assert found.code == 1
    assert "nothing" in found.err


def test_the_first_snapshot_says_on_a_terminal_what_was_not_looked_at(cortex: CommandLine) -> None:
    first = session(cortex, "create", keys=b"")[1]
    assert "whether each package could be put back later was not looked at" in first
    assert "--restorable`" in first
    assert "not looked at" not in session(cortex, "create", keys=b"")[1]
    assert "not looked at" not in cortex("create", "--repo", f"{cortex.repo}2").err


def test_packages_that_could_not_be_put_back_are_counted_with_the_way_to_keep_files() -> None:
    package = Package("cowsay", "all", "5.0")
    found = [Availability("apt", "", package, place, "") for place in ("missing", "cache", "unknown")]
    (line,) = to_keep(found, "9e11d7283222ffff")
    assert line.startswith("1 of 3 packages could not be put back today; ")
    assert "`cortex snapshot artifacts fetch 9e11d7283222`" in line
    assert to_keep(found[1:], "9e11d7283222ffff") == []
