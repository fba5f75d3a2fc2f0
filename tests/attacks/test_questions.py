"""Programs that do not answer: somebody's interpreter must neither stop root's plan nor outlive it.

Each program writes its process id to `pids`, and that of whatever it starts; at the end none of them is there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest
from support.machines.silent import silent
from support.processes.users import NOBODY, open_path

from cortexrepo.ecosystems.pip.environments.interpreter import ask
from cortexrepo.ecosystems.pip.environments.layout import Layout
from cortexrepo.errors import RestoreError
from cortexrepo.machine import live_programs
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.restore.run.delegate import Account, as_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE = 0.4
LATE = {
    "sleeps": "exec sleep 1000",
    "waits for a child": "sleep 1000 & echo $! >> pids; wait",
    "says nothing more and sleeps": "exec >&- 2>&-; sleep 1000",
    "half an answer": "printf '[3, 11,'; sleep 1000",
    "an answer and no end": 'echo \'[3, 11, 2, "cpython", "", ""]\'; sleep 1000',
    "takes no SIGTERM": "trap '' TERM INT HUP; sleep 1000",
    "stops itself": "kill -STOP $$",
    "many children": "for i in 1 2 3 4 5; do sleep 1000 & echo $! >> pids; done; wait",
    "starts itself again": "(sleep 1000; true) & echo $! >> pids; wait",
    "waits for its input for ever": "while :; do read -r line || sleep 0.05; done",
    "writes slowly without end": "while :; do echo x; sleep 0.05; done",
}
LEAVES = {
    "a child that holds nothing": "sleep 1000 >&- 2>&- & echo $! >> pids; exit 0",
    "several that hold nothing": "for i in 1 2 3; do sleep 1000 > /dev/null 2>&1 & echo $! >> pids; done; exit 0",
}


def program(directory: Path, text: str) -> str:
    path = directory / "python"
    path.write_text(f"#!/bin/sh\ncd {directory}\necho $$ >> pids\n{text}\n")
    path.chmod(0o755)
    directory.chmod(0o777)
    return str(path)


def remaining(directory: Path) -> list[int]:
    """Returns which of the processes that were started are there still, after those that end have had their time."""
    end = time.monotonic() + 10
    while found := [number for number in map(int, (directory / "pids").read_text().split()) if is_there(number)]:
        if time.monotonic() > end:
            for number in found:
                os.kill(number, signal.SIGKILL)
            return found
        time.sleep(0.02)
    return []


def is_there(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


@pytest.mark.parametrize("name", LATE)
def test_a_program_that_does_not_answer_in_time_ends_with_all_that_it_started(tmp_path: Path, name: str) -> None:
    path = program(tmp_path, LATE[name])
    with pytest.raises(RestoreError, match="did not end in time") as found:
        LiveMachine({}, "/", PATIENCE).ask([path])
    assert path in str(found.value)
    assert remaining(tmp_path) == []


@pytest.mark.parametrize("name", LEAVES)
def test_what_a_program_leaves_behind_ends_with_it(tmp_path: Path, name: str) -> None:
    path = program(tmp_path, LEAVES[name])
    for call in (LiveMachine({}, "/").ask, LiveMachine({}, "/").run):
        assert call([path]).code == 0
    assert remaining(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system that does not answer")
@pytest.mark.parametrize("told", [None, lambda _line: None], ids=["what it says is kept", "lines are handed on"])
def test_one_that_the_kernel_lets_nobody_end_is_left_alone_and_named(
    tmp_path: Path, told: Callable[[str], None] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a file system that does not answer: it is there still when everybody goes on."""
    monkeypatch.setattr(live_programs, "_LONGEST", PATIENCE)
    place = tmp_path / "silent"
    place.mkdir()
    with silent(place, 0):
        path = program(tmp_path, f"exec cat {place}/file")
        with pytest.raises(RestoreError, match="cannot be ended") as found:
            LiveMachine({}, "/", PATIENCE).run([path], told=told)
        assert path in str(found.value)
        assert is_there(int((tmp_path / "pids").read_text()))


def test_one_that_has_left_its_group_does_not_keep_anybody_waiting(tmp_path: Path) -> None:
    path = program(tmp_path, "setsid sleep 1000 & echo $! >> pids; exit 0")
    with pytest.raises(RestoreError, match="did not end in time"):
        LiveMachine({}, "/", PATIENCE).ask([path])
    for number in map(int, (tmp_path / "pids").read_text().split()):
        if is_there(number):
            os.kill(number, signal.SIGKILL)


