"""Other content at the same version, as commands tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine


def rebuilt(cortex: CommandLine, content: str) -> None:
    """Gives bash this list of MD5 sums; an empty one is as none."""
    info = cortex.root / "var/lib/dpkg/info"
    info.mkdir(exist_ok=True)
    (info / "bash.md5sums").write_text(content)


def test_every_command_tells_other_content_and_none_that_a_digest_came(cortex: CommandLine) -> None:
    cortex("create", "without")
    rebuilt(cortex, "1  a\n")
    assert cortex("status").out.startswith("nothing changed since")
    cortex("create", "first with")
    assert cortex("diff", "latest~1", "latest", "--exit-code").code == 0
    rebuilt(cortex, "2  a\n")
    assert "bash  5.2.15-2  amd64  other content" in cortex("status").out
    cortex("create", "other")
    assert "  changed\n    bash  5.2.15-2  amd64  other content\n" in cortex("diff", "latest~1", "latest").out
    assert cortex("log", "bash").out.count("other content") == 1
    assert cortex("search", "bash", "--json").code == 0


def test_json_has_both_digests(cortex: CommandLine) -> None:
    rebuilt(cortex, "1  a\n")
    cortex("create")
    rebuilt(cortex, "2  a\n")
    changes = cortex("diff", "--json").json()["changes"]
    assert isinstance(changes, list)
    (change,) = changes
    (detail,) = change["details"]
    assert (change["kind"], change["from"], change["to"]) == ("changed", "5.2.15-2", "5.2.15-2")
    assert detail["name"] == "digest"
    assert detail["from"] != detail["to"]
    assert detail["from"].startswith("md5sums:")
    cortex("create")
    shown = cortex("show", "latest", "--packages", "--json").out
    assert detail["to"] in shown
    rebuilt(cortex, "")
    assert cortex("diff", "--json").json()["changes"] == []
