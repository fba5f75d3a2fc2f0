"""Every command beside a file of a newer version: the file is named as newer, and no word advises its removal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.repositories import beside, later

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

USE = "use the version of cortex that wrote the file, or a newer one"
CODES = {0, 1, 3, 4, 5}
WORDS = (
    "list", "list --json", "show latest", f"show {beside.NEWER.id}", f"show --packages {beside.PLAIN.id}", "log",
    "log bash", "search bash", f"diff {beside.PLAIN.id} live", "tag", "tag --force later latest", "verify",
    "prune --dry-run --keep-last 1 --force", "verify --json", "verify --repair", "gc --dry-run", "gc",
    "artifacts list", "create", "list",
)  # fmt: skip
UNREADABLE = (
    "ref-version", "ref-name", "ref-required", "tag-version", "mark-version", "removed-version", "artifact-version",
    "segment-version", "object-version", "object-codec", "table-version", "pack-version", "pack-object-type",
)  # fmt: skip
"""One case for each kind of file that this version cannot read."""
REMOVAL = re.compile(r"\b(delete|remove|rm)\b|move (it|the file) away|without a copy|snapshot tag --force")


def put(cortex: CommandLine, case: str) -> None:
    """Copies the files of a case over a repository."""
    for key, data in later.stored(case).items():
        path = cortex.repo / key
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o600)
        for parent in path.relative_to(cortex.repo).parents:
            (cortex.repo / parent).chmod(0o700)


@pytest.mark.parametrize("case", UNREADABLE)
def test_no_command_calls_a_newer_file_damaged_or_advises_its_removal(cortex: CommandLine, case: str) -> None:
    assert cortex("create", "before").code in {0, 3}
    put(cortex, case)
    named = 0
    for words in WORDS:
        found = cortex(*words.split())
        assert found.code in CODES, (words, found)
        lines = (found.out + found.err).splitlines()
        # A hint belongs to the line before it.
        about = [one for pair in zip(lines, [*lines[1:], ""], strict=True) if _is_about(pair[0], case) for one in pair]
        assert not any("damaged-" in line or "is damaged" in line for line in about), (words, about)
        assert not any(REMOVAL.search(line) for line in about), (words, about)
        named += bool(about)
    assert named
    for key, data in later.stored(case).items():
        assert (cortex.repo / key).read_bytes() == data


def _is_about(line: str, case: str) -> bool:
    key = later.newer(case)
    return key in line or f"object {key.removeprefix('objects/').replace('/', '')[:12]}" in line


@pytest.mark.parametrize("case", UNREADABLE)
def test_verify_and_gc_say_which_file_is_newer_and_what_to_do(cortex: CommandLine, case: str) -> None:
    assert cortex("create").code in {0, 3}
    put(cortex, case)
    verified = cortex("verify")
    assert verified.code == 1
    kinds = {line.partition(":")[0] for line in verified.out.splitlines() if re.match(r"[a-z]+-[a-z]+: ", line)}
    assert kinds == {"newer-format"}
    assert USE in verified.out
    collected = cortex("gc")
    if case.partition("-")[0] in {"ref", "tag", "removed", "segment", "table"}:
        assert collected.code == 4
        assert "nothing was removed, because a newer version of cortex wrote " in collected.err
        assert f"hint: {USE}" in collected.err
    else:
        assert collected.code in {0, 1}


@pytest.mark.parametrize("case", ["config-to-read", "config-publish", "config-version"])
@pytest.mark.parametrize("words", [["list"], ["create"], ["verify"], ["gc"], ["show", "latest"]])
def test_a_repository_that_needs_a_newer_version_is_left_alone(
    cortex: CommandLine, case: str, words: list[str]
) -> None:
    assert cortex("create").code in {0, 3}
    put(cortex, case)
    before = {path: path.read_bytes() for path in cortex.repo.rglob("*") if path.is_file()}
    found = cortex(*words)
    assert (found.code, found.out) == (1, "")
    message, hint = found.err.splitlines()
    assert message.startswith(f"cortex: {cortex.repo}/config: the ")
    assert hint == f"hint: {USE}"
    assert {path: path.read_bytes() for path in cortex.repo.rglob("*") if path.is_file()} == before


def test_features_to_write_and_to_collect_are_named_by_the_commands_that_need_them(cortex: CommandLine) -> None:
    assert cortex("create").code in {0, 3}
    for case, refused, allowed in (
        ("config-to-write", ["create", "gc"], ["list", "verify", "status", "log"]),
        ("config-to-collect", ["gc"], ["list", "verify", "create", "tag"]),
    ):
        put(cortex, case)
        for command in refused:
            found = cortex(command)
            assert found.code == 1
            message, hint = found.err.splitlines()[-2:]
            assert "nothing was changed: the repository needs features that this version does not know" in message
            assert message.endswith(": 'veils'")
            assert hint == "hint: use a newer version of cortex for this; this version can read the repository"
        assert {command: cortex(command).code for command in allowed if cortex(command).code not in {0, 3}} == {}
