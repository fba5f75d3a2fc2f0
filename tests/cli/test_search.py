from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import packages

from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import FAILED, OK
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

DAY = 86_400_000
START = 20_000 * DAY
MACHINE = "ab" * 16


def _recorded(cortex: CommandLine, *versions: str | None, machine: str = MACHINE, host: str = "testing") -> None:
    """A snapshot a day from 2024-10-04 on, with xz-utils and requests in these versions; None: apt cannot be read."""
    repository = Repository.open(cortex.repo, create=True)
    for day, version in enumerate(versions):
        pip = Reading("pip", "/opt/venv", OK, packages("pip", {"requests": "2.31.0" if day < 2 else "2.32.0"}))
        apt = Reading("apt", "", FAILED, None, "broken")
        if version is not None:
            apt = Reading("apt", "", OK, packages("apt", {"xz-utils": version, "xz-docs": "1"}))
        repository.record(Inventory(machine, (("hostname", host),), (apt, pip)), START + day * DAY)


def _plain(text: str) -> list[str]:
    return re.sub(r"\b[0-9a-f]{12}\b", "ID", text).splitlines()


def test_search_says_from_when_to_when_a_version_was_there(cortex: CommandLine) -> None:
    _recorded(cortex, "5.4.1-1", "5.6.1-1", "5.6.1-1", "5.6.1+really5.4.5-1")
    found = cortex("search", "xz-utils=5.6.1-1")
    assert found.code == 0
    assert _plain(found.out) == [
        "apt  xz-utils amd64",
        (
            "  5.6.1-1  gone  2024-10-05 00:00:00 → 2024-10-06 00:00:00  2 snapshots  ID → ID"
            "  gone by 2024-10-07 00:00:00 ID"
        ),
    ]


def test_a_name_alone_shows_every_version_there_was(cortex: CommandLine) -> None:
    _recorded(cortex, "5.4", "5.6", "5.4")
    assert [line.split()[:2] for line in cortex("search", "xz-utils").out.splitlines()[1:]] == [
        ["5.4", "gone"],
        ["5.6", "gone"],
        ["5.4", "still"],
    ]


@pytest.mark.parametrize(
    ("expression", "versions"),
    [
        ("xz-utils>=5.6.0", ["5.6.1-1", "5.6.1+really5.4.5-1"]),
        ("apt:xz-utils<5.6", ["5.4.1-1"]),
        ("requests<2.32", ["2.31.0"]),
        ("Requests >= 2, < 3", ["2.31.0", "2.32.0"]),
        ("pip:requests==2.32", ["2.32.0"]),
        ("xz-*=1", ["1"]),
        ("requests@2.31.0", ["2.31.0"]),
    ],
)
def test_conditions_go_by_the_order_of_the_ecosystem(cortex: CommandLine, expression: str, versions: list[str]) -> None:
    _recorded(cortex, "5.4.1-1", "5.6.1-1", "5.6.1+really5.4.5-1")
    periods = cortex("search", expression, "--json").json()["periods"]
    assert isinstance(periods, list)
    assert [period["version"] for period in periods] == versions


def test_what_could_not_be_read_ends_nothing(cortex: CommandLine) -> None:
    _recorded(cortex, "5.6", None, "5.6", None)
    lines = cortex("search", "xz-utils").out.splitlines()
    assert len(lines) == 2
    assert (
        "  5.6  not known since  at the latest from 2024-10-04 00:00:00 → at least until 2024-10-06 00:00:00  2 snap"
        in lines[1]
    )


def test_what_was_there_at_some_time_between_is_shown_whole(cortex: CommandLine) -> None:
    _recorded(cortex, "1", "1", "2", "3")
    out = cortex("search", "xz-utils", "--since", "2024-10-05", "--until", "2024-10-06").out
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["1", "2"]
    assert "2024-10-04 00:00:00 → 2024-10-05 00:00:00" in out
    assert cortex("search", "xz-utils", "--ecosystem", "pip").code == 7
    assert cortex("search", "requests", "--environment", "/opt/venv").code == 0
    found = cortex("search", "xz-utils", "--until", "2020-01-01")
    assert found.code == 7
    assert "in the given time, but not everything was looked at" in found.err
    assert "  no snapshot was made in the given time\n" in found.err


