"""Several texts as one."""

from __future__ import annotations

import pytest

from cortexrepo.model.enumeration import names, reasons


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        (["a", "b", "c"], "a, b and 1 more"),
        (list("abcde"), "a, b and 3 more"),
    ],
)
def test_names_beyond_the_first_are_only_counted(found: list[str], text: str) -> None:
    assert names(found, 2) == text


def test_names_are_shown_as_asked() -> None:
    assert names(["abc", "def", "ghi"], 2, lambda one: one[:1]) == "a, d and 1 more"


@pytest.mark.parametrize(("found", "text"), [([], ""), (["a", "b"], "a; b"), (["a", "b", "c"], "a; b; and 1 more")])
def test_reasons_beyond_the_first_are_only_counted(found: list[str], text: str) -> None:
    assert reasons(found, 2) == text
