from __future__ import annotations

from cortexrepo.ecosystems.contract.reading import UNLOOKED_PLACES, as_error, unlooked_places


def test_problems_are_one_line_that_counts_those_it_leaves_out() -> None:
    assert as_error([]) == ""
    assert as_error(["a", "b"]) == "a; b"
    assert as_error(["a", "b", "c", "d", "e"]) == "a; b; c; and 2 more"


def test_places_beyond_the_limit_are_counted_by_the_last_one() -> None:
    places = {f"/home/a/{number}": "denied" for number in range(UNLOOKED_PLACES + 7)}
    whole = unlooked_places("/home/a", dict(list(places.items())[:UNLOOKED_PLACES]))
    assert [one.error for one in whole] == ["denied"] * UNLOOKED_PLACES
    cut = unlooked_places("/home/a", places)
    assert len(cut) == UNLOOKED_PLACES
    assert [one.error for one in cut[-2:]] == ["denied", "8 further places were not looked at"]
