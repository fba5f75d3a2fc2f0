from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine


def test_show_says_when_where_why_and_what(cortex: CommandLine) -> None:
    cortex("create", "before upgrade", "--tag", "golden")
    out = cortex("show").out
    for text in ("before upgrade", "golden", "testing", "create by", "Debian GNU/Linux 12", "/opt/venv"):
        assert text in out


def test_show_packages_lists_each_on_a_line_that_stands_alone(cortex: CommandLine) -> None:
    cortex("create")
    lines = [line.split() for line in cortex("show", "latest", "--packages").out.splitlines()]
    assert ["apt", "openssl", "3.0.11-1", "amd64"] in [line[:4] for line in lines]
    assert any(line[:3] == ["pip", "requests", "2.31.0"] and line[-1] == "/opt/venv" for line in lines)


def test_show_json_has_the_documented_keys(cortex: CommandLine) -> None:
    cortex("create")
    keys = ["schema", "id", "created_at", "message", "tags", "repository", "machine", "facts", "sequence", "previous"]
    keys += ["cause", "slots", "looked", "reconstructed", "damaged"]
    assert list(cortex("show", "--json").json()) == keys
    document = cortex("show", "--json", "--packages").json()
    assert list(document) == [*keys, "packages"]
    packages = document["packages"]
    assert isinstance(packages, list)
    assert list(packages[0]) == ["ecosystem", "environment", "name", "arch", "version", "flags", "attributes"]


def test_show_live_needs_no_repository_and_has_the_same_keys(cortex: CommandLine) -> None:
    assert "live" in cortex("show", "live").out
    live = cortex("show", "live", "--json", "--packages").json()
    assert not cortex.repo.exists()
    cortex("create")
    stored = cortex("show", "--json", "--packages").json()
    assert list(live) == list(stored)
    assert live["packages"] == stored["packages"]
    assert live["id"] is None
