"""Laws of the reconstruction: from complete logs every state comes back, and whatever is lost, what is told was so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import example, given
from hypothesis import strategies as st
from support.machines.logs import NATIVE, LoggingMachine, Rebuilt, Row

from cortexrepo.ecosystems.apt.past.apthistory import entries
from cortexrepo.ecosystems.apt.past.dpkglog import parse
from cortexrepo.model.package import RESIDUAL

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

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


events = st.one_of(
    st.tuples(st.just("work"), st.lists(steps, min_size=1, max_size=3)),
    st.tuples(st.just("back"), st.integers(0, 8)),
    st.tuples(st.just("elsewhere"), st.lists(steps, max_size=3)),
)


def lived(
    before: Before, life: list[tuple[str, Any]]
) -> tuple[LoggingMachine, list[tuple[float, tuple[Package, ...]]]]:
    """Returns a machine that lived so, and from which moments on it was in which states."""
    machine = run(before, [])
    truth = [(0.0, machine.packages())]
    disks = [dict(machine.rows)]
    other = {("inside", NATIVE): Row(NATIVE, "0")}
    for kind, what in life:
        machine.wait(100)
        if kind == "work":
            do(machine, what)
        elif kind == "back":
            machine.roll_back(disks[what % len(disks)])
        else:
            # Something that is never on this machine shows that a run was not of this machine.
            there = machine.elsewhere(other)
            there.install("inside", NATIVE, f"1.{len(disks)}")
            do(there, what)
            machine.now, other = there.now, dict(there.rows)
        disks.append(dict(machine.rows))
        truth.append((machine.now.timestamp(), machine.packages()))
    return machine, truth


def do(machine: LoggingMachine, todo: list[tuple[str, str, str, str, bool]]) -> None:
    for kind, name, place, version, everywhere in todo:
        if kind == "install":
            machine.install(name, "all" if everywhere and place == NATIVE else place, version)
        else:
            machine.remove(name, place, purge=kind == "purge")


@given(rows, st.lists(events, max_size=8))
@example({}, [("work", [("install", "a", NATIVE, "1", False)]), ("elsewhere", []), ("back", 0)])
@example({}, [("elsewhere", [("install", "a", NATIVE, "1", False)]), ("work", [("install", "a", NATIVE, "1", False)])])
def test_after_a_rollback_and_work_in_another_root_what_is_told_was_so(
    before: Before, life: list[tuple[str, Any]]
) -> None:
    machine, truth = lived(before, life)
    for state in machine.rebuilt().states:
        # A state has the moment of its last line, or that just before its first one.
        [*_, (_, packages)] = [one for one in truth if one[0] * 1000 <= state.moment]
        native = {name.removesuffix(f":{NATIVE}") for name in state.unsure if name.endswith(f":{NATIVE}")}
        sure = tuple(
            row
            for row in packages
            if not (row.name in native and row.arch in {NATIVE, "all"}) and f"{row.name}:{row.arch}" not in state.unsure
        )
        assert [comparable(row) for row in state.manifest.packages] == [comparable(row) for row in sure]


def comparable(row: Package) -> Package:
    """Returns a row without what a log does not tell: of which architecture the package was that only left files."""
    return row._replace(arch="") if row.flags & RESIDUAL and row.arch in {NATIVE, "all"} else row


@given(st.binary(max_size=80) | st.from_regex(rb"2026-0[1-3]-01 12:00:00 [a-z]{3,8} [a-z:<> .0-9]{0,30}"))
def test_any_bytes_are_a_line_or_none(raw: bytes) -> None:
    found = parse(raw)
    assert found is None or found.clock >= -2000 * 366 * 86_400


@given(
    st.lists(
        st.binary(max_size=40)
        | st.sampled_from([b"Start-Date: 2026-03-01  12:00:00", b"End-Date: x", b"Commandline: \xff"])
    )
)
def test_any_lines_are_a_history(lines: list[bytes]) -> None:
    for entry in entries(lines):
        assert entry.command.encode().decode() == entry.command
