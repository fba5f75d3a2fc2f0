from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root
from support.processes.terminals import terminal
from support.repositories.legacy import write

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

ESCAPE = "\x1b["


def test_a_terminal_gets_a_header_colours_relative_times_a_total_and_no_longer_lines(cortex: CommandLine) -> None:
    cortex("create", "a very long message that does not fit " * 3)
    lines = terminal(cortex, "list", columns=60)
    assert ESCAPE in lines[1]
    header, plain, total = (re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines)
    assert header.split() == ["ID", "WHEN", "MESSAGE"]
    assert len(plain) <= 60
    assert "…" in plain
    assert re.search(r"  (now|\d+ seconds? ago)  ", plain)
    assert total == "1 snapshot"


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_the_counts_of_a_list_give_way_first_then_tags_then_messages(cortex: CommandLine, columns: int) -> None:
    long = "x" * 60
    cortex("create", long, "--tag", "golden")
    cortex("create", "short")
    shown = "\n".join(terminal(cortex, "list", columns=columns, NO_COLOR="1"))
    assert max(map(len, shown.splitlines())) <= columns
    assert ("2 apt" in shown) == ("PACKAGES" in shown) == (columns >= 120)
    assert ("[golden]" in shown) == (columns >= 60)
    assert (long in shown) == (columns >= 120)
    assert "2 snapshots" in shown
    assert "the newest 1 snapshot" in terminal(cortex, "list", "-n", "1", columns=columns, NO_COLOR="1")


@pytest.mark.parametrize("columns", [30, 60, 80])
def test_a_search_cuts_nothing_of_its_answer(cortex: CommandLine, columns: int) -> None:
    cortex("create", "message")
    cortex("create", "message")
    answer = cortex("search", "bash").out.split()
    assert "snapshots" in answer
    shown = " ".join(terminal(cortex, "search", "bash", columns=columns, NO_COLOR="1"))
    assert shown.split() == [word for word in answer if word not in {"2", "snapshots"}]


def test_dates_are_shown_where_they_are_asked_for(cortex: CommandLine) -> None:
    cortex("create", "message")
    date = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  message"
    assert re.search(date, terminal(cortex, "list", "--dates", NO_COLOR="1")[1])
    assert cortex("list", "--dates") == cortex("list")
    assert re.search(date, cortex("list").out)


@pytest.mark.parametrize("columns", [1, 5, 12, 13, 20, 33, 50])
def test_the_narrowest_terminal_is_not_exceeded(cortex: CommandLine, columns: int) -> None:
    cortex("create", "message", "--tag", "golden")
    make_root(cortex.root, apt={"bash": "5.3-1"}, pip={})
    cortex("create", "another message")
    for words in (["list"], ["show"], ["show", "--packages"], ["log"], ["log", "*"], ["search", "bash"]):
        lines = terminal(cortex, *words, columns=columns, NO_COLOR="1", CORTEX_PAGER="")
        assert lines
        assert max(map(len, lines)) <= columns


@pytest.mark.parametrize("columns", [12, 33, 50])
def test_what_came_in_is_cut_to_a_narrowterminal(cortex: CommandLine, tmp_path: Path, columns: int) -> None:
    write(tmp_path / "old", description="a very long message that does not fit " * 3)
    *rows, totals = terminal(cortex, "import-legacy", str(tmp_path / "old"), columns=columns, NO_COLOR="1")
    assert len(rows) == 1
    assert len(rows[0]) <= columns
    assert totals == "imported 1 snapshot"


def test_a_pipe_gets_whole_lines_without_colours(cortex: CommandLine) -> None:
    message = "a very long message that does not fit " * 5
    cortex("create", message)
    found = cortex.process("list")
    assert message.rstrip() in found.out
    assert ESCAPE not in found.out


def test_colours_follow_the_option_then_no_color_then_clicolor_force(cortex: CommandLine) -> None:
    cortex("create")
    assert ESCAPE in cortex.process("list", CLICOLOR_FORCE="1").out
    assert ESCAPE not in cortex.process("list", CLICOLOR_FORCE="0").out
    assert ESCAPE not in cortex.process("list", CLICOLOR_FORCE="1", NO_COLOR="1").out
    assert ESCAPE in cortex.process("list", "--color", "always", NO_COLOR="1").out
    assert ESCAPE not in cortex.process("list", "--color", "never", CLICOLOR_FORCE="1").out
    assert ESCAPE not in "".join(terminal(cortex, "list", NO_COLOR="1"))
    assert ESCAPE not in cortex.process("list", "--json", "--color", "always").out


