"""Laws of the reconstruction: from complete logs every state comes back, and whatever is lost, what is told was so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.machines.logs import NATIVE, LoggingMachine, Rebuilt, Row

from cortexrepo.ecosystems.apt.past.apthistory import entries
from cortexrepo.ecosystems.apt.past.dpkglog import parse

Before = dict[tuple[str, str], tuple[str, bool, bool]]
Work = list[tuple[bool, list[tuple[str, str, str, str, bool]]]]

names = st.sampled_from(["a", "b", "c"])
places = st.sampled_from([NATIVE, "i386"])
versions = st.sampled_from(["1", "2", "1:0~rc1"])
rows = st.dictionaries(
    st.tuples(names, places),
    st.tuples(versions, st.booleans(), st.booleans()),
    max_size=4,
)
steps = st.tuples(st.sampled_from(["install", "remove", "purge"]), names, places, versions, st.booleans())
transactions = st.lists(st.tuples(st.booleans(), st.lists(steps, min_size=1, max_size=3)), max_size=8)


def run(before: Before, work: Work) -> LoggingMachine:
    found = {
        (name, place): Row("all" if everywhere and place == NATIVE else place, version, left)
        for (name, place), (version, everywhere, left) in before.items()
    }
    machine = LoggingMachine(found)
    for number, (with_apt, todo) in enumerate(work):
        machine.wait(100)
        if with_apt:
            machine.begin(f"apt {number}", "ana")
        for kind, name, place, version, everywhere in todo:
            if kind == "install":
                machine.install(name, "all" if everywhere and place == NATIVE else place, version)
            else:
                machine.remove(name, place, purge=kind == "purge")
            machine.wait(1)
        if with_apt:
            machine.end()
        machine.see()
    return machine


def suffix_of_truth(machine: LoggingMachine, found: Rebuilt) -> bool:
    """Returns whether all that is told was so; where a log begins in a transaction, so does the first state."""
    told = found.packages()
    if found.states and not found.states[0].cause.command:
        if told[0] not in machine.between:
            return False
        told = told[1:]
    return told == machine.states[len(machine.states) - len(told) :]


@given(rows, transactions)
def test_every_state_comes_back(before: Before, work: Work) -> None:
    machine = run(before, work)
    found = machine.rebuilt()
    assert found.past.gap is None
    if len(machine.states) > 1:
        assert found.packages() == machine.states
    moments = [state.moment for state in found.states]
    assert moments == sorted(set(moments))


@given(rows, transactions, st.integers(0, 200), st.integers(1, 30))
def test_whatever_is_lost_what_is_told_was_so(before: Before, work: Work, place: int, count: int) -> None:
    machine = run(before, work)
    pieces = machine.pieces()
    place %= len(pieces) + 1
    found = machine.rebuilt([*pieces[:place], "lost", *pieces[place + count :]])
    assert found.past.gap is not None
    assert suffix_of_truth(machine, found)


@given(rows, transactions, st.integers(0, 200), st.integers(1, 12))
def test_a_log_that_begins_or_ends_anywhere_tells_nothing_false(
    before: Before, work: Work, place: int, most: int
) -> None:
    machine = run(before, work)
    pieces = machine.pieces()
    for found in (machine.rebuilt(pieces[place:]), machine.rebuilt(most=most)):
        assert suffix_of_truth(machine, found)


@given(st.binary(max_size=80) | st.from_regex(rb"2026-0[1-3]-01 12:00:00 [a-z]{3,8} [a-z:<> .0-9]{0,30}"))
def test_any_bytes_are_a_line_or_none(raw: bytes) -> None:
    found = parse(raw)
    assert found is None or found.clock >= 0


@given(
    st.lists(
        st.binary(max_size=40)
        | st.sampled_from([b"Start-Date: 2026-03-01  12:00:00", b"End-Date: x", b"Commandline: \xff"])
    )
)
def test_any_lines_are_a_history(lines: list[bytes]) -> None:
    for entry in entries(lines):
        assert entry.command.encode().decode() == entry.command
