"""Where the packages of a manifest lie below a `node_modules` folder, and which of them a restore's steps lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.package import LINK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

_NODE_MODULES = "/node_modules/"


def chain(package: Package) -> tuple[str, ...]:
    """Returns the names of the packages that it lies inside, the outermost first, and its own."""
    inside = package.attribute("inside")
    return (*(inside.split(">") if inside else ()), package.name)


def place(package: Package) -> str:
    """Returns its path below the outermost `node_modules`."""
    return _NODE_MODULES.join(chain(package))


def top(package: Package) -> str:
    """Returns the name of the outermost package that it lies inside, or its own."""
    return chain(package)[0]


def outer_places(package: Package) -> list[str]:
    """Returns the places of the packages that it lies inside, the innermost first."""
    names = chain(package)[:-1]
    return [_NODE_MODULES.join(names[:length]) for length in range(len(names), 0, -1)]


def tops(steps: Iterable[Step]) -> tuple[str, ...]:
    """Returns the outermost packages in which something changes, sorted, but npm itself last."""
    found = {top(package) for step in steps for package in (step.before, step.after) if package is not None}
    return tuple(sorted(found, key=lambda name: (name == "npm", name)))


def goal(rows: Iterable[Package], steps: Iterable[Step]) -> tuple[Package, ...]:
    """Returns all rows of the outermost packages in which something changes, as they will be, outer ones first."""
    steps = tuple(steps)
    gone = {place(step.before) for step in steps if step.before is not None}
    touched = set(tops(steps))
    found = {row for row in rows if top(row) in touched and place(row) not in gone}
    found.update(step.after for step in steps if step.after is not None)
    return tuple(sorted(found, key=lambda row: (len(chain(row)), row)))


def homeless(rows: Iterable[Package]) -> list[Package]:
    """Returns rows that cannot be where they say: inside what is not there or is a link, or two in one place."""
    rows = tuple(rows)
    real = {place(row) for row in rows if not row.flags & LINK}
    count: dict[str, int] = {}
    for row in rows:
        count[place(row)] = count.get(place(row), 0) + 1
    return [row for row in rows if count[place(row)] > 1 or any(outer not in real for outer in outer_places(row)[:1])]


def is_folder(name: str) -> bool:
    """Returns whether `name`, of something that is there, is that of one folder in `node_modules`, or in a scope there.

    What a package manager other than npm, or a person, has put there has any name. One with a backslash was not kept as
    it is on the disk (see `ecosystems.nodemodules`).
    """
    scope, slash, base = name.rpartition("/")
    if slash and (not scope.startswith("@") or "/" in scope or scope in {"@", "@.", "@.."}):
        return False
    return bool(base) and base[0] != "." and (bool(slash) or base[0] != "@") and "\\" not in name and name.isprintable()