@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}])
def test_where_unicode_is_not_wanted_everything_is_ascii(cortex: CommandLine, variables: dict[str, str]) -> None:
    cortex("create", "né → \U0001f600")
    found = cortex.process("diff", **variables)
    assert found.code == 0
    assert found.out.isascii()
    assert ") -> live" in found.out
    listed = cortex.process("list", **variables).out
    assert "n\\xe9 \\u2192 \\U0001f600" in listed


def test_without_a_locale_messages_are_shown_as_they_are(cortex: CommandLine) -> None:
    cortex("create", "né")
    assert "né" in cortex.process("list").out


@pytest.mark.parametrize(
    "words", [["list"], ["show", "--packages"], ["list", "--json"], ["search", "bash"], ["create", "into nothing"]]
)
def test_a_closed_pipe_ends_in_silence(cortex: CommandLine, words: list[str]) -> None:
    cortex("create")
    reader, writer = os.pipe()
    os.close(reader)
    found = subprocess.run(
        cortex.command(*words), stdout=writer, stderr=subprocess.PIPE, env=cortex.environment(), check=False
    )
    os.close(writer)
    assert (found.returncode, cortex.unannounced(found.stderr.decode())) == (0, "")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_closed_pipe_ends_help_in_silence(cortex: CommandLine, option: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    found = subprocess.run(
        cortex.command(option), stdout=writer, stderr=subprocess.PIPE, env=cortex.environment(), check=False
    )
    os.close(writer)
    assert found.stderr == b""


@pytest.mark.parametrize("words", [["list"], ["show"], ["create", "unseen"]])
def test_without_standard_streams_commands_work(cortex: CommandLine, words: list[str]) -> None:
    cortex("create")
    line = ["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *cortex.command(*words)]
    assert subprocess.run(line, env=cortex.environment(), check=False).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [["list"], ["list", "--json"]])
def test_a_full_disk_under_the_output_is_an_error(cortex: CommandLine, words: list[str]) -> None:
    cortex("create")
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            cortex.command(*words), stdout=full, stderr=subprocess.PIPE, env=cortex.environment(), check=False
        )
    assert found.returncode == 1
    assert cortex.unannounced(found.stderr.decode()) == "cortex: cannot write the result: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("format_", [[], ["--json"]])
@pytest.mark.parametrize(
    ("words", "said", "way"),
    [
        (["create", "second"], "the snapshot is there", "snapshot show "),
        (["tag", "known"], "the change is made", "snapshot tag`"),
        (["delete", "latest", "--yes"], "the snapshots are deleted", "snapshot undelete "),
        (["gc"], "the collection is done", "snapshot gc`"),
    ],
)
def test_a_change_stays_and_is_told_where_its_result_cannot_be_written(
    cortex: CommandLine, words: list[str], said: str, way: str, format_: list[str]
) -> None:
    cortex("create")
    cortex("create")
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            cortex.command(*words, *format_), stdout=full, stderr=subprocess.PIPE, env=cortex.environment(), check=False
        )
    assert found.returncode == 1
    error, hint = cortex.unannounced(found.stderr.decode()).splitlines()
    assert error == "cortex: cannot write the result: No space left on device"
    assert hint.startswith(f"hint: {said}")
    assert way in hint


def test_ctrl_c_ends_with_130_and_without_a_traceback(cortex: CommandLine) -> None:
    cortex("create")
    ours, theirs = pty.openpty()
    # A shell has what it runs in the background ignore the signal, and children inherit that.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            cortex.command("delete", "latest"),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=cortex.environment(),
        )
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert process.stderr is not None
    asked = b""
    while b"[y/N]" not in asked:
        more = os.read(process.stderr.fileno(), 4096)
        assert more, asked
        asked += more
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert len(cortex("list").out.splitlines()) == 1


def test_text_that_is_not_utf8_in_arguments_never_raises(cortex: CommandLine) -> None:
    line = [os.fsencode(word) for word in cortex.command("create")] + [b"caf\xe9"]
    made = subprocess.run(line, env=cortex.environment(), capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    assert b"caf\\xe9" in made.stdout
    for option in (
        [b"show", b"\xff"],
        [b"list", b"\xff"],
        [b"list", b"--repo", b"/\xff"],
        [b"create", b"--tag", b"\xff"],
    ):
        line = [os.fsencode(word) for word in cortex.command()] + option
        found = subprocess.run(line, env=cortex.environment(), capture_output=True, check=False)
        assert b"Traceback" not in found.stderr
        last = found.stderr.splitlines()[1 if found.stderr.startswith(b"repository: ") else 0]
        assert last.startswith((b"cortex: ", b"no such snapshots"))
