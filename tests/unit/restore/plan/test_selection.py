from __future__ import annotations

import pytest
from support.repositories.looks import looked_at

from cortexrepo.ecosystems.registry import compare
from cortexrepo.errors import EcosystemError, RequestError
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import Selection
from cortexrepo.model.sketch import SKETCHED
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL
from cortexrepo.restore.plan.selection import Chosen, check, choose


def reading(ecosystem: str, environment: str, status: str = OK, version: str = "1.0", kind: str = "venv") -> Reading:
    whole = status in {OK, PARTIAL}
    manifest = Manifest.of(ecosystem, [Package("a", "", version), Package("b", "", "1.0")]) if whole else None
    return Reading(ecosystem, environment, status, manifest, "" if status in {OK, ABSENT} else "why", (("kind", kind),))


def chosen(
    now: list[Reading],
    target: list[Reading],
    selection: Selection = Selection(),  # noqa: B008
    looked: tuple[str, ...] = (),
) -> Chosen:
    return choose(side(now, looked), side(target, looked), selection, compare)


def checked(now: list[Reading], target: list[Reading], selection: Selection) -> None:
    check(selection, side(now), side(target))


def side(found: list[Reading], looked: tuple[str, ...] = ()) -> Inventory:
    have = {one.ecosystem for one in found}
    rest = (Reading(name, "", ABSENT) for name in ("apt", "pip", "npm") if name not in have)
    return Inventory("0" * 32, (), (*found, *rest), looked_at(*looked))


def works(found: Chosen) -> list[tuple[str, str, list[str]]]:
    return [(one.ecosystem, one.environment, [step.kind for step in one.steps]) for one in found.works if one.steps]


def left(found: Chosen) -> list[tuple[str, str]]:
    return [(one.ecosystem, one.environment) for one in found.left]


def test_an_environment_of_both_sides_is_restored() -> None:
    found = chosen([reading("pip", "/v", version="2.0")], [reading("pip", "/v")])
    assert works(found) == [("pip", "/v", ["downgrade"])]
    assert found.left == ()


@pytest.mark.parametrize("status", [FAILED, PARTIAL])
@pytest.mark.parametrize("side", ["now", "then"])
def test_what_was_not_read_completely_is_never_restored_from_nor_onto(status: str, side: str) -> None:
    pair = [reading("pip", "/v", version="2.0")], [reading("pip", "/v")]
    pair[side == "then"][0] = reading("pip", "/v", status)
    found = chosen(*pair)
    assert works(found) == []
    assert left(found) == [("pip", "/v")]
    assert "why" in found.left[0].reason


def test_a_failed_apt_is_not_an_empty_one() -> None:
    found = chosen([reading("apt", "")], [reading("apt", "", FAILED)])
    assert works(found) == []
    assert ("apt", "") in left(found)


def test_a_search_that_failed_leaves_new_environments_alone() -> None:
    found = chosen([reading("pip", "/home/u/.local", kind="user")], [Reading("pip", "", PARTIAL, None, "no access")])
    assert works(found) == []
    assert set(left(found)) == {("pip", ""), ("pip", "/home/u/.local")}


def test_an_ecosystem_that_was_not_recorded_is_left() -> None:
    now = Inventory("0" * 32, (), (reading("pip", "/v"), reading("apt", ""), reading("npm", "/p")))
    found = choose(now, Inventory("0" * 32, (), (reading("apt", ""),)), Selection(), compare)
    assert works(found) == []
    assert {("pip", ""), ("npm", "")} <= set(left(found))


def test_nothing_is_said_of_what_a_named_environment_does_not_need() -> None:
    sides = [Reading("apt", "", FAILED, None, "why"), reading("pip", "/v"), Reading("pip", "", FAILED, None, "why")]
    assert chosen(sides, sides, Selection(environments=("/v",))).left == ()
    assert left(chosen(sides, sides)) == [("apt", ""), ("pip", "")]


def test_neither_a_gone_nor_a_new_virtual_environment_is_made_or_destroyed() -> None:
    assert left(chosen([], [reading("pip", "/v")])) == [("pip", "/v")]
    assert left(chosen([reading("pip", "/v")], [])) == [("pip", "/v")]


def owned(environment: str, own: str, selection: Selection = Selection()) -> Chosen:  # noqa: B008
    sides = [[reading("pip", environment, version=version), reading("npm", own)] for version in ("2.0", "1.0")]
    now, then = (Inventory("0" * 32, (), tuple(side)) for side in sides)
    return choose(now, then, selection, compare, own)


