from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root
from support.repositories.inventories import inventory, packages

from cortexrepo.cli.screen.result import CHECK
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import OK, Cause
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine

DAY = 86_400_000
START = 20_000 * DAY


def _upgraded(cortex: CommandLine) -> None:
    """Three snapshots: openssl is upgraded twice, and in between python-dateutil comes."""
    cortex("create", "first")
    make_root(cortex.root, apt={"bash": "5.2.15-2", "openssl": "3.0.15-1"}, pip={"requests": "2.31.0"})
    cortex("create", "before the upgrade")
    make_root(
        cortex.root,
        apt={"bash": "5.2.15-2", "openssl": "3.0.17-1"},
        pip={"requests": "2.31.0", "python-dateutil": "2.8"},
    )
    cortex("create", "third")


def _recorded(cortex: CommandLine, *versions: str, machine: str = "ab" * 16, host: str = "testing") -> None:
    """A snapshot a day from 2024-10-04 on, with openssl in these versions."""
    repository = Repository.open(cortex.repo, create=True)
    for day, version in enumerate(versions):
        reading = Reading("apt", "", OK, packages("apt", {"openssl": version}))
        cause = Cause("apt upgrade", "ana", "history.log") if day else Cause()
        facts = (("hostname", host),)
        repository.record(Inventory(machine, facts, (reading,)), START + day * DAY, message=f"day {day}", cause=cause)


def test_the_log_of_a_package_says_when_from_what_to_what_and_why(cortex: CommandLine) -> None:
    _recorded(cortex, "3.0.11-1", "3.0.15-1", "3.0.15-1", "3.0.9-1")
    found = cortex("log", "openssl")
    assert found.code == 0
    assert re.sub(r"^[0-9a-f]{12}", "ID", found.out, flags=re.MULTILINE).splitlines() == [
        "ID  2024-10-07 00:00:00  day 3",
        "  apt upgrade by ana (history.log)",
        "  downgraded  apt  openssl  3.0.15-1 → 3.0.9-1   amd64",
        "",
        "ID  2024-10-05 00:00:00  day 1",
        "  apt upgrade by ana (history.log)",
        "  upgraded    apt  openssl  3.0.11-1 → 3.0.15-1  amd64",
    ]


def test_without_a_package_it_says_in_short_what_changed_at_every_snapshot(cortex: CommandLine) -> None:
    _upgraded(cortex)
    lines = cortex("log").out.splitlines()
    assert [line.split("  ")[-1] for line in lines if line and not line.startswith(" ")] == [
        "third",
        "before the upgrade",
    ]
    assert "  apt            1 upgraded  openssl" in lines
    assert "  pip /opt/venv  1 added     python-dateutil" in lines


def test_many_changes_are_counted_and_a_few_are_named(cortex: CommandLine) -> None:
    cortex("create")
    make_root(cortex.root, apt={"bash": "5.2.15-2", **{f"new{number}": "1" for number in range(9)}})
    cortex("create")
    assert "9 added, 1 removed  new0, new1, new2, new3, new4 and 5 more\n" in cortex("log").out
    slots = cortex("log", "--json").json()["snapshots"][0]["slots"]  # type: ignore[index]
    assert slots[0]["counts"] == {"added": 9, "removed": 1}
    assert len(slots[0]["names"]) == 10


@pytest.mark.parametrize("name", ["Python_Dateutil", "python.dateutil", "pip:python-dateutil", "python_*"])
def test_names_are_taken_as_people_type_them(cortex: CommandLine, name: str) -> None:
    _upgraded(cortex)
    assert "added  pip /opt/venv  python-dateutil  2.8" in cortex("log", name).out


def test_the_log_can_be_narrowed(cortex: CommandLine) -> None:
    _recorded(cortex, "1", "2", "3", "4")
    assert cortex("log", "openssl", "--limit", "2").out.count("upgraded") == 2
    assert "day 2" in cortex("log", "openssl", "--since", "2024-10-06", "--until", "2024-10-06").out
    assert cortex("log", "openssl", "--since", "2024-10-06").out.count("upgraded") == 2
    assert cortex("log", "--ecosystem", "pip").err == "no such changes in 4 snapshots\n"
    assert cortex("log", "--until", "2020-01-01").code == 0


def test_an_environment_can_be_named_and_an_unknown_one_fails(cortex: CommandLine) -> None:
    _upgraded(cortex)
    assert "apt" not in cortex("log", "*", "--environment", "/opt/venv/").out
    found = cortex("log", "--environment", "/opt/ven")
    assert found.code == 1
    assert found.err.splitlines()[1] == "hint: did you mean /opt/venv?"


def test_an_unknown_package_fails_and_names_like_it_are_offered(cortex: CommandLine) -> None:
    _upgraded(cortex)
    found = cortex("log", "opensll")
    assert (found.code, found.out) == (6, "")
    assert found.err.splitlines() == [
        "cortex: no snapshot has a package 'opensll'",
        "hint: did you mean openssl?",
    ]
    assert cortex("log", "pip:openssl").code == 6
    assert cortex("log", "zzz*").code == 6


