"""rpm's order of versions: compared with rpm itself, and the axioms of an order on any strings."""

from __future__ import annotations

import shutil
import subprocess
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortexrepo.ecosystems.rpm.versions import compare, condition

ASCENDING = (
    "~", "0", "0.9", "1~~", "1~rc1", "1~rc1^git1", "1~rc2", "1", "1^", "1^git1", "1^git2", "1a", "1ab", "1.b", "1.0",
    "1.0.1", "1.2", "1.10", "1.18446744073709551616", "1.18446744073709551617", "2", "10",
)  # fmt: skip
EQUAL = (("1.0", "1_0"), ("1.0", "1..00"), ("1.", "1"), ("1.01", "1.1"), ("0:1-1", "1-1"), ("1+", "1"), ("é", ""))
WHOLE = ("1", "1-1~rc1", "1-1", "1-1^", "1-1.fc40", "1-2", "1-10", "1.1-1", "1:0", "1:0-1", "2:0", "10:0")
PART = st.text(alphabet="01a9Z~^+._ é", min_size=1, max_size=8)
TEXT = st.text(alphabet="01a9Z~^+.-:", max_size=8) | st.text(max_size=6)


def rpm(pairs: list[tuple[str, str]]) -> list[int]:
    if shutil.which("rpm") is None:
        pytest.skip("needs rpm")
    lines = "".join(f'print(rpm.vercmp("{one}", "{other}").." ");' for one, other in pairs)
    done = subprocess.run(["rpm", "--eval", f"%{{lua:{lines}}}"], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


@pytest.mark.parametrize("table", [ASCENDING, WHOLE])
def test_each_version_of_the_table_is_older_than_all_after_it(table: tuple[str, ...]) -> None:
    for (place, one), (other_place, other) in product(enumerate(table), repeat=2):
        assert compare(one, other) == (place > other_place) - (place < other_place), (one, other)


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_versions_that_differ_only_in_what_separates_are_equal(one: str, other: str) -> None:
    assert compare(one, other) == 0 == compare(other, one)


def test_rpm_itself_orders_the_table_so() -> None:
    pairs = [(one, other) for one in ASCENDING for other in ASCENDING]
    assert rpm(pairs) == [compare(*pair) for pair in pairs]


@given(st.lists(st.tuples(PART, PART), min_size=1, max_size=40))
@settings(max_examples=25, deadline=None)
def test_rpm_itself_gives_the_same_answer_for_any_versions(pairs: list[tuple[str, str]]) -> None:
    assert rpm(pairs) == [compare(*pair) for pair in pairs]


def test_numbers_longer_than_an_int_may_be_are_compared() -> None:
    assert compare("1" * 10_000, "1" * 9_999 + "2") < 0


@given(TEXT, TEXT, TEXT)
def test_any_strings_have_an_order_that_turns_around_and_is_transitive(one: str, two: str, three: str) -> None:
    assert compare(one, one) == 0
    assert compare(one, two) == -compare(two, one)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


@pytest.mark.parametrize(
    ("operator", "wanted", "found", "meets"),
    [
        ("==", "1.2", "1.2-3.fc40", True),
        ("==", "1.2-3", "1.2-3.fc40", False),
        ("<=", "1.2", "1.2-9", True),
        ("<", "1.2", "1.2~rc1-1", True),
        ("<", "1.2", "1:0.1-1", False),
        ("!=", "1.2", "1.2-1", False),
        (">", "1.2", "1.2^git1-1", True),
        (">=", "2:0", "1:9-9", False),
    ],
)
def test_a_condition_without_a_release_means_every_release(
    operator: str, wanted: str, found: str, *, meets: bool
) -> None:
    test = condition(operator, wanted)
    assert test is not None
    assert test(found) is meets


def test_a_compatible_release_is_no_condition_of_rpm() -> None:
    assert condition("~=", "1.2") is None
