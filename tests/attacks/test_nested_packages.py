"""Many npm packages in one prefix, nested in every way that npm knows: each is recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.machines.people import needs_root, people

from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.machines.people import People

pytestmark = needs_root


def put(folder: Path, name: str, version: str = "1.0.0", alias: str = "") -> Path:
    """Makes a package in a folder of packages, and returns the folder of those below it."""
    made = folder / (alias or name)
    made.mkdir(parents=True)
    (made / "package.json").write_text(json.dumps({"name": name, "version": version}))
    return made / "node_modules"


def deep(folder: Path, depth: int, name: str) -> int:
    for number in range(depth):
        folder = put(folder, name.format(number))
    return depth


def tools(folder: Path, count: int, below: int, name: str) -> int:
    for number in range(count):
        inner = put(folder, f"tool-{number}")
        for one in range(below):
            put(inner, name.format(one), f"{one % 9}.{number}.{one % 31}")
    return count * (below + 1)


def wide(folder: Path, count: int, name: str) -> int:
    for number in range(count):
        put(folder, name.format(number))
    return count


def aliased(folder: Path) -> int:
    for number in range(60):
        put(put(folder, "same", f"1.0.{number}", alias=f"alias-{number}"), "same", "2.0.0", alias="other")
    return 120


def fanned(folder: Path, depth: int) -> int:
    if not depth:
        return 0
    return sum(1 + fanned(put(folder, f"p{number}"), depth - 1) for number in range(3))


def stored(folder: Path) -> int:
    """Returns how many packages there are: linked ones are in another place below the same folder, as with pnpm."""
    store = folder / ".store"
    for number in range(40):
        put(store / f"p{number}@1/node_modules", f"p{number}")
        (folder / f"p{number}").symlink_to(f".store/p{number}@1/node_modules/p{number}")
    return 40


def looped(folder: Path) -> int:
    for number in range(30):
        inner = put(folder, f"p{number}")
        inner.mkdir()
        (inner / "up").symlink_to("../..")
        (inner / f"p{number}").symlink_to("..")
    return 30


TREES: dict[str, Callable[[Path], int]] = {
    "40 tools with 10 dependencies": lambda folder: tools(folder, 40, 10, "a-dependency-of-usual-length-{}"),
    "4 tools with 100 dependencies": lambda folder: tools(folder, 4, 100, "a-dependency-of-usual-length-{}"),
    "one tool with 400 scoped ones": lambda folder: tools(folder, 1, 400, "@scope/dependency-{}"),
    "20 tools with one scope each": lambda folder: tools(folder, 20, 20, "@a-scope-of-a-team/p{}"),
    "400 side by side": lambda folder: wide(folder, 400, "p{}"),
    "400 in one scope": lambda folder: wide(folder, 400, "@scope/p{}"),
    "200 scopes": lambda folder: wide(folder, 200, "@scope{}/p"),
    "long names": lambda folder: wide(folder, 100, "p{}-" + "x" * 190),
    "30 levels": lambda folder: deep(folder, 30, "p{}"),
    "30 levels of one name": lambda folder: deep(folder, 30, "same"),
    "20 levels with scopes": lambda folder: deep(folder, 20, "@scope/p{}"),
    "a tree of five levels": lambda folder: fanned(folder, 5),
    "aliases": aliased,
}
LINKED: dict[str, Callable[[Path], int]] = {"a store with links": stored, "links that lead up": looped}


@pytest.fixture
def machine() -> Iterator[People]:
    """Alice, who has a prefix of npm's."""
    with people("alice") as made:
        yield made


@pytest.mark.parametrize("owner", ["alice", "root"])
@pytest.mark.parametrize("tree", TREES)
def test_every_package_is_recorded(machine: People, tree: str, owner: str) -> None:
    place = machine.home("alice") / ".npm-global" if owner == "alice" else machine.root / "opt/node"
    folder = place / "lib/node_modules"
    folder.mkdir(parents=True)
    count = TREES[tree](folder)
    machine.own(owner, place)
    found = machine.read(["npm"])["npm", f"/{place.relative_to(machine.root)}"]
    assert (found.status, found.error) == (OK, "")
    assert found.manifest is not None
    assert len(found.manifest.packages) == count


@pytest.mark.parametrize("tree", LINKED)
def test_links_neither_double_a_package_nor_lead_in_a_circle(machine: People, tree: str) -> None:
    folder = machine.root / "opt/node/lib/node_modules"
    folder.mkdir(parents=True)
    count = LINKED[tree](folder)
    found = machine.read(["npm"])["npm", "/opt/node"]
    assert found.manifest is not None
    assert len({package.name for package in found.manifest.packages if package.name.startswith("p")}) == count
