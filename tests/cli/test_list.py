from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.cli.screen import everything
from cortexrepo.cli.screen.result import CHECK
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    import pytest
    from support.processes.command_line import CommandLine


def test_list_is_newest_first_with_counts_and_tags(cortex: CommandLine) -> None:
    cortex("create", "first")
    cortex("create", "second", "--tag", "golden")
    lines = cortex("list").out.splitlines()
    assert [line.split("  ")[2] for line in lines] == ["second", "first"]
    assert lines[0].endswith("2 apt 1 pip 1 npm  [golden]")
    assert lines[1].endswith("2 apt 1 pip 1 npm")


def test_list_json_has_the_documented_keys(cortex: CommandLine) -> None:
    cortex("create", "first", "--tag", "golden")
    document = cortex("list", "--json").json()
    assert list(document) == ["schema", "snapshots", "damaged"]
    snapshots = document["snapshots"]
    assert isinstance(snapshots, list)
    assert list(snapshots[0]) == ["id", "created_at", "message", "tags", "machine", "packages", "reconstructed"]
    assert snapshots[0]["tags"] == ["golden"]
    assert snapshots[0]["packages"]["apt"] == 2


def test_without_a_repository_list_says_so(cortex: CommandLine) -> None:
    found = cortex("list")
    assert (found.code, found.out) == (10, "")
    assert "no repository" in found.err
    assert cortex("list", "--json").json()["schema"] == "cortex.snapshot.error/1"


def test_an_empty_repository_says_how_to_make_the_first(cortex: CommandLine) -> None:
    cortex("init")
    found = cortex("list")
    assert (found.code, found.out) == (0, "")
    assert "no snapshots yet" in found.err


def test_list_can_be_narrowed(cortex: CommandLine) -> None:
    for message in ("Kernel upgrade", "nightly", "before kernel"):
        cortex("create", message)
    cortex("tag", "golden", "latest~1")
    assert len(cortex("list", "kernel").out.splitlines()) == 2
    assert len(cortex("list", "--limit", "2").out.splitlines()) == 2
    assert "nightly" in cortex("list", "--tag", "golden").out
    assert len(cortex("list", "--since", "yesterday").out.splitlines()) == 3
    assert cortex("list", "--until", "2020-01-01").err == "no such snapshots\n"


def test_a_text_is_looked_for_where_the_help_says(cortex: CommandLine) -> None:
    cortex("create", "plain")
    cortex("create", "other", "--tag", "goldie")
    assert "with TEXT only snapshots with TEXT in the message or in a tag." in " ".join(
        cortex("list", "--help").out.split()
    )
    for text, message in (("PLAI", "plain"), ("oldi", "other")):
        (line,) = cortex("list", text).out.splitlines()
        assert message in line
    for elsewhere in ("create", "testing", "apt"):
        assert cortex("list", elsewhere) == (0, "", "no such snapshots\n")


def test_a_date_that_is_none_and_a_limit_of_zero_are_wrong_usage(cortex: CommandLine) -> None:
    assert cortex("list", "--since", "whenever").code == 2
    assert cortex("list", "--limit", "0").code == 2


def test_a_damaged_ref_is_named_and_the_others_are_shown(cortex: CommandLine) -> None:
    cortex("create", "good")
    cortex("create", "bad")
    newest = max((cortex.repo / "refs").rglob("*-*"), key=lambda path: path.name)
    newest.chmod(0o600)
    newest.write_bytes(newest.read_bytes()[:-3])
    found = cortex("list")
    assert found.code == 1
    assert "good" in found.out
    assert newest.name in found.err
    assert [line for line in found.err.splitlines() if "hint: " in line] == [f"hint: {CHECK}"]
    damaged = cortex("list", "--json").json()["damaged"]
    assert isinstance(damaged, list)
    assert list(damaged[0]) == ["key", "reason", "kind"]
    assert cortex("show", "latest~1").code == 0


def test_a_period_that_ends_before_it_begins_is_wrong_usage(cortex: CommandLine) -> None:
    cortex("create")
    for words in (["list"], ["log"], ["search", "bash"]):
        ran = cortex(*words, "--since", "2026-03-02", "--until", "2026-03-01")
        assert ran.code == 2
        assert "--since is after --until" in ran.err


def _packed(cortex: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    for message in ("first", "größer", "third"):
        cortex("create", message, "--tag", f"t-{message[:1]}")
    Repository.open(cortex.repo).upkeep.gc(tidiness=THOROUGH)
    monkeypatch.setattr(everything, "LEAST", 1)
    monkeypatch.setenv("CORTEX_CACHE", str(cortex.root / "cache"))


def test_a_long_list_is_the_same_with_and_without_what_was_drawn_before(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _packed(cortex, monkeypatch)
    wanted = [cortex("list", "--limit", "9", LC_ALL=locale) for locale in ("C.UTF-8", "C")]
    for _ in range(2):
        assert [cortex("list", LC_ALL=locale) for locale in ("C.UTF-8", "C")] == wanted
        assert cortex("list", CORTEX_CACHE="") == wanted[0]
    assert len(list((cortex.root / "cache").iterdir())) == 1
    assert cortex("list", "--color", "always").out == cortex("list", "--limit", "9", "--color", "always").out


def test_a_long_list_names_a_segment_that_is_damaged(cortex: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    _packed(cortex, monkeypatch)
    cortex("create", "fourth")
    Repository.open(cortex.repo).upkeep.gc()
    cortex("list")
    segment = next((cortex.repo / "segments").iterdir())
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-1])
    found = cortex("list")
    assert found.code == 1
    assert segment.name in found.err
    assert "fourth" in found.out
    segment.write_bytes(whole)
    assert cortex("list").code == 0


def test_one_grammar_of_times_serves_everywhere(cortex: CommandLine) -> None:
    cortex("create")
    for time in ("1h", "1 hour", "12h", "2w", "yesterday", "2020-01-01", "2020-01-01T12:00:00Z"):
        for words in (["list"], ["log"], ["search", "bash"]):
            assert cortex(*words, "--since", time).code == 0
        assert cortex("prune", "--keep-within", time, "--force", "-n").code == 0
        assert cortex("gc", "--expire-deleted", time, "-n").code == 0
    assert cortex("show", "@{now}").code == 0
    for words in (["list", "--since"], ["prune", "--keep-within"], ["gc", "--expire-deleted"]):
        found = cortex(*words, "soon")
        assert found.code == 2
        assert "write 2026-03-01" in found.err


def test_a_moment_and_a_word_of_gits_are_answered_with_the_revision(cortex: CommandLine) -> None:
    cortex("create")
    for word, wanted in (("yesterday", "@{yesterday}"), ("HEAD~1", "latest~1"), ("2 weeks ago", "'@{2 weeks ago}'")):
        found = cortex("show", word)
        assert found.code == 1
        assert f"did you mean {wanted.strip(chr(39))}? `cortex snapshot show {wanted}`" in found.err
