"""What belongs together, and from where on a log is complete."""

from __future__ import annotations

import datetime as dt

import pytest
from support.machines.logs import START, LoggingMachine, Rebuilt

NOON = int(START.timestamp())


def commands(found: Rebuilt) -> list[str]:
    return [state.cause.command for state in found.states]


def reason(found: Rebuilt) -> str:
    assert found.past.gap is not None
    return found.past.gap.reason


def installed(*versions: str) -> LoggingMachine:
    """Returns a machine on which `a` came to these versions, ten minutes apart."""
    machine = LoggingMachine()
    for version in versions:
        machine.install("a", "amd64", version)
        machine.see()
        machine.wait(600)
    return machine


def test_what_apt_did_is_one_transaction_with_its_command() -> None:
    machine = LoggingMachine()
    machine.begin("apt-get install a b", "ana")
    machine.install("a", "amd64", "1")
    machine.wait(500)
    machine.install("b", "amd64", "1")
    machine.end()
    found = machine.rebuilt()
    assert commands(found) == ["", "apt-get install a b"]
    assert found.states[1].cause.user == "ana"
    assert found.states[1].moment == (NOON + 500) * 1000
    assert found.states[0].moment == NOON * 1000 - 1


def test_what_dpkg_did_alone_is_grouped_by_pauses() -> None:
    machine = LoggingMachine()
    for version, pause in (("1", 30), ("2", 61), ("3", 0)):
        machine.install("a", "amd64", version)
        machine.see()
        machine.wait(pause)
    found = machine.rebuilt()
    assert commands(found) == ["", "dpkg", "dpkg"]
    assert [rows[0].version for rows in found.packages()[1:]] == ["2", "3"]


def test_a_run_is_never_taken_apart_however_long_it_rests() -> None:
    machine = LoggingMachine()
    machine.install("a", "amd64", "1")
    lines = machine.lines
    machine.lines = lines[:3] + [line.replace(" 12:", " 15:") for line in lines[3:]]
    machine.wait(4 * 3600)
    assert len(machine.rebuilt().states) == 2


def test_of_commands_that_overlap_the_one_that_began_last_counts() -> None:
    machine = LoggingMachine()
    machine.begin("outer")
    machine.install("a", "amd64", "1")
    machine.wait(10)
    inner = LoggingMachine()
    inner.now = machine.now
    inner.begin("inner")
    machine.install("a", "amd64", "2")
    machine.wait(10)
    inner.now = machine.now
    inner.end()
    machine.wait(10)
    machine.install("a", "amd64", "3")
    machine.end()
    machine.history += inner.history
    assert commands(machine.rebuilt()) == ["", "outer", "inner", "outer"]


def test_a_command_without_an_end_has_ended_when_dpkg_has_rested() -> None:
    machine = LoggingMachine()
    machine.begin("killed")
    machine.install("a", "amd64", "1")
    machine.wait(3600)
    machine.install("a", "amd64", "2")
    assert commands(machine.rebuilt()) == ["", "killed", "dpkg"]


def test_in_the_second_in_which_one_ends_and_another_begins_what_finishes_belongs_to_the_first() -> None:
    machine = LoggingMachine()
    machine.begin("first")
    machine.install("a", "amd64", "1")
    machine.wait(1)
    machine.end()
    machine.begin("second")
    machine.write("startup packages configure")
    machine.write("status triggers-pending a:amd64 1")
    machine.write("status installed a:amd64 1")
    machine.install("b", "amd64", "1")
    machine.end()
    found = machine.rebuilt()
    assert commands(found) == ["", "first", "second"]
    assert [state.moment - NOON * 1000 for state in found.states] == [-1, 1000, 1001]


def test_a_trigger_that_a_run_finds_waiting_does_not_move_the_end_of_the_one_before() -> None:
    machine = installed("1")
    machine.write("status triggers-pending a:amd64 1")
    machine.write("startup packages triggers-only")
    machine.write("trigproc a:amd64 1 <none>")
    machine.write("status half-configured a:amd64 1")
    machine.write("status installed a:amd64 1")
    found = machine.rebuilt()
    assert [state.moment for state in found.states] == [NOON * 1000 - 1, NOON * 1000]


def test_a_run_that_left_everything_as_it_was_is_no_state() -> None:
    machine = installed("1", "1")
    machine.write("startup packages configure")
    machine.write("conffile /etc/a.conf keep")
    assert len(machine.rebuilt().states) == 2


def test_a_package_that_disappears_is_gone() -> None:
    machine = installed("1")
    machine.write("startup archives install")
    machine.write("install b:amd64 <none> 1")
    machine.write("status half-installed b:amd64 1")
    machine.write("disappear a:amd64 1 <none>")
    machine.write("status not-installed a:amd64 <none>")
    machine.write("status unpacked b:amd64 1")
    machine.write("status installed b:amd64 1")
    before = machine.packages()
    machine.rows = {("b", "amd64"): machine.rows["a", "amd64"]}
    assert machine.rebuilt().packages() == [(), before, machine.packages()]


def undone() -> LoggingMachine:
    """Returns a machine on which `a` was installed, but the disk went back, and then it was installed again."""
    machine = installed("1")
    del machine.rows["a", "amd64"]
    machine.install("a", "amd64", "1")
    machine.wait(600)
    machine.install("a", "amd64", "2")
    return machine


