"""An ecosystem that a newer version recorded: listed, compared with its like, named as unknown now, in nobody's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK
from cortexrepo.recording.collecting import collect
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

FLAG = 1 << 40
"""One that has no name yet."""


@pytest.fixture
def newer(cortex: CommandLine) -> CommandLine:
    """Two snapshots of the root, with packages of `flatpak`, which this version does not know."""
    repository = Repository.open(str(cortex.repo), create=True)
    machine = collect(cortex.root)
    for number in (1, 2):
        manifest = Manifest.of("flatpak", [Package("org.gimp", "x86_64", f"{number}.0", FLAG)])
        readings = sorted((*machine.readings, Reading("flatpak", "", OK, manifest)), key=lambda one: one[:2])
        repository.create(machine._replace(readings=tuple(readings)), message=str(number))
    return cortex


@pytest.mark.parametrize("command", ["list", "show", "log", "verify", "gc"])
def test_commands_that_need_not_know_it_work(newer: CommandLine, command: str) -> None:
    found = newer(command)
    assert (found.code, found.err) == (0, "")


def test_it_is_listed_and_compared(newer: CommandLine) -> None:
    assert "1 flatpak" in newer("list").out
    assert "org.gimp  1.0 → 2.0" in newer("diff", "latest~1", "latest").out
    assert "flatpak" in newer("search", "org.gimp=1.0").out
    assert "org.gimp" in newer("log", "org.gimp").out


def test_a_bit_without_a_name_is_shown_as_one(newer: CommandLine) -> None:
    assert "bit-40" in newer("show", "--packages").out
    assert '"bit-40"' in newer("show", "--packages", "--json").out


@pytest.mark.parametrize("command", ["diff", "status"])
def test_beside_the_live_machine_it_is_unknown_and_nothing_else_is(newer: CommandLine, command: str) -> None:
    found = newer(command)
    assert found.code == 0
    assert "flatpak: cannot be compared: after: not recorded: this version of cortex cannot read this" in found.out
    unknown = newer(command, "--json").json()["unknown"]
    assert isinstance(unknown, list)
    assert [one["ecosystem"] for one in unknown] == ["flatpak"]
    assert newer(command, "--exit-code").code == 3
