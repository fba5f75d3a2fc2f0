"""Laws of the model: differences, the order of names, and text that people type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.codec import identity
from cortexrepo.errors import RevisionError
from cortexrepo.model import refname, revision, when
from cortexrepo.model.diff import ADDED, CHANGED, DOWNGRADED, REMOVED, UPGRADED, Diff, diff
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL
from cortexrepo.repository.refs import order

if TYPE_CHECKING:
    from collections.abc import Iterable

OPPOSITE = {ADDED: REMOVED, REMOVED: ADDED, UPGRADED: DOWNGRADED, DOWNGRADED: UPGRADED, CHANGED: CHANGED}
NOW = 1767225600000
words = st.sampled_from(["a", "b", "c"])
packages = st.builds(
    Package, words, st.sampled_from(["", "amd64", "i386"]), st.sampled_from(["1", "2", "3"]), st.integers(0, 3)
)
manifests = st.builds(Manifest.of, st.just("pip"), st.lists(packages, max_size=4))
sides = st.dictionaries(st.sampled_from(["/a", "/b", "/c"]), manifests, min_size=1)
MACHINES = "0" * 32, "0" * 31 + "1", "1" * 32
"""Two of them have all digits in common except the last."""
keys = st.binary(min_size=16, max_size=16).map(lambda found: int.from_bytes(found, "big"))
sequences = st.integers(0, refname.HIGHEST) | st.sampled_from([0, refname.HIGHEST])
times = st.integers(0, refname.END - 1) | st.sampled_from([0, refname.END - 1])
names = st.builds(
    refname.make,
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 44) - 1),
    st.sampled_from(MACHINES),
    st.binary(min_size=16, max_size=16).map(lambda found: SnapshotId(found.hex())),
)


def newest_first(found: Iterable[refname.RefName]) -> list[refname.RefName]:
    return list(order.newest_first(order.streams(found)))


def _compare(_ecosystem: str, before: str, after: str) -> int:
    return (before > after) - (before < after)


def _readings(side: dict[str, Manifest], status: str = OK) -> list[Reading]:
    return [Reading("pip", place, status, manifest) for place, manifest in side.items()]


def _rows(side: dict[str, Manifest]) -> set[tuple[str, Package]]:
    return {(place, package) for place, manifest in side.items() for package in manifest.packages}


def _apply(before: set[tuple[str, Package]], found: Diff) -> set[tuple[str, Package]]:
    gone = {(change.environment, change.before) for change in found.changes if change.before}
    come = {(change.environment, change.after) for change in found.changes if change.after}
    assert gone <= before
    return (before - gone) | come


@given(sides, sides)
def test_the_changes_applied_to_one_side_give_the_other(
    before: dict[str, Manifest], after: dict[str, Manifest]
) -> None:
    found = diff(_readings(before), _readings(after), _compare)
    assert found.unknown == ()
    assert _apply(_rows(before), found) == _rows(after)


@given(sides)
def test_nothing_changes_between_equals(side: dict[str, Manifest]) -> None:
    assert diff(_readings(side), _readings(side), _compare) == Diff((), ())


@given(sides, sides)
def test_the_way_back_is_the_opposite(before: dict[str, Manifest], after: dict[str, Manifest]) -> None:
    there = diff(_readings(before), _readings(after), _compare).changes
    back = diff(_readings(after), _readings(before), _compare).changes
    turned = [change._replace(kind=OPPOSITE[change.kind], before=change.after, after=change.before) for change in back]
    assert sorted(map(repr, turned)) == sorted(map(repr, there))


@given(sides, sides, st.booleans())
def test_what_failed_is_unknown_and_never_a_change(
    before: dict[str, Manifest],
    after: dict[str, Manifest],
    first: bool,  # noqa: FBT001 -- drawn
) -> None:
    known, lost = (after, before) if first else (before, after)
    failed = [Reading("pip", place, FAILED, None, "broken") for place in lost]
    pair = (failed, _readings(known)) if first else (_readings(known), failed)
    found = diff(*pair, _compare)
    assert not [change for change in found.changes if change.environment in lost]
    assert {unknown.environment for unknown in found.unknown} >= set(lost)


@given(sides, sides)
def test_an_ecosystem_that_failed_as_a_whole_yields_no_change(
    before: dict[str, Manifest], after: dict[str, Manifest]
) -> None:
    whole = [Reading("pip", "", FAILED, None, "broken")]
    for found in (diff(whole, _readings(after), _compare), diff(_readings(before), whole, _compare)):
        assert found.changes == ()
        assert found.unknown


@given(sides, sides)
def test_what_was_read_in_part_adds_and_removes_nothing_uncertain(
    before: dict[str, Manifest], after: dict[str, Manifest]
) -> None:
    earlier = diff(_readings(before, PARTIAL), _readings(after), _compare)
    assert not [change for change in earlier.changes if change.kind == ADDED and change.environment in before]
    later = diff(_readings(before), _readings(after, PARTIAL), _compare)
    assert not [change for change in later.changes if change.kind == REMOVED and change.environment in after]


@given(names)
def test_a_ref_name_is_read_back(name: refname.RefName) -> None:
    assert refname.parse(str(name)) == name


@given(keys, sequences, times)
def test_an_id_says_of_which_number_and_moment_it_is_to_whom_knows_its_key(
    key: int, sequence: int, moment: int
) -> None:
    assert refname.parts_of(key, refname.identity(key, sequence, moment)) == (sequence, moment)


@given(keys, st.binary(min_size=16, max_size=16).map(lambda found: SnapshotId(found.hex())))
def test_any_id_is_that_of_its_parts_or_has_none(key: int, own: SnapshotId) -> None:
    parts = refname.parts_of(key, own)
    assert parts is None or (parts[1] < refname.END and refname.identity(key, *parts) == own)


@given(keys, st.lists(st.tuples(sequences, times), max_size=8, unique=True))
def test_ids_of_one_key_are_different_and_made_together_as_one_by_one(key: int, parts: list[tuple[int, int]]) -> None:
    ids = [refname.identity(key, *each) for each in parts]
    assert len(set(ids)) == len(parts)
    numbers, moments = [sequence for sequence, _ in parts], [moment for _, moment in parts]
    made = refname.made(MACHINES[1], key, numbers, moments)
    assert made == [refname.make(*each, MACHINES[1], own) for each, own in zip(parts, ids, strict=True)]
    assert all(refname.parse(name) == name for name in made)
    assert refname.beginnings(key, numbers, moments, 12) == [own[:12] for own in ids]


@given(
    st.lists(st.tuples(st.sampled_from(MACHINES), st.sampled_from(MACHINES), sequences, times), max_size=8, unique=True)
)
def test_ids_are_different_where_one_of_the_four_parts_is(parts: list[tuple[str, str, int, int]]) -> None:
    made = {identity.make(*each): each for each in parts}
    assert len(made) == len(parts)
    for own, (origin, machine, sequence, moment) in made.items():
        assert refname.parts_of(identity.key(origin, machine), own) == (sequence, moment)


@given(names)
def test_the_number_in_a_name_is_found_in_its_beginning_too(name: refname.RefName) -> None:
    assert refname.number_of(name) == refname.number_of(name[:41]) == name.sequence
    assert refname.number_of(name[:40]) == refname.number_of("pin") == 0


@given(st.text(max_size=90) | st.from_regex(r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{11}-[0-9a-fA-F-]{31,33}"))
def test_any_text_is_a_ref_name_or_none(text: str) -> None:
    found = refname.parse(text)
    assert found is None or str(found) == text


@given(st.lists(names, max_size=8, unique=True), st.randoms())
def test_the_order_of_names_is_one_and_follows_the_sequence(found: list[refname.RefName], random: object) -> None:
    ordered = newest_first(found)
    assert sorted(ordered) == sorted(found)
    assert newest_first(reversed(found)) == ordered
    for machine in {name.machine for name in found}:
        # What was not recorded when it was stands by its time: see test_placing.
        mine = [name.sequence for name in ordered if name.machine == machine and refname.is_numbered(name)]
        assert mine == sorted(mine, reverse=True)


@given(st.lists(names, max_size=8, unique=True), st.integers(1, 4))
def test_the_last_names_of_a_machine_have_its_highest_sequences(found: list[refname.RefName], count: int) -> None:
    for machine in {name.machine for name in found}:
        mine = sorted((name for name in found if name.machine == machine), reverse=True)
        texts = [*map(str, found), "README", machine, f"{machine}-{'f' * 8}-"]
        assert refname.last_of(machine, texts, count) == mine[:count]


@given(st.text(max_size=200) | st.from_regex(r"[a-z0-9@{}~.\- :]{0,20}"))
def test_any_text_is_a_revision_or_a_revision_error(text: str) -> None:
    try:
        parsed = revision.parse(text)
    except RevisionError:
        return
    assert revision.is_word(parsed.base) or parsed.base.isprintable()
    assert parsed.back >= 0


moments = (
    st.from_regex(r"[0-9]{1,5000} (second|day|month|year)s? ago")
    | st.from_regex(r"(last )?[a-z]{3,9}")
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:+.Z]{1,14})?")
)


@given(st.text(max_size=60) | moments, st.booleans())
def test_any_text_is_a_moment_or_a_revision_error(text: str, end: bool) -> None:  # noqa: FBT001 -- drawn
    try:
        assert when.parse_when(text, NOW, end_of_day=end) >= 0
    except RevisionError:
        return


def test_a_number_of_thousands_of_digits_is_no_moment() -> None:
    try:
        when.parse_when("9" * 5000 + " days ago", NOW)
    except RevisionError as error:
        assert len(str(error)) < 200  # noqa: PT017 -- any other exception is the failure
