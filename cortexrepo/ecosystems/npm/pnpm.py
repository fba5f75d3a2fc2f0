"""Reading a global tree of pnpm's: links in `node_modules`, and the packages in a store beside it or in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.managers import STORE, unlinked
from cortexrepo.ecosystems.npm.nodemodules import MOST, Tree, read_tree
from cortexrepo.model.package import LINK, NESTED

if TYPE_CHECKING:
    from cortexrepo.machine.files import System
    from cortexrepo.model.package import Package


def read_linked(system: System, path: str, modules: str) -> Tree:
    """Returns the packages of a tree: those that were asked for, and those that they need, which lie inside `.pnpm`.

    Raises OSError when `modules` cannot be listed; everything further in becomes a problem of the tree.
    """
    top = read_tree(system, modules)
    packages: dict[str, Package] = {}
    for store in (f"{path}/{STORE}", f"{modules}/{STORE}"):
        _read_store(system, store, packages, top)
    asked = [unlinked(row, packages) for row in top.packages]
    kept = {id(row) for row in asked}
    inner = [_inside(row) for row in packages.values() if id(row) not in kept]
    return Tree([*asked, *dict.fromkeys(inner)], top.problems, top.foreign)


def _read_store(system: System, store: str, packages: dict[str, Package], tree: Tree) -> None:
    try:
        entries = system.entries(store)
    except OSError as error:
        tree.miss(store, error)
        return
    for name, kind in entries:
        if kind != "directory" or name == "node_modules":
            continue
        if len(packages) >= MOST:
            tree.problems.append(f"{store}: the folder has more than {MOST} packages, and the others were not read")
            return
        try:
            found = read_tree(system, f"{store}/{name}/node_modules")
        except OSError as error:
            tree.miss(f"{store}/{name}", error)
            continue
        tree.problems.extend(found.problems)
        for row in found.packages:
            if not row.flags & LINK:
                inside = f"{row.attribute('inside')}/" if row.flags & NESTED else ""
                packages[f"{name}/{inside}{row.name}"] = row


def _inside(row: Package) -> Package:
    """Returns a package that nobody asked for, as one inside the store."""
    chain = ">".join(filter(None, (STORE, row.attribute("inside"))))
    others = [pair for pair in row.attributes if pair[0] != "inside"]
    return row._replace(flags=row.flags | NESTED, attributes=tuple(sorted([*others, ("inside", chain)])))