def test_what_was_undone_without_a_log_is_left_out_and_named() -> None:
    machine = undone()
    older = LoggingMachine()
    older.now -= dt.timedelta(days=1)
    older.install("b", "amd64", "1")
    machine.lines[:0] = older.lines
    machine.rows.update(older.rows)
    found = machine.rebuilt()
    assert found.past.gap is None
    assert [one.reason for one in found.past.left] == [
        "a:amd64: the earlier log lines say 'installed 1', the next line finds 'not installed'"
    ]
    assert [[row.version for row in rows if row.name == "a"] for rows in found.packages()] == [[], [], ["1"], ["2"]]
    assert commands(found) == ["", "dpkg", "dpkg", "dpkg"]


def test_nothing_older_is_told_than_what_was_undone_if_nothing_older_leads_to_the_present() -> None:
    found = undone().rebuilt()
    assert reason(found) == "a:amd64: the earlier log lines say 'installed 1', the next line finds 'not installed'"
    assert found.past.left == ()
    assert [[row.version for row in rows] for rows in found.packages()] == [[], ["1"], ["2"]]
    assert found.states[0].moment == (NOON + 600) * 1000 - 1


def test_nothing_older_is_told_where_a_package_became_what_no_line_tells() -> None:
    machine = installed("1")
    machine.rows["a", "amd64"] = machine.rows["a", "amd64"]._replace(version="5")
    machine.install("a", "amd64", "6")
    found = machine.rebuilt()
    assert reason(found) == "a:amd64: the earlier log lines say 'installed 1', the next line finds 'installed 5'"
    assert found.past.gap is not None
    assert found.past.gap.moment == (NOON + 600) * 1000
    assert [rows[0].version for rows in found.packages()] == ["5", "6"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("upgrade a:amd64 3 4", "the next line finds 'installed 3'"),
        ("status installed a:amd64 7", "the next line finds 'triggers-awaited 7'"),
        ("install a:amd64 1 2", "the next line finds 'config-files 1'"),
        ("purge a:amd64 1 <none>", "the next line finds 'config-files 1'"),
        ("remove b:i386 1 <none>", ""),
        ("status half-installed c:i386 1", "no earlier log line explains why c:i386 is half-installed"),
    ],
)
def test_lines_that_cannot_follow_are_seen(line: str, words: str) -> None:
    machine = installed("1")
    machine.write("startup archives install")
    machine.write(line)
    machine.write("startup packages purge")
    machine.write("status not-installed a:amd64 <none>")
    machine.write("status not-installed b:i386 <none>")
    machine.write("status not-installed c:i386 <none>")
    machine.rows.clear()
    found = machine.rebuilt()
    assert (found.past.gap is not None) is bool(words)
    assert not words or reason(found).endswith(words)
    assert found.packages()[-1] == ()


def test_what_no_longer_fits_the_machine_is_named_and_nothing_is_told() -> None:
    machine = installed("1", "2")
    machine.rows["a", "amd64"] = machine.rows["a", "amd64"]._replace(version="3")
    found = machine.rebuilt()
    assert found.states == []
    assert reason(found) == "a:amd64 is installed 3 now, but the last log line about this package says installed 2"
    machine.rows.clear()
    assert reason(machine.rebuilt()).startswith(
        "a:amd64 is not installed now, but the last log line about this package says installed 2"
    )


def test_a_trigger_that_is_waiting_now_is_no_contradiction() -> None:
    machine = installed("1")
    machine.write("startup packages configure")
    machine.write("status triggers-awaited a:amd64 1")
    assert machine.rebuilt().past.gap is None


def test_a_log_that_begins_in_the_middle_tells_the_state_after_that() -> None:
    machine = installed("1", "2")
    found = machine.rebuilt(machine.pieces()[3:])
    assert reason(found) == "the log begins in the middle of a change of a"
    assert [rows[0].version for rows in found.packages()] == ["1", "2"]


def test_nothing_before_lines_that_are_lost_is_told() -> None:
    machine = installed("1", "2", "3")
    pieces = machine.pieces()
    found = machine.rebuilt([*pieces[:7], "dpkg.log.2.gz: it is gone", *pieces[7:]])
    assert reason(found) == "dpkg.log.2.gz: it is gone"
    assert [rows[0].version for rows in found.packages()] == ["2", "3"]
    found = machine.rebuilt([*pieces[:10], "damaged", *pieces[10:]])
    assert reason(found) == "damaged"
    found = machine.rebuilt([*pieces, "damaged"])
    assert found.states == []
    assert reason(found) == "damaged"


def test_more_changes_than_can_be_kept_are_the_newest_ones() -> None:
    machine = installed(*"123456")
    found = machine.rebuilt(most=3)
    assert "more than 3 changes" in reason(found)
    assert found.packages() == machine.states[len(machine.states) - len(found.states) :]
    assert len(found.states) == 3


def test_both_architectures_of_a_pair_go_their_own_ways() -> None:
    machine = LoggingMachine()
    for arch, version in (("amd64", "1"), ("i386", "1"), ("amd64", "2"), ("i386", "2")):
        machine.install("pair", arch, version)
        machine.see()
        machine.wait(600)
    machine.remove("pair", "i386", purge=True)
    machine.see()
    assert machine.rebuilt().packages() == machine.states


def test_a_package_that_moves_to_all_and_back_is_one() -> None:
    machine = LoggingMachine()
    for arch, version in (("amd64", "1"), ("all", "2"), ("amd64", "2")):
        machine.install("a", arch, version)
        machine.see()
        machine.wait(600)
    assert machine.rebuilt().packages() == machine.states
