"""The order of npm's versions."""

from __future__ import annotations

import functools
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.npm.versions import compare

ASCENDING = (
    # https://semver.org, items 11.2 to 11.4, with what surrounds them.
    "0.0.0-0",
    "0.0.0",
    "0.9.10",
    "0.10.0",
    "1.0.0-0",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0--",
    "1.0.0-0a",
    "1.0.0-Beta",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "2.0.0",
    "2.1.0",
    "2.1.1",
    "2.1." + "9" * 5000,
)
PART = st.one_of(st.integers(0, 12).map(str), st.sampled_from(["a", "B", "-", "0a", "rc", "", "01", "é", "٣"]))
CORE = st.tuples(st.integers(0, 2), st.integers(0, 11), st.integers(0, 2)).map("{0[0]}.{0[1]}.{0[2]}".format)
WORD = st.lists(PART, min_size=1, max_size=3).map(".".join)
VERSIONS = st.one_of(
    CORE,
    st.builds("{}-{}".format, CORE, WORD),
    st.builds("{}-{}+{}".format, CORE, WORD, WORD),
    st.builds("{}{}".format, st.sampled_from(["v", "=", " =v", ""]), CORE),
    st.text(st.characters(), max_size=6),
)


@pytest.mark.parametrize(("older", "newer"), list(itertools.combinations(ASCENDING, 2)))
def test_an_earlier_row_of_the_table_is_older_than_a_later_one(older: str, newer: str) -> None:
    assert compare(older, newer) < 0
    assert compare(newer, older) > 0


@pytest.mark.parametrize("same", ["1.2.3", "v1.2.3", "=1.2.3", "= v1.2.3", "1.2.3+build", "1.2.3+build.01.-"])
def test_build_metadata_and_a_leading_letter_do_not_count(same: str) -> None:
    assert compare(same, "1.2.3") == 0


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3+a_b", "٣.0.0",
     "1.0.0-é", "latest", "\ud800"],
)  # fmt: skip
def test_what_is_no_semantic_version_is_older_than_all_that_are(text: str) -> None:
    assert compare(text, "0.0.0-0") < 0
    assert compare("0.0.0-0", text) > 0
    assert compare(text, text) == 0


def test_what_is_no_semantic_version_is_ordered_by_its_text() -> None:
    assert compare("latest", "newest") < 0
    assert compare("", "latest") < 0


@given(VERSIONS, VERSIONS)
def test_turning_the_question_round_turns_the_answer_round(first: str, second: str) -> None:
    assert compare(first, second) == -compare(second, first)
    assert compare(first, first) == 0


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_transitive(first: str, second: str, third: str) -> None:
    low, middle, high = sorted([first, second, third], key=functools.cmp_to_key(compare))

    assert compare(low, middle) <= 0
    assert compare(middle, high) <= 0
    assert compare(low, high) <= 0
    if compare(low, high) == 0:
        assert compare(low, middle) == 0
