"""Any text can be found on a machine: orders, conditions and readers of what people type answer it, and never raise."""

from __future__ import annotations

from contextlib import suppress
from functools import cmp_to_key
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortexrepo.ecosystems import registry
from cortexrepo.errors import CortexError
from cortexrepo.formats.text.escape import escape, storable
from cortexrepo.history import subject
from cortexrepo.model import meant, revision, size, when

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "~=")
MANY = "9" * 5000
"""A number of more digits than int() takes."""
VERSION_LIKE = (
    "", " ", "\0", "\n", "\x1b[2J", "\u202e1", "\ud800", "\udcff", "\U000e0041", "\ufeff1", "\u00e9", "\u0661",
    "\u00b2", "\uff11", MANY, f"1.{MANY}", f"{MANY}!1", f"1.0rc{MANY}", f"1.0+{MANY}", f"1.0.post{MANY}",
    f"1.0.0-{MANY}",
    f"{MANY}:1", f"1-{MANY}", f"v{MANY}.0.0", "1.0", "1.0.*", "*", "~", "==1", "1,2", "1;2", "1 2", "-1", "1:2:3",
    "1.0+a.b",
)  # fmt: skip
TYPED = (
    "1.0.*", "~=", "[" * 5000, "9999-12-31", "9999-12-31 23:59", "0001-01-01 00:00", "0001-01-01", "10000-01-01",
    "2026-02-30", "@{9999-12-31}", "@{0001-01-01 00:00}", f"latest~{MANY}", f"{MANY} days ago", "999999 years ago",
    f"{MANY}d", f"{MANY}K", "1e400", "nan", "inf", "0x10", "1_000", "1_000d", "\u00b2d", "\u00b2K", "latest~\u00b2",
    "\u00b2 days ago", "2026-01-01 00:00+99:99", "2026-W53-7", "2026-01-01T00:00:00.9999999999+23:59", "last", "last ",
    "9999-12-31 23:59-23:59", "0001-01-01 00:00+23:59",
)  # fmt: skip
HOSTILE = VERSION_LIKE + TYPED
VERSIONS = st.sampled_from(HOSTILE) | st.text(max_size=12) | st.from_regex(r"[0-9.:~+\-!a-z*]{0,12}", fullmatch=True)
ORDERED = registry.able(registry.VERSIONS)


@pytest.mark.parametrize("ecosystem", ORDERED)
@given(st.lists(VERSIONS, min_size=3, max_size=5))
def test_every_order_is_total_over_any_text(ecosystem: str, versions: list[str]) -> None:
    def compare(before: str, after: str) -> int:
        order = registry.compare(ecosystem, before, after)
        return (order > 0) - (order < 0)

    for one in versions:
        assert compare(one, one) == 0
        assert all(compare(one, other) == -compare(other, one) for other in versions)
    ordered = sorted(versions, key=cmp_to_key(compare))
    assert all(compare(one, other) <= 0 for one, other in pairwise(ordered))
    assert compare(ordered[0], ordered[-1]) <= 0


@pytest.mark.parametrize("ecosystem", ORDERED)
@given(st.sampled_from(OPERATORS), VERSIONS, st.lists(VERSIONS, max_size=3))
def test_every_condition_answers_for_any_text(ecosystem: str, operator: str, version: str, found: list[str]) -> None:
    facet = registry.versions(ecosystem)
    assert facet is not None
    test = facet.condition(operator, version)
    assert all(test is None or test(one) in {True, False} for one in found)


def test_every_pair_of_hostile_versions_is_ordered_and_answered() -> None:
    for ecosystem in ORDERED:
        facet = registry.versions(ecosystem)
        assert facet is not None
        for one in VERSION_LIKE:
            assert facet.compare(one, one) == 0
            for other in VERSION_LIKE:
                assert (facet.compare(one, other) > 0) == (facet.compare(other, one) < 0)
            for operator in OPERATORS:
                test = facet.condition(operator, one)
                assert test is None or {test(other) for other in VERSION_LIKE} <= {True, False}


def _typed(text: str) -> None:
    """Reads a text as everything that a person can type; raises what that may raise."""
    for read in (
        revision.parse,
        revision.split_range,
        lambda word: when.parse_length(word, 1_700_000_000_000),
        lambda word: meant.meant(word, 1_700_000_000_000),
        size.parse_size,
        subject.parse,
        lambda word: when.parse_when(word, 1_700_000_000_000),
        lambda word: when.parse_when(word, 1_700_000_000_000, end_of_day=False),
    ):
        with suppress(CortexError):
            read(text)


@settings(max_examples=300)
@given(VERSIONS)
def test_what_a_person_types_is_taken_or_refused(text: str) -> None:
    _typed(text)


def test_what_a_hostile_person_types_is_taken_or_refused() -> None:
    for text in HOSTILE:
        for around in ("{}", "@{{{}}}", "a<{}", "a=={}", "apt:{}", "{}..{}", "{}~1", "{} ago", "last {}", "a@{}"):
            _typed(around.format(text, text))


@given(st.text(st.characters(), max_size=30))
def test_what_is_shown_has_nothing_that_a_terminal_acts_on(text: str) -> None:
    shown = escape(text)
    assert not any(ord(one) < 32 or 0x7F <= ord(one) < 0xA0 or one in "\u202e\u2066\u200b\ufeff" for one in shown)
    assert storable(shown).encode() == shown.encode()