@pytest.mark.parametrize(
    ("environment", "own", "is_own"),
    [
        ("/opt/cortex", "/opt/cortex", True),
        ("/opt/cortex2", "/opt/cortex", False),
        ("/opt/cortex/inner", "/opt/cortex", False),
        ("/usr/local/lib/python3.12/site-packages", "/usr/local", True),
        ("/usr/lib/python3.11/dist-packages", "/usr", False),
        ("/opt/cortex", "", False),
    ],
)
def test_the_environment_that_runs_this_program_is_left_out_unless_it_is_named(
    environment: str,
    own: str,
    is_own: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    found = owned(environment, own)
    assert (works(found) == []) is is_own
    assert [one.environment for one in found.left if "cortex itself" in one.reason] == [environment] * is_own
    named = owned(environment, own, Selection(environments=(environment,)))
    assert works(named) == [("pip", environment, ["downgrade"])]
    assert named.left == ()


def test_nothing_is_said_of_the_own_environment_where_nothing_differs() -> None:
    side = Inventory("0" * 32, (), (reading("pip", "/opt/cortex"),))
    found = choose(side, side, Selection(only=("pip",)), compare, "/opt/cortex")
    assert found.left == ()
    assert len(found.works) == 1


def test_a_directory_of_packages_may_be_missing_where_it_is_empty() -> None:
    site = reading("pip", "/usr/local/lib/python3.11/dist-packages", kind="local")
    looked = (site.environment,)
    assert works(chosen([], [site], looked=looked))[0][2] == ["install", "install"]
    assert works(chosen([site], [], looked=looked))[0][2] == ["remove", "remove"]


@pytest.mark.parametrize("kind", ["local", "user", "system", "venv", "prefix", "target"])
def test_an_environment_that_nobody_looked_at_is_left_alone_and_named(kind: str) -> None:
    site = reading("pip", "/usr/local/lib/python3.11/dist-packages", kind=kind)
    for now, then in (([], [site]), ([site], [])):
        found = chosen(now, then, looked=("/usr/local/lib/python3.12/dist-packages",))
        assert works(found) == []
        assert left(found) == [("pip", site.environment)]
        assert "look" in found.left[0].reason


@pytest.mark.parametrize(
    ("kind", "before", "after", "told"),
    [
        ("venv", ("python", "3.11"), ("python", "3.12"), "python is 3.12 now, and was 3.11"),
        ("venv", ("base", "/usr/bin"), ("base", "/opt/python/bin"), "base is /opt/python/bin now, and was /usr/bin"),
        ("prefix", ("node", "18.0.0"), ("node", "20.0.0"), "node is 20.0.0 now, and was 18.0.0"),
        ("user", ("owner", "0"), ("owner", "1000"), "owner is 1000 now, and was 0"),
        ("user", ("python", "3.11"), ("python", "3.12"), ""),
        ("venv", ("python", "3.11"), ("node", "20.0.0"), ""),
    ],
)
def test_facts_that_no_restore_changes_are_named(
    kind: str, before: tuple[str, str], after: tuple[str, str], told: str
) -> None:
    then, now = (
        reading("pip", "/v", kind=kind)._replace(facts=tuple(sorted([("kind", kind), fact])))
        for fact in (before, after)
    )
    found = chosen([now], [then])
    assert [one.reason.partition(" in the snapshot")[0] for one in found.left] == ([told] if told else [])
    assert chosen([now], [then], Selection(packages=("a",))).left == ()


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(only=("pip",)), {"pip /v a", "pip /w a"}),
        (Selection(environments=("/w",)), {"pip /w a"}),
        (Selection(packages=("a",)), {"pip /v a", "pip /w a", "npm /p a"}),
        (Selection(packages=("b",)), set()),
        (Selection(exclude=("a",)), set()),
        (Selection(only=("pip",), environments=("/v",), packages=("A",)), {"pip /v a"}),
    ],
)
def test_only_what_is_selected_is_restored(selection: Selection, expected: set[str]) -> None:
    places = (("pip", "/v"), ("pip", "/w"), ("npm", "/p"))
    now = [reading(*place, version="2.0.0") for place in places]
    found = chosen(now, [reading(*place, version="1.0.0") for place in places], selection)
    steps = {f"{one.ecosystem} {one.environment} {step.package.name}" for one in found.works for step in one.steps}
    assert steps == expected


