"""dpkg's order of versions: a table checked against dpkg itself, and the axioms of an order on any strings."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.apt.versions import compare, key

ASCENDING = (
    "0~~",
    "0~~a",
    "0~",
    "0",
    "0+a",
    "1~rc1-1",
    "1-0~bpo1",
    "1",
    "1-0.1",
    "1-1~deb12u1",
    "1-1",
    "1-1ubuntu1",
    "1-1+b1",
    "1-1+b2",
    "1-1+b10",
    "1-2",
    "1a",
    "1b",
    "1+",
    "1.",
    "1.0",
    "1.0a",
    "1.0+dfsg-1",
    "1.0.0",
    "1.2~~",
    "1.2~",
    "1.2~1",
    "1.2~a",
    "1.2",
    "1.2-1-1",
    "1.2.3",
    "1.10",
    "9.99999999999999999999999999",
    "9.100000000000000000000000000",
    "20240101",
    "1:0~1",
    "1:0",
    "1:2:3-1",
    "2:0.1",
    "10:0",
)
EQUAL = (("1", "1-0"), ("1", "01"), ("0:1", "1"), ("1.0", "1.00"), ("1.", "1.0"), ("1-", "1"), ("007:1", "7:1"))

TEXT = st.text(alphabet="01a9Z~+-.:b ", max_size=8) | st.text(max_size=6)


@pytest.mark.parametrize(("before", "after"), EQUAL)
def test_versions_that_differ_only_in_zeros_are_equal(before: str, after: str) -> None:
    assert compare(before, after) == 0 == compare(after, before)


def test_each_version_of_the_table_is_older_than_all_after_it() -> None:
    # "1." and "1.0" are equal: only one of the two is compared with the others.
    table = [version for version in ASCENDING if version != "1."]
    for position, before in enumerate(table):
        for after in table[position + 1 :]:
            assert compare(before, after) < 0, (before, after)
            assert compare(after, before) > 0, (after, before)


@pytest.mark.parametrize("pair", [*pairwise(ASCENDING), *(pair for pair in EQUAL if pair[0] != "1-")])
def test_dpkg_itself_gives_the_same_answer(pair: tuple[str, str]) -> None:
    if shutil.which("dpkg") is None:
        pytest.skip("needs dpkg")
    operator = {-1: "lt", 0: "eq", 1: "gt"}[compare(*pair)]
    done = subprocess.run(["dpkg", "--compare-versions", pair[0], operator, pair[1]], check=False)
    assert done.returncode == 0, (pair, operator)


def test_numbers_longer_than_an_int_may_be_are_compared() -> None:
    assert compare("1" * 10_000, "1" * 9_999 + "2") < 0


@given(TEXT, TEXT)
def test_swapping_two_versions_turns_the_answer_around(one: str, other: str) -> None:
    assert compare(one, other) == -compare(other, one)


@given(TEXT, TEXT, TEXT)
def test_the_order_is_transitive(first: str, second: str, third: str) -> None:
    if compare(first, second) <= 0 and compare(second, third) <= 0:
        assert compare(first, third) <= 0


@given(TEXT)
def test_every_version_equals_itself_and_is_newer_with_a_letter_and_older_with_a_tilde(version: str) -> None:
    assert compare(version, version) == 0
    assert compare(version, version + "a") < 0
    assert compare(version + "~", version) < 0


def _naive(part: str) -> list[tuple[list[int], int]]:
    """Returns the runs of a part, character for character, as deb-version(7) says."""
    found: list[tuple[list[int], int]] = []
    rest = part
    while rest or not found:
        run = ""
        while rest and rest[0] not in "0123456789":
            run, rest = run + rest[0], rest[1:]
        digits = "0"
        while rest and rest[0] in "0123456789":
            digits, rest = digits + rest[0], rest[1:]
        letters = [-1 if one == "~" else ord(one) + 256 * (not (one.isascii() and one.isalpha())) for one in run]
        found.append(([*letters, 0], int(digits)))
    return [*found, ([0], 0)]


@given(TEXT | st.text(alphabet="1٣²½a\n-", max_size=6))
def test_a_key_has_every_run_of_a_version(version: str) -> None:
    _, upstream, revision = key(version)
    epoch, colon, rest = version.partition(":")
    whole = rest if colon and not set(epoch) - set("0123456789") else version
    parts = whole.rsplit("-", 1) if "-" in whole else [whole, ""]
    for found, part in zip((upstream, revision), parts, strict=True):
        assert [(list(run), int(number[1] or "0")) for run, number in found] == _naive(part)
