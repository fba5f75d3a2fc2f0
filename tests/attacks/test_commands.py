"""Programs of the system that root starts: none that ada, or somebody in a group with her, has put or could change."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.machines.groups import FakeGroups

from cortexrepo.errors import RefusedError
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.machine.whose import commands
from cortexrepo.machine.whose.commands import Commands
from cortexrepo.rights.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
ADA, STAFF, EMPTY = 65533, 70001, 70002
GROUPS = FakeGroups({STAFF: frozenset({ADA}), EMPTY: frozenset()})


def given(path: Path, group: int, mode: int) -> None:
    os.chown(path, 0, group)
    path.chmod(mode)


def linked(local: Path) -> None:
    theirs = local.parent / "theirs"
    theirs.write_text("#!/bin/sh\necho ada\n")
    theirs.chmod(0o755)
    os.chown(theirs, ADA, ADA)
    (local / "apt-get").unlink()
    (local / "apt-get").symlink_to(theirs)


def sticky(local: Path) -> None:
    local.chmod(0o1777)
    os.chown(local / "apt-get", ADA, ADA)


HOW: dict[str, Callable[[Path], object]] = {
    "ada's directory": lambda local: os.chown(local, ADA, ADA),
    "a group's directory": lambda local: given(local, STAFF, 0o2775),
    "everybody's directory": lambda local: local.chmod(0o777),
    "everybody's sticky directory with a program of ada's": sticky,
    "ada's program": lambda local: os.chown(local / "apt-get", ADA, ADA),
    "a group's program": lambda local: given(local / "apt-get", STAFF, 0o775),
    "a link to ada's program": linked,
}


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of programs before another one, each with an apt-get that says where it is."""
    for name in ("local", "usr"):
        (tmp_path / name).mkdir()
        program = tmp_path / name / "apt-get"
        program.write_text(f"#!/bin/sh\necho {name}\n")
        program.chmod(0o755)
    monkeypatch.setattr(commands, "_LOCAL", str(tmp_path / "local"))
    return tmp_path / "local"


def both(local: Path) -> tuple[str, str]:
    return str(local), str(local.parent / "usr")


@pytest.mark.parametrize("name", HOW)
def test_what_others_could_change_is_passed_over_and_is_not_on_the_path(local: Path, name: str) -> None:
    first, second = both(local)
    before = Commands(0, Ways(GROUPS), both(local))
    assert (before.find("apt-get"), before.search_path()) == (f"{first}/apt-get", f"{first}:{second}")
    HOW[name](local)
    after = Commands(0, Ways(GROUPS), both(local))
    assert (after.find("apt-get"), after.search_path()) == (f"{second}/apt-get", second)


def test_a_group_without_anybody_takes_nothing_away(local: Path) -> None:
    given(local, EMPTY, 0o2775)
    assert Commands(0, Ways(GROUPS), both(local)).search_path() == ":".join(both(local))


def test_what_is_only_where_others_could_change_it_is_refused_with_the_reason(
    local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Commands.__init__, "__defaults__", (None, None, (str(local),)))
    assert LiveMachine({}, "/").run(["apt-get"]).output == "local\n"
    os.chown(local / "apt-get", ADA, ADA)
    machine = LiveMachine({}, "/")
    assert machine.find("apt-get") is None
    for call in (machine.run, machine.ask):
        with pytest.raises(RefusedError, match=r"apt-get is not started: .*belongs to another user") as found:
            call(["apt-get"])
        assert found.value.hint.startswith(f"`chown root {local}/apt-get`")


def test_the_programs_that_root_starts_look_for_others_only_where_root_does(
    local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Commands.__init__, "__defaults__", (None, None, (*both(local), "/usr/bin", "/bin")))
    os.chown(local / "apt-get", ADA, ADA)
    assert LiveMachine({}, "/").run(["sh", "-c", "apt-get"]).output == "usr\n"
