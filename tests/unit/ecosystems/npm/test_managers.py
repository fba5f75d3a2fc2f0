"""Global trees of yarn, pnpm and bun: read as they lie on the disk, and left to their managers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines import known_places
from support.machines.fakemachines import fake_room
from support.machines.installed import put
from support.machines.known_places import BUN, PNPM, YARN, Known

from cortexrepo.ecosystems.contract.installed import Asked
from cortexrepo.ecosystems.contract.restoring import Work
from cortexrepo.ecosystems.npm import read as npm
from cortexrepo.ecosystems.npm.installed import look
from cortexrepo.ecosystems.npm.restore import restorer, rules
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import LINK, NESTED, Manifest, Package
from cortexrepo.model.plan import Step

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected

TREES = {
    YARN: "/home/ada/.config/yarn/global",
    PNPM: "/home/ada/.local/share/pnpm/global/5",
    BUN: "/home/ada/.bun/install/global",
}


def collected(root: Path, kind: str, named: str = "") -> Collected:
    """Returns what is read of one tree."""
    put(root / "etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
    known_places.make(root, Known(kind, named or TREES[kind], kind))
    [found] = npm.collect(RootedSystem(str(root)), [named] if named else [])
    return found


def names(found: Collected) -> list[tuple[str, str, int, str]]:
    """Returns the packages with their version, flags, and what they lie inside."""
    assert found.manifest is not None
    return [(row.name, row.version, row.flags, row.attribute("inside")) for row in found.manifest.packages]


@pytest.mark.parametrize("kind", [YARN, BUN])
def test_a_tree_is_an_environment_of_its_own(tmp_path: Path, kind: str) -> None:
    found = collected(tmp_path, kind)
    assert (found.environment, found.status, dict(found.facts)["kind"]) == (TREES[kind], "ok", kind)
    assert names(found) == [("alpha", "1.0.0", 0, "")]


def test_a_package_that_pnpm_links_is_no_link_and_what_it_needs_is_nested(tmp_path: Path) -> None:
    found = collected(tmp_path, PNPM)
    assert dict(found.facts)["kind"] == PNPM
    assert sorted(names(found)) == [("alpha", "1.0.0", 0, ""), ("beta", "1.0.0", NESTED, ".pnpm")]


def test_a_link_that_leads_elsewhere_stays_one(tmp_path: Path) -> None:
    put(tmp_path / "home/ada/own/package.json", '{"name": "own", "version": "2.0.0"}')
    modules = tmp_path / TREES[PNPM][1:] / "node_modules"
    modules.mkdir(parents=True)
    (modules / "own").symlink_to("/home/ada/own")
    (modules / "gone").symlink_to("../.pnpm/gone@1.0.0/node_modules/gone")
    put(modules.parent / "pnpm-lock.yaml", "")
    put(tmp_path / "etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
    [found] = npm.collect(RootedSystem(str(tmp_path)), [])
    assert found.manifest is not None
    assert {row.name for row in found.manifest.packages if row.flags & LINK} == {"own", "gone"}


def test_a_tree_that_was_recorded_is_found_again_by_its_name(tmp_path: Path) -> None:
    """Also where only a variable led to it."""
    found = collected(tmp_path, PNPM, "/data/p/global/5")
    assert (found.environment, dict(found.facts)["kind"]) == ("/data/p/global/5", PNPM)


@pytest.mark.parametrize("place", ["/data/project", "/data/global/project/x/y"])
def test_a_project_is_no_global_tree(tmp_path: Path, place: str) -> None:
    known_places.make(tmp_path, Known("project", place, YARN))
    assert [one.status for one in npm.collect(RootedSystem(str(tmp_path)), [place])] == ["absent"]


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (YARN, "`yarn global add alpha@1.0.0`"),
        (PNPM, "`pnpm add --global alpha@1.0.0`"),
        (BUN, "`bun add --global alpha@1.0.0`"),
    ],
)
def test_a_restore_names_the_manager_and_its_command(tmp_path: Path, kind: str, command: str) -> None:
    before, after = Package("alpha", "", "2.0.0"), Package("alpha", "", "1.0.0")
    facts = (("kind", kind),)
    work = Work(
        "npm", TREES[kind], facts, facts, Manifest.of("npm", [before]), Manifest.of("npm", [after]),
        (Step("downgrade", before, after),),
    )  # fmt: skip
    [obstacle] = restorer.propose(work, fake_room(str(tmp_path))).obstacles
    assert (obstacle.kind, obstacle.environment) == ("environment", TREES[kind])
    assert obstacle.reason.startswith(f"{kind} manages the packages of this tree")
    assert command in obstacle.hint
    assert "--exclude" in obstacle.hint


def test_files_of_another_managers_packages_are_not_looked_at_and_a_tree_is_never_made(tmp_path: Path) -> None:
    found = collected(tmp_path, PNPM)
    assert found.manifest is not None
    asked = Asked(found.environment, found.facts, found.manifest.packages, frozenset({0}))
    system = RootedSystem(str(tmp_path))
    assert [one.kind for one in look.look(asked, system)] == ["unseen"]
    assert [*look.lost(asked, system), *look.held(asked, system)] == []
    assert not rules.is_site(Reading("npm", found.environment, "ok", found.manifest, "", found.facts))
    assert rules.contents(found.environment) == f"{found.environment}/node_modules"
