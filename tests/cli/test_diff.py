from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.roots import hold, make_root

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine


def test_diff_groups_by_slot_and_by_kind_in_aligned_columns(cortex: CommandLine) -> None:
    cortex("create", "first")
    make_root(cortex.root, apt={"openssl": "3.0.15-1", "bash": "5.1-1", "cowsay": "3.03"}, pip={})
    hold(cortex.root, "cowsay")
    lines = cortex("diff").out.splitlines()
    assert lines[0].endswith(", first) → live")
    assert lines[2:9] == [
        "apt",
        "  upgraded",
        "    openssl  3.0.11-1 → 3.0.15-1  amd64",
        "  downgraded",
        "    bash  5.2.15-2 → 5.1-1  amd64",
        "  added",
        "    cowsay  3.03  amd64  hold",
    ]
    assert lines[10:13] == ["pip /opt/venv", "  removed", "    requests  2.31.0"]
    assert lines[-1] == "1 upgraded  1 downgraded  1 added  1 removed"


def test_diff_says_what_changed_where_the_version_did_not(cortex: CommandLine) -> None:
    cortex("create")
    hold(cortex.root, "bash")
    out = cortex("diff").out
    assert "  changed\n    bash  5.2.15-2  amd64  hold\n" in out
    changes = cortex("diff", "--json").json()["changes"]
    assert isinstance(changes, list)
    assert changes[0]["details"] == [{"name": "hold", "from": False, "to": True}]


@pytest.mark.parametrize(
    "words", [["latest~1", "latest"], ["latest~1..latest"], ["latest~1.."], ["latest~1"], ["golden", "live"]]
)
def test_both_sides_can_be_named_in_several_ways(cortex: CommandLine, words: list[str]) -> None:
    cortex("create", "--tag", "golden")
    make_root(cortex.root, apt={"bash": "5.2.15-2", "openssl": "3.0.15-1"})
    cortex("create")
    assert cortex("diff", *words, "--exit-code").code == 5
    assert cortex("diff", *words).out.endswith("\n1 upgraded\n")


def test_diff_json_has_the_documented_keys(cortex: CommandLine) -> None:
    cortex("create")
    make_root(cortex.root, apt={"bash": "6"})
    document = cortex("diff", "--json").json()
    assert list(document) == ["schema", "from", "to", "changes", "facts", "unknown", "damaged"]
    before, after, changes = document["from"], document["to"], document["changes"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert isinstance(changes, list)
    assert list(before) == list(after) == ["live", "id", "created_at", "message"]
    assert (before["live"], after["live"], after["id"]) == (False, True, None)
    keys = ["ecosystem", "environment", "name", "arch", "inside", "kind", "from", "to", "details"]
    assert [list(change) for change in changes] == [keys] * len(changes)
    assert [(one["name"], one["kind"], one["from"], one["to"]) for one in changes if one["ecosystem"] == "apt"] == [
        ("bash", "upgraded", "5.2.15-2", "6"),
        ("openssl", "removed", "3.0.11-1", None),
    ]


def test_what_the_snapshot_did_not_record_is_not_compared_and_that_is_said(cortex: CommandLine) -> None:
    cortex("create", "--only", "apt,system")
    found = cortex("diff", "--exit-code")
    assert found.code == 3
    assert "  npm: cannot be compared: before: not recorded" in found.out
    assert "  pip: cannot be compared: before: not recorded" in found.out
    assert found.out.splitlines()[-1] == "no differences in the parts that could be compared  3 not compared"
    assert "  pip: cannot be compared: after: not recorded" in cortex("diff", "live", "latest").out


def test_configuration_left_behind_is_not_installed(cortex: CommandLine) -> None:
    cortex("create")
    status = cortex.root / "var/lib/dpkg/status"
    installed = status.read_text()
    left = installed.replace("install ok installed", "deinstall ok config-files", 1)
    status.write_text(left)
    removed = cortex("diff")
    assert removed.out.splitlines()[-1] == "1 removed"
    assert "residual" in removed.out
    changes = cortex("diff", "--json").json()["changes"]
    assert isinstance(changes, list)
    assert [(one["kind"], one["to"]) for one in changes] == [("removed", None)]
    cortex("create")
    status.write_text(installed)
    assert cortex("diff").out.splitlines()[-1] == "1 added"


def test_an_added_package_that_is_not_simply_installed_says_so(cortex: CommandLine) -> None:
    cortex("create")
    status = cortex.root / "var/lib/dpkg/status"
    text = "\nPackage: half\nStatus: install ok half-configured\nArchitecture: all\nVersion: 1\n\n"
    text += "Package: wanted\nStatus: hold ok not-installed\nArchitecture: all\n\n"
    text += "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 2\n\n"
    status.write_text(status.read_text() + text)
    out = cortex("diff").out
    assert "state: install ok half-configured" in out
    assert "hold, residual, state: hold ok not-installed" in out
    assert out.splitlines()[-1] == "1 added  2 changed"


def test_what_cannot_be_read_is_listed_and_never_a_change(cortex: CommandLine) -> None:
    cortex("create")
    (cortex.root / "var/lib/dpkg/status").unlink()
    (cortex.root / "var/lib/dpkg/status").mkdir()
    found = cortex("diff", "--exit-code")
    assert found.code == 3
    assert "  apt: cannot be compared: after: " in found.out
    assert "no differences in the parts that could be compared" in found.out.splitlines()[-1]
    unknown = cortex("diff", "--json").json()["unknown"]
    assert isinstance(unknown, list)
    assert list(unknown[0]) == ["ecosystem", "environment", "reason", "kind", "machine", "from", "to"]


def test_stat_counts_by_slot(cortex: CommandLine) -> None:
    cortex("create")
    make_root(cortex.root, apt={"bash": "6", "openssl": "3.0.11-1"}, pip={"requests": "2.32.0", "idna": "3"})
    lines = cortex("diff", "--stat").out.splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["apt", "1", "upgraded"],
        ["pip", "/opt/venv", "1", "upgraded", "1", "added"],
    ]


def test_three_revisions_are_wrong_usage(cortex: CommandLine) -> None:
    assert cortex("diff", "a", "b", "c").code == 2


def test_status_names_the_changes_in_short(cortex: CommandLine) -> None:
    cortex("create", "first")
    quiet = cortex("status", "--exit-code")
    assert quiet.code == 0
    assert quiet.out.startswith("nothing changed since ")
    make_root(cortex.root, apt={"bash": "6", "cowsay": "3"})
    loud = cortex("status", "--exit-code")
    assert loud.code == 5
    assert [line.split() for line in loud.out.splitlines()[2:5]] == [
        ["↑", "apt", "bash", "5.2.15-2", "→", "6", "amd64"],
        ["+", "apt", "cowsay", "3", "amd64"],
        ["-", "apt", "openssl", "3.0.11-1", "amd64"],
    ]
    assert cortex("status", "--json").json()["schema"] == "cortex.snapshot.status/1"


def test_status_before_the_first_snapshot_says_how_to_make_it(cortex: CommandLine) -> None:
    cortex("init")
    found = cortex("status")
    assert found.code == 1
    assert "create" in found.err
