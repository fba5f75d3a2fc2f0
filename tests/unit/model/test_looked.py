"""Which environments a look would have shown, by the places that it looked at."""

from __future__ import annotations

import pytest

from cortexrepo.model.facts import Fact, facts_between
from cortexrepo.model.inventory import Reading
from cortexrepo.model.looked import LIMIT, Looked, Place, coverage, is_exact
from cortexrepo.model.package import Manifest
from cortexrepo.model.snapshot import OK

LOOK = Looked(
    "pip",
    ("/data/bob", "/home/ada"),
    (
        Place("/opt/*", ("venv",)),
        Place("/opt/node*"),
        Place("~/*/.venv", ("venv",)),
        Place("/mnt/one"),
        Place("~/libs"),
    ),
)
COVERED = (
    ("/opt/app", "venv"), ("/opt/node-20", "anything"), ("/home/ada/work/.venv", "venv"), ("/mnt/one", ""),
    ("/data/bob/libs", "target"),
)  # fmt: skip
NOT = (
    ("/opt/app", "prefix"), ("/opt/.app", "venv"), ("/opt/@app", "venv"), ("/opt/a/b", "venv"), ("/opt", "venv"),
    ("/home/eve/work/.venv", "venv"), ("/home/ada/.work/.venv", "venv"), ("/home/ada/work/venv", "venv"),
    ("/mnt/one/two", ""), ("/mnt/two", ""), ("/libs", ""), ("~/libs", ""), ("/home/ada", ""), ("", ""),
)  # fmt: skip


@pytest.mark.parametrize(("environment", "kind"), COVERED)
def test_a_place_that_was_looked_at_is_covered(environment: str, kind: str) -> None:
    assert coverage([LOOK])("pip", environment, kind)
    assert not coverage([LOOK])("npm", environment, kind)
    assert not coverage([])("pip", environment, kind)


@pytest.mark.parametrize(("environment", "kind"), NOT)
def test_any_other_place_is_not(environment: str, kind: str) -> None:
    assert not coverage([LOOK])("pip", environment, kind)


def test_a_look_at_more_places_than_are_compared_covers_none() -> None:
    places = tuple(Place(f"/mnt/{number}") for number in range(LIMIT + 1))
    assert coverage([Looked("pip", (), places[:-1])])("pip", "/mnt/1", "")
    assert not coverage([Looked("pip", (), places)])("pip", "/mnt/1", "")


def test_a_path_with_a_star_or_without_a_root_begins_no_place() -> None:
    assert is_exact("/mnt/one")
    assert not any(map(is_exact, ("", "mnt", "~/x", "/mnt/*")))


def reading(*facts: tuple[str, str]) -> Reading:
    return Reading("pip", "/v", OK, Manifest("pip", ()), "", facts)


def test_facts_that_both_sides_have_are_compared_except_how_it_was_found() -> None:
    key = ("pip", "/v")
    before = reading(("base", "/usr/bin"), ("kind", "venv"), ("owner", "0"), ("python", "3.11"))
    after = reading(("kind", "prefix"), ("owner", "0"), ("python", "3.12"))
    assert facts_between({key: before}, {key: after}) == (Fact("pip", "/v", "python", "3.11", "3.12"),)
    assert facts_between({key: before}, {}) == facts_between({}, {key: after}) == ()
    assert facts_between({key: before}, {key: before}) == ()
