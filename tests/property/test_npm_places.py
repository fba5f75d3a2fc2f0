"""Laws of where npm's packages lie and of what a restore's steps lead to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.machines.npmworld import steps_between

from cortexrepo.ecosystems.npm.names import is_name, is_version
from cortexrepo.ecosystems.npm.places import chain, goal, homeless, is_folder, outer_places, place, top, tops
from cortexrepo.ecosystems.npm.restore.origins import changed
from cortexrepo.model.package import LINK, NESTED, Manifest, Package

NAMES = st.sampled_from(["a", "b", "c", "npm", "z", "@s/a", "@s/b"])
VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "2.0.0-rc.1"])


@st.composite
def trees(draw: st.DrawFn) -> Manifest:
    """A manifest in which every package lies inside one that is there."""
    rows: dict[tuple[str, ...], Package] = {}
    for _ in range(draw(st.integers(0, 8))):
        inside = draw(st.sampled_from([(), *(path for path, row in rows.items() if not row.flags & LINK)]))
        name = draw(NAMES)
        flags = (NESTED if inside else 0) | draw(st.sampled_from([0, 0, 0, LINK]))
        attributes = [("inside", ">".join(inside))] if inside else []
        attributes += [("target", "/x")] if flags & LINK else []
        if (*inside, name) not in rows:
            rows[*inside, name] = Package(name, "", draw(VERSIONS), flags, tuple(attributes))
    return Manifest.of("npm", rows.values())


@given(trees())
def test_a_place_says_where_a_package_lies(manifest: Manifest) -> None:
    assert len({place(row) for row in manifest.packages}) == len(manifest.packages)
    assert homeless(manifest.packages) == []
    for row in manifest.packages:
        assert chain(row) == tuple(place(row).split("/node_modules/"))
        assert place(row).startswith(top(row))
        assert [place(row).startswith(outer + "/node_modules/") for outer in outer_places(row)] == [True] * (
            len(chain(row)) - 1
        )


@given(trees(), trees())
def test_the_steps_lead_from_one_to_the_other(now: Manifest, target: Manifest) -> None:
    steps = steps_between(now, target)
    touched = tops(steps)
    after = goal(now.packages, steps)
    assert set(after) == {row for row in target.packages if top(row) in touched}
    assert {row for row in now.packages if top(row) not in touched} <= set(target.packages)
    assert homeless(after) == []
    assert [len(chain(row)) for row in after] == sorted(len(chain(row)) for row in after)
    assert "npm" not in touched[:-1]
    assert set(changed(steps)) <= set(after)


@given(trees(), trees(), st.randoms())
def test_a_part_of_the_steps_leads_to_a_whole_tree_or_is_found_not_to(
    now: Manifest, target: Manifest, random: object
) -> None:
    steps = steps_between(now, target)[::2]
    after = goal(now.packages, steps)
    places = {place(row): row for row in after}
    is_whole = len(places) == len(after) and all(
        outer in places and not places[outer].flags & LINK for row in after for outer in outer_places(row)
    )
    assert (homeless(after) == []) == is_whole


@given(st.text(), VERSIONS)
def test_a_name_that_npm_is_given_is_nothing_else(name: str, version: str) -> None:
    if is_name(name):
        assert is_folder(name)
        assert name.isascii()
        assert not set(name) & set(" :#?%\\\n\t\0\"'`$;|&<>*=()[]{}!^")
        assert name[0] not in "-._/~"
        assert name.count("/") == name.startswith("@")
    assert is_version(version)
    assert not is_version(name + "\n")


@given(
    st.from_regex(r"\A(@[a-z0-9-]+/)?[a-z0-9][a-z0-9._-]*\Z"),
    st.from_regex(r"\A[0-9]{1,3}\.[1-9][0-9]?\.0(-[a-z]+\.[1-9])?\Z"),
)
def test_ordinary_names_and_versions_are_allowed(name: str, version: str) -> None:
    assert is_version(version) == (version[0] != "0" or version[1] == ".")
    if not name.endswith((".tgz", ".tar", ".tar.gz")) and name.rpartition("/")[2] not in {
        "node_modules",
        "favicon.ico",
    }:
        assert is_name(name) == (len(name) <= 214)