def test_a_package_that_never_changed_is_not_unknown(cortex: CommandLine) -> None:
    _upgraded(cortex)
    found = cortex("log", "bash")
    assert (found.code, found.out, found.err) == (0, "", "no such changes in 3 snapshots\n")


def test_a_range_backwards_and_what_is_no_date_or_package_are_wrong_usage(cortex: CommandLine) -> None:
    _upgraded(cortex)
    for words in (
        ["--since", "today", "--until", "yesterday"],
        ["--since", "whenever"],
        ["--limit", "0"],
        ["--ecosystem", "cargo"],
        [""],
        ["a b"],
        ["a\nb"],
        ["a", "b"],
    ):
        found = cortex("log", *words)
        assert (found.code, found.out) == (2, "")
        assert found.err.startswith("cortex: ")
        assert len(found.err.splitlines()) == 2


def test_before_the_first_snapshot_the_log_says_how_to_make_it(cortex: CommandLine) -> None:
    assert cortex("log").code == 10
    cortex("init")
    assert (cortex("log").code, cortex("log").out) == (0, "")
    assert "create" in cortex("log").err
    assert cortex("log", "bash").code == 1
    cortex("create")
    assert cortex("log").err == "no changes in 1 snapshot\n"


def test_log_json_has_the_documented_keys(cortex: CommandLine) -> None:
    _upgraded(cortex)
    document = cortex("log", "openssl", "--json").json()
    assert list(document) == ["schema", "package", "snapshots", "unknown", "damaged"]
    assert (document["schema"], document["package"], document["damaged"]) == ("cortex.snapshot.log/1", "openssl", [])
    snapshots = document["snapshots"]
    assert isinstance(snapshots, list)
    assert list(snapshots[0]) == ["id", "created_at", "message", "machine", "hostname", "cause", "changes"]
    assert list(snapshots[0]["cause"]) == ["command", "user", "reason"]
    assert [(one["kind"], one["from"], one["to"]) for each in snapshots for one in each["changes"]] == [
        ("upgraded", "3.0.15-1", "3.0.17-1"),
        ("upgraded", "3.0.11-1", "3.0.15-1"),
    ]
    short = cortex("log", "--json").json()
    assert short["package"] is None
    assert isinstance(short["snapshots"], list)
    assert list(short["snapshots"][0]["slots"][0]) == ["ecosystem", "environment", "counts", "names"]


def test_what_could_not_be_read_is_no_change(cortex: CommandLine) -> None:
    cortex("create")
    status = cortex.root / "var/lib/dpkg/status"
    text = status.read_text()
    status.unlink()
    status.mkdir()
    assert cortex("create").code == 3
    status.rmdir()
    status.write_text(text)
    cortex("create")
    assert cortex("log", "openssl").err.splitlines()[0] == "no such changes in 3 snapshots"


def test_machines_are_compared_with_themselves_and_told_apart(cortex: CommandLine) -> None:
    _recorded(cortex, "1", "2")
    _recorded(cortex, "5", "6", machine="cd" * 16, host="other")
    lines = cortex("log", "openssl").out.splitlines()
    assert sorted(line.split("  ")[2] for line in lines if line and not line.startswith(" ")) == ["other", "testing"]
    assert sorted(line.split("  ")[-2] for line in lines if " → " in line) == ["1 → 2", "5 → 6"]


def test_a_damaged_object_and_a_damaged_ref_are_named_and_the_rest_is_told(cortex: CommandLine) -> None:
    _recorded(cortex, "1", "2", "3", "4")
    lost = Repository.open(cortex.repo).get("latest~1").slots[0].object
    assert lost is not None
    _cut(max((cortex.repo / "refs").iterdir(), key=lambda path: path.name))
    _cut(cortex.repo / "objects" / lost[:2] / lost[2:])
    found = cortex("log", "openssl")
    assert found.code == 1
    assert "1 → 2" in found.out
    assert found.err.count("cortex: damaged: ") == 2
    assert found.err.splitlines()[3:] == [f"hint: {CHECK}"]
    damaged = cortex("log", "openssl", "--json").json()["damaged"]
    assert isinstance(damaged, list)
    assert [list(one) for one in damaged] == [["key", "reason", "kind"]] * 2


def _cut(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-3])


def test_the_log_is_ascii_where_unicode_is_not_wanted(cortex: CommandLine) -> None:
    _recorded(cortex, "1", "2")
    out = cortex.process("log", "openssl", LC_ALL="C").out
    assert out.isascii()
    assert "1 -> 2" in out


def test_nested_packages_are_found_by_their_name_and_by_what_they_are_in(cortex: CommandLine) -> None:
    repository = Repository.open(cortex.repo, create=True)
    for number in (1, 2):
        manifest = packages("npm", {"debug": str(number)})
        nested = manifest.packages[0]._replace(attributes=(("inside", "express"),))
        found = inventory(0)
        reading = Reading("npm", "/usr", OK, manifest._replace(packages=(nested,)))
        repository.create(Inventory(found.machine, (), (reading,)))
    for name in ("debug", "npm:debug", "express>debug"):
        assert "debug in express  1 → 2" in cortex("log", name).out
    assert cortex("log", "koa>debug").code == 7
