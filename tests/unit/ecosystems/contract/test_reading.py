from __future__ import annotations

from cortexrepo.ecosystems.contract.reading import as_error


def test_problems_are_one_line_that_counts_those_it_leaves_out() -> None:
    assert as_error([]) == ""
    assert as_error(["a", "b"]) == "a; b"
    assert as_error(["a", "b", "c", "d", "e"]) == "a; b; c; and 2 more"