@pytest.mark.parametrize(
    ("selection", "error"),
    [
        (Selection(only=("system",)), EcosystemError),
        (Selection(only=("rpm",)), EcosystemError),
        (Selection(environments=("/nowhere",)), RequestError),
        (Selection(packages=("nothing",)), RequestError),
        (Selection(exclude=("nothing",)), RequestError),
    ],
)
def test_what_is_not_known_is_named(selection: Selection, error: type[Exception]) -> None:
    with pytest.raises(error):
        checked([reading("pip", "/v")], [reading("pip", "/v")], selection)


@pytest.mark.parametrize("ecosystem", ["apt", "pip", "npm"])
def test_names_and_versions_alone_are_nothing_to_restore_from(ecosystem: str) -> None:
    sketch = reading(ecosystem, "")._replace(facts=(SKETCHED,))
    more = Manifest.of(ecosystem, [Package(name, "amd64", "1.0") for name in ("a", "b", "c")])
    found = chosen([Reading(ecosystem, "", OK, more)], [sketch])
    assert works(found) == []
    assert (ecosystem, "") in left(found)


@pytest.mark.parametrize("ecosystem", ["pip", "npm"])
def test_packages_of_nobody_knows_which_environment_leave_every_environment_alone(ecosystem: str) -> None:
    found = chosen([reading(ecosystem, "/usr/local/lib/x", kind="local")], [reading(ecosystem, "")])
    assert works(found) == []
    assert (ecosystem, "/usr/local/lib/x") in left(found)


@pytest.mark.parametrize("facts", [{"node": "20.1.0", "kind": "local"}, {"kind": "nvm"}, {"kind": "volta"}])
def test_a_node_that_was_installed_since_keeps_its_npm(facts: dict[str, str]) -> None:
    prefix = reading("npm", "/node")._replace(facts=tuple(sorted(facts.items())))
    found = chosen([prefix], [])
    assert works(found) == []
    assert left(found) == [("npm", "/node")]
    assert left(chosen([], [prefix])) == [("npm", "/node")]


def test_what_cannot_be_seen_now_is_not_taken_for_empty() -> None:
    site = reading("pip", "/root/.local/lib/python3.11/site-packages", kind="user")
    found = chosen([Reading("pip", "", PARTIAL, None, "/root: Permission denied")], [site])
    assert works(found) == []
    assert left(found) == [("pip", site.environment)]


@pytest.mark.parametrize("path", ["", ".", "../..", "/home/../etc", "//etc", "/etc/", "/a\0b", "opt/node"])
def test_what_is_no_plain_path_is_left(path: str) -> None:
    found = chosen([], [reading("npm", path), reading("pip", path, kind="user")])
    assert works(found) == []
    assert {("npm", path), ("pip", path)} <= set(left(found))


def test_names_that_are_almost_right_are_offered() -> None:
    rows = Manifest.of("pip", [Package("requests", "", "1.0")])
    now = [Reading("pip", "/opt/venv", OK, rows, "", (("kind", "venv"),))]
    with pytest.raises(RequestError) as package:
        checked(now, now, Selection(packages=("request",)))
    with pytest.raises(RequestError) as environment:
        checked(now, now, Selection(environments=("/opt/venv2",)))
    assert package.value.hint == "did you mean requests?"
    assert environment.value.hint == "did you mean /opt/venv?"


def test_what_has_no_way_back_is_left_where_it_differs_or_is_not_known() -> None:
    same, other = reading("rpm", ""), reading("rpm", "", version="2.0")
    assert left(chosen([same], [same])) == []
    assert left(chosen([other], [same])) == [("rpm", "")]
    assert "cannot restore packages of this ecosystem" in chosen([other], [same]).left[0].reason
    assert left(chosen([reading("rpm", "", PARTIAL)], [same])) == [("rpm", "")]
    assert left(chosen([], [same])) == [("rpm", "")]
    assert left(chosen([same], [])) == [("rpm", "")]
    assert left(chosen([reading("rpm", "", ABSENT)], [])) == []
    assert left(chosen([reading("unheard", "/of")], [same])) == [("rpm", ""), ("unheard", "/of")]
    assert left(chosen([other], [same], Selection(only=("pip",)))) == []
