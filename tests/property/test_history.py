"""Laws of the past: what is told of it adds up to what was recorded."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from support.repositories.pasts import World

from cortexrepo.codec.objects import content, encode
from cortexrepo.ecosystems.registry import names
from cortexrepo.errors import RequestError
from cortexrepo.history import changes
from cortexrepo.history.changes import newest_first, replay
from cortexrepo.history.expression import parse
from cortexrepo.history.packages import EveryPackage, PackagesOf
from cortexrepo.history.past import Where
from cortexrepo.history.rows import Rows
from cortexrepo.history.search import spans_of
from cortexrepo.history.sightings import sightings, sightings_in
from cortexrepo.history.subject import parse as subject
from cortexrepo.history.unlooked import NOBODY, NOT_RECORDED, gaps
from cortexrepo.model.diff import ADDED, REMOVED
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL
from cortexrepo.repository.refs.history import State, stays_of

if TYPE_CHECKING:
    from cortexrepo.model.diff import Change
    from cortexrepo.model.looked import Covers
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot

    Draw = tuple[str, dict[str, tuple[str, list[Package]]], str | None]

MACHINES = "a" * 32, "a" * 31 + "b"
packages = st.builds(
    Package, st.sampled_from("abc"), st.just(""), st.sampled_from("123"), st.integers(0, 1), st.just(())
)


def draws(*statuses: str) -> st.SearchStrategy[list[Draw]]:
    """States: a machine, what it has in which environments, and what it says of the ecosystem as a whole."""
    slots = st.tuples(st.sampled_from(statuses), st.lists(packages, max_size=4))
    places = st.dictionaries(st.sampled_from(["/v", "/w"]), slots)
    whole = st.sampled_from([None, ABSENT, *({FAILED, PARTIAL} & set(statuses))])
    return st.lists(st.tuples(st.sampled_from(MACHINES), places, whole), max_size=12)


def world_of(drawn: list[Draw]) -> World:
    world = World()
    for machine, places, whole in drawn:
        slots = [
            world.slot(None if status == FAILED else rows, place=place, status=status)
            for place, (status, rows) in places.items()
        ]
        slots += [world.slot(None, place="", status=whole)] if whole is not None else []
        world.add(*slots, machine=machine)
    return world


def rows_of(world: World, slot: Slot) -> set[Package]:
    assert slot.object is not None
    return set(Rows(world.content).read(slot.ecosystem, slot.object) or ())


def applied(before: set[Package], found: list[Change]) -> set[Package]:
    gone = {change.before for change in found if change.before is not None}
    assert gone <= before
    return (before - gone) | {change.after for change in found if change.after is not None}


@given(draws(OK))
def test_the_changes_told_lead_from_the_first_state_known_to_the_last(drawn: list[Draw]) -> None:
    world = world_of(drawn)
    told: dict[tuple[str, str], list[list[Change]]] = {}
    for name, found in newest_first(sightings(world.states()), EveryPackage(Rows(world.content))):
        for place in {change.environment for change in found}:
            mine = [change for change in found if change.environment == place]
            told.setdefault((name.machine, place), []).insert(0, mine)
    for machine in MACHINES:
        states = [state for state in reversed(world.states()) if state.name.machine == machine]
        recorded = [state for state in states if state.slots]
        for place in ("/v", "/w"):
            sides = [
                next((rows_of(world, slot) for slot in state.slots if slot.environment == place), set())
                for state in recorded
            ]
            there = sides[0] if sides else set()
            for each in told.get((machine, place), []):
                there = applied(there, each)
            assert there == (sides[-1] if sides else set())


@given(draws(OK, FAILED, PARTIAL, ABSENT))
def test_what_is_known_grows_only_by_what_was_seen_and_shrinks_only_where_all_was(drawn: list[Draw]) -> None:
    world = world_of([(one, {p: (s, r) for p, (s, r) in places.items() if s != ABSENT}, w) for one, places, w in drawn])
    steps = list(replay(sightings(world.states()), EveryPackage(Rows(world.content))))
    for key in {step.sighting.key for step in steps}:
        mine = [step for step in steps if step.sighting.key == key]
        assert mine[0].changes == ()
        for before, after in pairwise(mine):
            held = applied(set(before.held.rows), list(after.changes))
            known = set(after.held.rows)
            assert set(after.seen) <= known
            if after.sighting.complete:
                assert known == set(after.seen)
            else:
                assert not [change for change in after.changes if change.kind == REMOVED]
            if before.held.complete:
                assert held == known
            else:
                assert held <= known
                assert not [change for change in after.changes if change.kind == ADDED]


@given(draws(OK, FAILED, PARTIAL), st.integers(1, 4))
def test_from_the_newest_on_the_same_is_told_as_from_the_oldest(drawn: list[Draw], block: int) -> None:
    world = world_of(drawn)
    found = sightings(world.states())
    read = EveryPackage(Rows(world.content))
    forward: dict[str, list[Change]] = {}
    for step in replay(found, read):
        if step.changes:
            forward.setdefault(step.sighting.first, []).extend(step.changes)
    with mock.patch.object(changes, "_BLOCK", block), mock.patch.object(changes, "_LARGEST", block + 1):
        backward = [(str(name), list(each)) for name, each in newest_first(found, read)]
    assert backward == [(str(name), each) for name, each in reversed(forward.items())]


@given(draws(OK, FAILED, PARTIAL))
def test_every_slot_that_was_read_is_in_one_sighting(drawn: list[Draw]) -> None:
    world = world_of(drawn)
    found = sightings(world.states())
    slots = [slot for state in world.states() for slot in state.slots if slot.object is not None]
    assert sum(one.snapshots for one in found if one.object is not None) == len(slots)
    copies = tuple(State(state.name, tuple(copy for copy in state.slots)) for state in world.states())
    assert sightings(copies) == found


@given(draws(OK, PARTIAL), st.lists(st.sets(st.sampled_from(["/v", "/w"])), min_size=12, max_size=12))
def test_an_environment_is_known_not_to_be_there_only_where_its_place_was_looked_at(
    drawn: list[Draw], looked: list[set[str]]
) -> None:
    world = world_of(drawn)
    states = {state.name: state for state in world.states()}
    places = dict(zip(reversed(world.states()), looked, strict=False))

    def looks(name: RefName) -> Covers:
        return lambda _, environment, __: environment in places[states[name]]

    stays = stays_of(world.states())
    found = sightings_in(stays, looks)
    for one in found:
        slots = {slot.environment for slot in states[one.first].slots}
        assert one.object is not None or (one.environment in places[states[one.first]] - slots)
    seen = [slot for state in world.states() for slot in state.slots if slot.object is not None]
    assert sum(one.snapshots for one in found if one.object is not None) == len(seen)


@given(draws(OK, FAILED, PARTIAL), st.sampled_from([None, "/v"]))
def test_a_gap_is_where_a_snapshot_says_nothing_sure_and_nowhere_else(drawn: list[Draw], asked: str | None) -> None:
    world = world_of(drawn)
    stays = stays_of(world.states())
    found = sightings(world.states())
    told = list(gaps(stays, found, frozenset(["pip"]), Where(environment=asked)))
    for state in world.states():
        own = state.name.machine
        here = {
            (gap.environment, gap.reason)
            for gap in told
            if gap.first.machine == own and gap.first <= state.name <= gap.last
        }
        slots = {slot.environment: slot for slot in state.slots}
        bad = [slot for slot in state.slots if slot.status in {FAILED, PARTIAL}]
        unsure = {(slot.environment, slot.error or slot.status) for slot in bad}
        assert {one for one in unsure if asked is None or one[0] in {"", asked}} <= here
        assert ("", NOT_RECORDED) in here if not slots else ("", NOT_RECORDED) not in here
        if all(slot.status in {OK, ABSENT} for slot in slots.values()) and slots:
            assert {reason for _, reason in here} <= {NOBODY}
        assert not {place for place, reason in here if reason == NOBODY} & slots.keys()


@given(draws(OK, FAILED, PARTIAL))
def test_the_spans_of_a_package_are_where_it_was_seen(drawn: list[Draw]) -> None:
    world = world_of(drawn)
    found = spans_of(sightings(world.states()), PackagesOf(Rows(world.content), subject("a")), lambda _: lambda _: True)
    seen = [
        (state.name.machine, slot.environment, version, state.name.created_at)
        for state in world.states()
        for slot in state.slots
        if slot.object is not None
        for version in {package.version for package in rows_of(world, slot) if package.name == "a"}
    ]
    for machine, place, version, at in seen:
        spans = [
            span
            for span in found
            if (span.sighting.machine, span.sighting.environment, span.row.version) == (machine, place, version)
            and span.first.created_at <= at <= span.last.created_at
        ]
        assert len(spans) == 1
    assert sum(span.snapshots for span in found) == len(seen)
    assert all(span.until is None or span.until.created_at > span.last.created_at for span in found)


texts = st.text(st.sampled_from("ab\u0415\u4e95\u2561\U0001f555\U0001f561\x15 \x7f\u0095"), max_size=40)
strange = st.builds(
    Package,
    texts.filter(bool),
    texts,
    texts,
    st.integers(0, 1 << 17),
    st.dictionaries(texts, texts, max_size=7).map(lambda found: tuple(sorted(found.items()))),
)
manifests = st.lists(strange | packages, max_size=8).map(lambda rows: Manifest.of("system", rows))


@given(st.lists(manifests, max_size=4))
def test_rows_are_read_as_they_were_written_whatever_bytes_are_in_them(found: list[Manifest]) -> None:
    encoded = {encode(manifest).id: (manifest, content(encode(manifest).frame)) for manifest in found}
    rows = Rows(lambda identity: encoded[identity][1])
    for identity, (manifest, _) in encoded.items():
        assert rows.read("system", identity) == manifest.packages
    assert rows.damaged == {}


@given(st.lists(manifests, max_size=5), st.sampled_from(["a", "b", "[ab]", "c:x", "\u0415"]))
def test_the_rows_of_a_package_are_those_of_its_name(found: list[Manifest], name: str) -> None:
    world = World()
    for manifest in found:
        world.add(world.slot(manifest.packages, "apt" if ":" in name else "npm"))
    asked = subject(name)
    read = PackagesOf(Rows(world.content), asked)
    for sighting in sightings(world.states()):
        meant = asked.meant(sighting.ecosystem)
        assert meant is not None
        every = EveryPackage(Rows(world.content))(sighting)
        assert every is not None
        assert read(sighting) == tuple(filter(meant, every))


alike = st.builds(
    Package,
    st.sampled_from(["0", "a", "ab", "b"]),
    st.sampled_from(["", "x", "y"]),
    st.sampled_from(["1", "2"]),
    st.just(0),
    st.just(()),
)


@given(
    st.lists(alike | strange, max_size=9),
    st.lists(st.tuples(st.integers(0, 8), st.none() | alike | strange), max_size=9),
    st.sampled_from(["a", "b", "\u0415"]),
)
def test_the_rows_of_a_package_are_found_again_whatever_changes_around_them(
    first: list[Package], changes: list[tuple[int, Package | None]], name: str
) -> None:
    """Each manifest is the one before with one row more, less, or another: most have the same neighbours."""
    asked, rows = subject(name), list(first)
    meant = asked.meant("npm")
    assert meant is not None
    world, expected = World(), {}
    for place, row in [(len(rows), None), *changes]:
        rows[place : place + (row is None)] = [] if row is None else [row]
        manifest = Manifest.of("npm", dict.fromkeys(rows))
        slot = world.slot(manifest.packages, "npm")
        expected[slot.object] = tuple(filter(meant, manifest.packages))
        world.add(slot)
    read = PackagesOf(Rows(world.content), asked)
    found = sightings(world.states())
    read.ahead(found)
    assert [read(one) for one in found] == [expected[one.object] for one in found]


@given(st.text(max_size=60) | st.from_regex(r"(pip:|apt:)?@?[a-z*/]{0,5} ?([<>=!~]{1,2}[0-9a-z.:+-]{0,6},?){0,3}"))
def test_any_text_is_an_expression_or_a_request_error(text: str) -> None:
    try:
        found = parse(text, names())
    except RequestError as error:
        assert "\n" not in str(error)  # noqa: PT017 -- any other exception is the failure
        return
    for ecosystem in names():
        test = found.test(ecosystem)
        assert test is None or test("1.0") in {True, False}
