"""Whose an environment is. An attacker owns one thing on the way to it, and lets the rest look like root's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.errors import RefusedError
from cortexrepo.restore.run.holder import holder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
ADA, BOB = 65533, 65534


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Root's prefix, for Python and node at once."""
    made = tmp_path / "prefix"
    for name in ("bin", "lib/node_modules", "lib/python3.11/site-packages"):
        (made / name).mkdir(parents=True)
    (made / "bin" / "python").symlink_to("python3.11")
    (made / "bin" / "python3.11").symlink_to("/usr/bin/env")
    return made


def test_what_is_roots_all_the_way_is_roots(prefix: Path) -> None:
    assert holder("pip", str(prefix), 0) == 0
    assert holder("pip", str(prefix / "lib/python3.11/site-packages"), 0) == 0
    assert holder("pip", str(prefix), ADA) == 0


@pytest.mark.parametrize(
    "name", ["", "bin", "lib", "lib/node_modules", "lib/python3.11", "lib/python3.11/site-packages"]
)
def test_who_owns_anything_on_the_way_is_the_holder(prefix: Path, name: str) -> None:
    os.chown(prefix / name, ADA, ADA)
    assert holder("pip", str(prefix), 0) == ADA
    assert holder("pip", str(prefix), ADA) == ADA
    with pytest.raises(RefusedError, match="another user"):
        holder("pip", str(prefix), BOB)


@pytest.mark.parametrize("name", ["", "lib", "lib/python3.11", "bin"])
def test_a_site_directory_is_whose_prefix_and_programs_are(prefix: Path, name: str) -> None:
    os.chown(prefix / name, ADA, ADA)
    assert holder("pip", str(prefix / "lib/python3.11/site-packages"), 0) == ADA


def test_a_program_that_leads_through_what_is_somebodys_is_theirs(prefix: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "python").symlink_to("/usr/bin/env")
    os.chown(elsewhere, ADA, ADA)
    (prefix / "bin" / "python3.11").unlink()
    (prefix / "bin" / "python3.11").symlink_to("../../elsewhere/python")
    assert holder("pip", str(prefix), 0) == ADA


def test_two_users_are_one_too_many(prefix: Path) -> None:
    os.chown(prefix, ADA, ADA)
    os.chown(prefix / "lib", BOB, BOB)
    with pytest.raises(RefusedError, match="different users"):
        holder("pip", str(prefix), 0)


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_where_everybody_may_write_nothing_is_run(prefix: Path, mode: int) -> None:
    (prefix / "bin").chmod(mode)
    with pytest.raises(RefusedError, match="every user may write to"):
        holder("pip", str(prefix), 0)


def test_a_sticky_directory_on_the_way_is_passed_through(prefix: Path) -> None:
    prefix.parent.chmod(0o1777)
    assert holder("pip", str(prefix), 0) == 0
    with pytest.raises(RefusedError, match="every user may write to"):
        holder("pip", str(prefix.parent / "gone"), 0)


def test_what_is_not_there_is_of_those_who_own_where_it_would_be(prefix: Path) -> None:
    os.chown(prefix, ADA, ADA)
    assert holder("pip", str(prefix / "a" / "b"), 0) == ADA
    assert holder("pip", "/nowhere/at/all", 0) == 0


def test_a_loop_of_links_ends(prefix: Path) -> None:
    (prefix / "bin" / "python3.11").unlink()
    (prefix / "bin" / "python3.11").symlink_to("python")
    assert holder("pip", str(prefix), 0) == 0