def test_what_never_was_fails_and_names_like_it_are_offered(cortex: CommandLine) -> None:
    _recorded(cortex, "5.4")
    unknown = cortex("search", "xz-util=5.6.1")
    assert (unknown.code, unknown.out) == (7, "")
    assert unknown.err.splitlines()[-2].startswith("cortex: no snapshot has a package 'xz-util', but not everything ")
    assert unknown.err.splitlines()[-1].startswith("hint: did you mean xz-utils?")
    version = cortex("search", "xz-utils=5.6.1")
    assert (version.code, version.out) == (7, "")
    assert "cortex: no snapshot has such a version of 'xz-utils', but not everything was looked at\n" in version.err


@pytest.mark.parametrize(
    "words",
    [[], [""], ["=1"], ["a="], ["a>=2,"], ["pip:a>=x!"], ["a\x1b=1"], ["a", "b"], ["a", "--since", "whenever"],
     ["a", "--since", "today", "--until", "yesterday"], ["requests~=2", "--ecosystem", "apt"]],
)  # fmt: skip
def test_what_makes_no_sense_is_wrong_usage(cortex: CommandLine, words: list[str]) -> None:
    _recorded(cortex, "5.4")
    found = cortex("search", *words)
    assert (found.code, found.out) == (2, "")
    assert len(found.err.splitlines()) == 2
    assert found.err.startswith("cortex: ")
    assert "\x1b" not in found.err


@pytest.mark.parametrize("word", ["[", "*[", "[]", "[!", "[!]", "lib[ab", "[a][", "pip:[", "[>=1"])
def test_a_set_that_is_not_closed_is_wrong_usage(cortex: CommandLine, word: str) -> None:
    for command in ("search", "log"):
        result = cortex(command, word)
        assert (result.code, result.out) == (2, "")
        assert "has a [ without a ]; write a set of letters, like 'lib[ab]*'" in result.err.splitlines()[0]


def test_a_pattern_that_holds_no_letter_and_finds_nothing_says_where_names_are(cortex: CommandLine) -> None:
    cortex("create")
    assert "snapshot show --packages` shows the packages" in cortex("search", "[]]").err


def test_before_the_first_snapshot_nothing_can_be_found(cortex: CommandLine) -> None:
    assert cortex("search", "bash").code == 10
    cortex("init")
    found = cortex("search", "bash")
    assert found.code == 1
    assert "create" in found.err


def test_machines_are_told_apart(cortex: CommandLine) -> None:
    _recorded(cortex, "1")
    _recorded(cortex, "1", machine="cd" * 16, host="other")
    lines = _plain(cortex("search", "xz-utils").out)
    assert [line for line in lines if line.startswith("machine")] == ["machine testing", "machine other"]
    assert "machine" not in cortex("search", "xz-utils", "--json").out.replace('"machine"', "")


def test_search_json_has_the_documented_keys(cortex: CommandLine) -> None:
    _recorded(cortex, "1", "2")
    document = cortex("search", "xz-utils", "--json").json()
    assert list(document) == ["schema", "expression", "periods", "unknown", "damaged"]
    assert (document["schema"], document["expression"]) == ("cortex.snapshot.search/1", "xz-utils")
    periods = document["periods"]
    assert isinstance(periods, list)
    assert list(periods[0]) == [
        "machine", "hostname", "ecosystem", "environment", "name", "arch", "inside", "version", "begin", "end", "first",
        "last", "until", "snapshots",
    ]  # fmt: skip
    assert [(period["version"], period["end"], period["snapshots"]) for period in periods] == [
        ("1", "gone", 1),
        ("2", "there", 1),
    ]
    assert list(periods[0]["first"]) == ["id", "created_at"]
    assert periods[0]["until"] == periods[1]["first"]
    assert periods[1]["until"] is None
    assert periods[0]["machine"] == MACHINE


def test_search_is_ascii_where_unicode_is_not_wanted(cortex: CommandLine) -> None:
    _recorded(cortex, "1")
    out = cortex.process("search", "xz-utils", LC_ALL="C").out
    assert out.isascii()
    assert " -> " in out
