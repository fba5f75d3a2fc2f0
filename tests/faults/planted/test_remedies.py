"""Each remedy that keeps users' rights apart, or a wrong clock harmless, is seen to be gone by a test of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.machines.planting import TESTS
from support.machines.remedies import BUGS
from support.processes.counts import count
from support.processes.users import open_path

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")
DOCUMENT = Path(__file__).parents[3] / "docs" / "reliability.md"
QUICK = [name for name, bug in BUGS.items() if not bug.is_slow]
SLOW = [name for name, bug in BUGS.items() if bug.is_slow]


def ran(place: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """Returns how the tests of these bugs ended, by bug."""
    open_path(place)
    command = [sys.executable, "-P", "-m", "support.machines.planting", str(place), *names]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, check=True)
    return {one["bug"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def fates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All quick bugs, planted one after the other in processes of one process that has loaded everything."""
    return ran(tmp_path_factory.mktemp("planted"), QUICK)


def is_seen(fate: dict[str, Any]) -> bool:
    """Returns whether a test has failed, and none could not be begun or was skipped."""
    return fate["code"] == 1 and bool(re.search(r"^1 failed(, \d+ passed)? in ", fate["end"], re.MULTILINE))


@needs_root
@pytest.mark.parametrize("name", QUICK)
def test_a_remedy_that_is_gone_is_seen(name: str, fates: dict[str, dict[str, Any]]) -> None:
    assert is_seen(fates[name]), fates[name]["end"]
    assert fates[name]["reached"], "a planted bug that nobody comes to proves nothing"
    count("remedies taken away", seen=1)


@needs_root
@pytest.mark.nightly
@pytest.mark.parametrize("name", SLOW)
def test_a_remedy_without_which_a_test_takes_long_is_seen_too(name: str, tmp_path: Path) -> None:
    found = ran(tmp_path, [name])[name]
    assert is_seen(found), found["end"]
    assert found["reached"]


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_planted_where_something_is_and_its_test_is_there(name: str) -> None:
    for patch in BUGS[name].patches:
        assert hasattr(patch.owner, patch.name)
    file, _, function = BUGS[name].seen_by.partition("::")
    assert f"def {function}(" in (TESTS / file).read_text()


def test_the_document_has_as_many_remedies_as_there_are() -> None:
    assert re.findall(r"`tests/support/machines/remedies\.py` takes (\d+) remedies", DOCUMENT.read_text()) == [
        str(len(BUGS))
    ]
