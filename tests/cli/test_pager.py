from __future__ import annotations

import os
from shutil import which
from typing import TYPE_CHECKING

import pytest
from support.processes.terminals import session, terminal

from cortexrepo.cli.program import SECURE
from cortexrepo.cli.screen import pager

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine

USER, ROOT = 1000, 0
LESS = which("less", path=SECURE)
needs_less = pytest.mark.skipif(LESS is None, reason="there is no less here")


def _pager(directory: Path, text: str = "sed 's/^/paged: /'") -> str:
    path = directory / "pager"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_the_pager_is_used_for_what_a_terminal_cannot_show(cortex: CommandLine, tmp_path: Path) -> None:
    named = _pager(tmp_path)
    cortex("create")
    assert all(line.startswith("paged: ") for line in terminal(cortex, "show", "--packages", lines=5, PAGER=named))
    assert not any("paged" in line for line in terminal(cortex, "show", "--packages", lines=50, PAGER=named))
    assert "paged" not in cortex.process("show", "--packages", PAGER=named).out


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (("--no-pager",), {}),
        ((), {"CORTEX_PAGER": ""}),
        ((), {"CORTEX_PAGER": "cat"}),
        ((), {"CORTEX_PAGER": "no-such-pager"}),
        ((), {"CORTEX_PAGER": "'not closed"}),
        ((), {"TERM": "dumb"}),
    ],
)
def test_without_a_pager_the_terminal_gets_all(
    cortex: CommandLine, tmp_path: Path, words: tuple[str, ...], variables: dict[str, str]
) -> None:
    cortex("create")
    given = {"PAGER": _pager(tmp_path), **variables}
    shown = "\n".join(terminal(cortex, "show", "--packages", *words, columns=80, lines=5, **given))
    assert "bash" in shown
    assert "paged" not in shown


def test_a_line_that_the_terminal_breaks_counts_as_many(cortex: CommandLine, tmp_path: Path) -> None:
    cortex("create", "x" * 400)
    fits = len(terminal(cortex, "show", columns=500, lines=99))
    assert "paged" not in terminal(cortex, "show", columns=500, lines=fits + 1, PAGER=_pager(tmp_path))[0]
    assert "paged" in terminal(cortex, "show", "--packages", columns=40, lines=fits + 1, PAGER=_pager(tmp_path))[0]


def test_a_pager_that_is_left_early_ends_in_silence(cortex: CommandLine, tmp_path: Path) -> None:
    cortex("create")
    assert terminal(cortex, "show", "--packages", lines=5, PAGER=_pager(tmp_path, "exec true")) == []


@needs_less
def test_less_is_the_pager_where_none_is_named(cortex: CommandLine) -> None:
    cortex("create")
    code, shown = session(cortex, "show", "--packages", keys=b"q")
    assert code == 0
    assert "snapshot" in shown
    assert "npm" not in shown.splitlines()[-1]
    assert "Traceback" not in shown


def test_variables_are_asked_in_gits_order() -> None:
    path = os.environ["PATH"]
    assert pager.chosen({"PATH": path, "PAGER": "cat"}, USER, USER) is None
    found = pager.chosen({"PATH": path, "CORTEX_PAGER": "sed 's/a b/c/'", "PAGER": "cat"}, USER, USER)
    assert found is not None
    assert found.command == (which("sed"), "s/a b/c/")
    assert found.environment["LESS"] == "FRX"
    kept = pager.chosen({"PATH": path, "PAGER": "sed", "LESS": "S"}, USER, USER)
    assert kept is not None
    assert kept.environment["LESS"] == "S"


@needs_less
@pytest.mark.parametrize(
    ("variables", "terminal_of"), [({"SUDO_UID": "1000"}, ROOT), ({"DOAS_USER": "ana"}, ROOT), ({}, USER)]
)
def test_root_starts_no_pager_of_the_user_who_became_root(
    tmp_path: Path, variables: dict[str, str], terminal_of: int
) -> None:
    theirs = {"PAGER": _pager(tmp_path), "LESSOPEN": "|-evil %s", "LESSKEY": "evil", "HOME": str(tmp_path)}
    found = pager.chosen({**theirs, "PATH": str(tmp_path), "TERM": "xterm", **variables}, ROOT, terminal_of)
    assert found is not None
    assert found.command == (LESS,)
    assert found.environment["LESSSECURE"] == "1"
    assert "evil" not in "".join(found.environment.values())
    assert str(tmp_path) not in "".join(found.environment.values())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file to another user")
def test_root_starts_no_pager_that_another_user_could_change(tmp_path: Path) -> None:
    named = _pager(tmp_path)
    environment = {"PATH": os.environ["PATH"], "PAGER": named}
    found = pager.chosen(environment, ROOT, ROOT)
    assert found is not None
    assert found.command == (named,)
    os.chmod(named, 0o777)
    assert pager.chosen(environment, ROOT, ROOT) is None
    os.chmod(named, 0o755)
    os.chown(named, 1234, 1234)
    assert pager.chosen(environment, ROOT, ROOT) is None