def test_an_answer_without_end_is_cut_short(tmp_path: Path) -> None:
    path = program(tmp_path, "while :; do printf %01000000d 1; done")
    with pytest.raises(RestoreError, match="printed more than 1048576 bytes"):
        LiveMachine({}, "/").ask([path])
    assert remaining(tmp_path) == []


def test_the_error_of_an_environment_names_its_interpreter(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    path = program(tmp_path / "bin", "sleep 1000")
    layout = Layout("venv", "3.11", str(tmp_path), str(tmp_path), str(tmp_path / "bin"), own=True)
    with pytest.raises(RestoreError, match=path):
        ask(LiveMachine({}, "/", PATIENCE), layout)


def test_a_question_runs_nothing_of_the_site_directory(tmp_path: Path) -> None:
    """With `-S` no `.pth` file is run; the interpreter answers all the same."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path)], check=True)
    version = ".".join(map(str, sys.version_info[:2]))
    site = tmp_path / "lib" / f"python{version}" / "site-packages"
    (site / "evil.pth").write_text(f"import os; open({str(tmp_path / 'ran')!r}, 'w')\n")
    (site / "sitecustomize.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    found = ask(
        LiveMachine({}, "/"), Layout("venv", version, str(tmp_path), str(site), str(tmp_path / "bin"), own=True)
    )
    assert found.version == sys.version_info[:2]
    assert not (tmp_path / "ran").exists()


ASKING = """
    import signal
    # What runs in the background, or under nohup, has some of these ignored, and children inherit that.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from cortexrepo.machine.live_programs import LiveMachine
    LiveMachine({{}}, "/", 1000).{call}
"""
CALLS = {
    "a question": "ask(['{path}'])",
    "a program": "run(['{path}'])",
    "a program whose lines are told": "run(['{path}'], told=print)",
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
@pytest.mark.parametrize("call", CALLS)
def test_a_signal_ends_what_was_asked_and_what_that_has_started(
    tmp_path: Path, call: str, number: signal.Signals
) -> None:
    path = program(tmp_path, "sleep 1000 & echo $! >> pids; wait")
    asking = started(ASKING.format(call=CALLS[call].format(path=path)), tmp_path, 2)
    asking.send_signal(number)
    asking.communicate()
    assert asking.returncode != 0
    assert remaining(tmp_path) == []


@pytest.mark.parametrize("call", CALLS)
def test_one_that_is_killed_outright_takes_with_it_whom_it_asked(tmp_path: Path, call: str) -> None:
    path = program(tmp_path, "exec sleep 1000")
    asking = started(ASKING.format(call=CALLS[call].format(path=path)), tmp_path, 1)
    asking.kill()
    asking.communicate()
    assert remaining(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_what_another_user_was_asked_as_that_user_ends_too(tmp_path: Path, number: signal.Signals) -> None:
    path = program(tmp_path, "sleep 1000 & echo $! >> pids; wait")
    open_path(tmp_path)
    tmp_path.chmod(0o777)
    code = f"""
        from cortexrepo.machine.live_programs import LiveMachine
        from cortexrepo.restore.run.delegate import Account, as_user
        as_user(Account({NOBODY}), lambda _: LiveMachine({{}}, "/", 1000).ask(["{path}"]), print)
    """
    asking = started(code, tmp_path, 2)
    asking.send_signal(number)
    asking.communicate()
    assert remaining(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_work_itself_ends_when_root_is_interrupted(tmp_path: Path) -> None:
    def told(_line: str) -> None:
        raise KeyboardInterrupt

    def work(tell: Callable[[str], None]) -> None:
        LiveMachine({}, "/", 1000).run([path], told=tell)

    path = program(tmp_path, "sleep 1000 & echo $! >> pids; echo begun; wait")
    (tmp_path / "pids").touch()
    (tmp_path / "pids").chmod(0o666)
    open_path(tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(KeyboardInterrupt):
        as_user(Account(NOBODY), work, told)
    assert len((tmp_path / "pids").read_text().split()) > 1
    assert remaining(tmp_path) == []


def started(code: str, directory: Path, count: int) -> subprocess.Popen[bytes]:
    """Starts a program of ours, and returns it when so many processes have written their ids."""
    found = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    end = time.monotonic() + 60
    path = directory / "pids"
    while not path.exists() or len(path.read_text().split()) < count:
        if time.monotonic() > end or found.poll() is not None:
            found.kill()
            pytest.fail(f"not started: {found.communicate()}")
        time.sleep(0.02)
    return found
