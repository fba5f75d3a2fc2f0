from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from cortexrepo.errors import RestoreError
from cortexrepo.machine.live_programs import LiveMachine

if TYPE_CHECKING:
    from pathlib import Path


def machine(**variables: str) -> LiveMachine:
    return LiveMachine(variables, "/home/me")


def test_both_outputs_and_the_code_come_back() -> None:
    found = machine().run(["sh", "-c", "echo out; echo err >&2; exit 7"])
    assert found == (7, "out\n", "err\n")
    assert machine().run(["sh", "-c", "kill -9 $$"]).code == -9


def test_a_program_sees_a_clean_environment_and_nothing_on_its_input() -> None:
    found = machine(LD_PRELOAD="/evil.so", PIP_INDEX_URL="x", npm_config_prefix="y", HTTPS_PROXY="p", PATH="/evil").run(
        ["sh", "-c", "cat; env"], variables={"OWN": "1"}
    )
    seen = dict(line.partition("=")[::2] for line in found.output.splitlines())
    assert seen.pop("PWD", "/") == "/"
    seen.pop("SHLVL", None)
    seen.pop("_", None)
    assert seen == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/home/me",
        "LC_ALL": "C.UTF-8",
        "HTTPS_PROXY": "p",
        "OWN": "1",
    }


def test_lines_are_told_as_they_come_and_what_has_no_end_too() -> None:
    lines: list[tuple[str, float]] = []
    program = "echo first; sleep 0.3; printf 'second \\377\\r\\n' >&2; printf last"
    found = machine().run(["sh", "-c", program], told=lambda line: lines.append((line, time.monotonic())))
    assert [line for line, _ in lines] == ["first", "second \\xff", "last"]
    assert lines[1][1] - lines[0][1] > 0.2
    assert found.output == "first\nsecond \\xff\nlast"


def test_no_shell_sees_the_arguments() -> None:
    assert machine().run(["echo", "$(id)", ";", "`x`", "*"]).output == "$(id) ; `x` *\n"


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(RestoreError, match="no-such-program is not installed"):
        machine().run(["no-such-program"])
    assert machine().find("no-such-program") is None


def test_a_program_of_another_place_than_the_systems_is_not_found_by_name(tmp_path: Path) -> None:
    program = tmp_path / "mine"
    program.write_text("#!/bin/sh\necho hi\n")
    program.chmod(0o755)
    assert machine(PATH=str(tmp_path)).find("mine") is None
    assert machine().run([str(program)]).output == "hi\n"


def test_what_lasts_goes_on_to_its_end_when_we_are_killed(tmp_path: Path) -> None:
    code = textwrap.dedent(f"""
        from cortexrepo.machine.live_programs import LiveMachine
        program = "echo begun; for i in 1 2 3 4 5 6; do sleep 0.1; echo $i || exit 1; done; echo done > {tmp_path}/end"
        LiveMachine({{}}, "/").run(["sh", "-c", program], told=lambda line: print(line, flush=True), lasting=True)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ}, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    end = time.monotonic() + 30
    while not (tmp_path / "end").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert (tmp_path / "end").exists()


def test_free_room_is_told_for_what_is_not_there_yet(tmp_path: Path) -> None:
    # Other tests write meanwhile: the room of the nearest directory lies between two looks only nearly.
    there = os.statvfs(tmp_path)
    told = machine().free(f"{tmp_path}/not/yet")
    assert 0 < told < there.f_blocks * there.f_frsize


ENDLESS = "while :; do printf %01000000d 1; done"
LONG = "i=0; while [ $i -lt 300 ]; do printf '%01000000d\\n' 1; i=$((i+1)); done; echo end; exit 3"


def test_a_program_that_writes_without_end_is_ended() -> None:
    with pytest.raises(RestoreError, match="printed more than"):
        machine().run(["sh", "-c", ENDLESS])


def test_what_is_changed_is_never_stopped_for_what_it_writes() -> None:
    told: list[int] = []
    found = machine().run(["sh", "-c", LONG], told=lambda line: told.append(len(line)))
    assert found.code == 3
    assert found.output.endswith("1\nend\n")
    assert sum(told) <= 64 << 20
    assert max(told) <= 8 << 10
