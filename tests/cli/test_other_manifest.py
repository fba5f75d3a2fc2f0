"""A slot whose manifest is of another ecosystem is as one whose manifest is missing (docs/format.md 4.1)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories import beside

from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

LIST = beside.manifest("apt", ("bash", "amd64", "5.2", 0))
ID = beside.id_of(LIST)


@pytest.fixture
def wrong(cortex: CommandLine) -> CommandLine:
    """Two snapshots: a right one of apt, and one of pip whose slot names apt's list."""
    place = Path(Repository.open(str(cortex.repo), create=True).location)
    right = beside.slot_of(LIST)
    wrong = right._replace(ecosystem="pip", environment="/x")
    refs = [beside.ref(beside.snapshot(number, slot)) for number, slot in enumerate((right, wrong), 1)]
    files = {**beside.objects_of(LIST), **refs[0], **refs[1]}
    for key, data in files.items():
        (place / key).parent.mkdir(parents=True, exist_ok=True)
        (place / key).write_bytes(data)
    return cortex


@pytest.mark.parametrize("words", ["show --packages", "show --packages --json", "diff latest~1 latest"])
def test_its_packages_are_not_shown(wrong: CommandLine, words: str) -> None:
    found = wrong(*words.split())
    assert found.code == 1
    assert "bash" not in found.out
    assert f"object {ID[:12]} is missing as a list of pip packages" in found.out + found.err


@pytest.mark.parametrize("words", ["search pip:bash", "log pip:bash", "log pip:*", "search pip:none"])
def test_no_question_about_the_past_is_answered_from_it(wrong: CommandLine, words: str) -> None:
    found = wrong(*words.split())
    assert (found.code, found.out) == (1, "")
    assert f"object {ID[:12]} is missing as a list of pip packages" in found.err
    assert "no snapshot has" not in found.err


@pytest.mark.parametrize("words", ["search bash", "search apt:bash"])
def test_the_slot_that_names_it_rightly_is_read(wrong: CommandLine, words: str) -> None:
    assert "bash" in wrong(*words.split()).out
    assert wrong("show", "latest~1", "--packages").code == 0
