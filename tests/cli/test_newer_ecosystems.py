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


@pytest.mark.parametrize("command", ["search", "log"])
def test_it_is_asked_for_by_its_prefix(newer: CommandLine, command: str) -> None:
    found = newer(command, "flatpak:org.gimp")
    assert (found.code, found.err) == (0, "")
    assert found.out == newer(command, "org.gimp").out
    assert "org.gimp" in found.out


def test_its_versions_are_compared_by_equality_alone(newer: CommandLine) -> None:
    assert "1.0" in newer("search", "flatpak:org.gimp=1.0").out
    refused = newer("search", "flatpak:org.gimp<2.0")
    assert (refused.code, refused.out) == (1, "")
    assert "flatpak cannot compare versions like this" in refused.err
    # What the hint says works; `apt:NAME<VERSION` would not, as apt has no such package.
    hint = (
        "hint: equality works in every ecosystem: `cortex snapshot search flatpak:org.gimp=VERSION`; "
        "`cortex snapshot search {}` shows every recorded version"
    )
    assert refused.err.splitlines()[1] == hint.format("flatpak:org.gimp")
    assert newer("search", "org.gimp<2.0").err.splitlines()[1] == hint.format("org.gimp")


@pytest.mark.parametrize("command", ["search", "log"])
def test_a_prefix_that_nothing_recorded_is_unknown_and_no_plain_no(newer: CommandLine, command: str) -> None:
    found = newer(command, "guix:hello")
    assert (found.code, found.out) == (1, "")
    assert "'guix' is unknown here as an ecosystem" in found.err
    assert "the recorded ecosystems are: apt, flatpak" in found.err
    assert "no snapshot has a package 'flatpak:none'" in newer(command, "flatpak:none").err


@pytest.mark.parametrize("command", ["search", "log"])
def test_the_option_says_the_way_to_ask_for_it(newer: CommandLine, command: str) -> None:
    found = newer(command, "org.gimp", "--ecosystem", "flatpak")
    assert found.code == 2
    assert "write it before the name: 'flatpak:NAME'" in " ".join(found.err.split())
