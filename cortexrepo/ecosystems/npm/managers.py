"""Global trees of other package managers, with npm's packages in them: yarn's (version 1), pnpm's and bun's.

A tree lies in `node_modules` beside a `package.json` and the manager's own lock file; these say what is in the tree.
So npm changes nothing in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.model.package import LINK, NESTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cortexrepo.machine.files import System
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

MODULES = "/node_modules"
STORE = ".pnpm"
"""The directory in which pnpm has the packages: `NAME@VERSION/node_modules/NAME`."""
LOCKS = {"yarn": ("yarn.lock",), "bun": ("bun.lock", "bun.lockb"), "pnpm": ("pnpm-lock.yaml",)}
"""The kinds of such trees, and the lock files by which they are known."""
OF_ALL = (("yarn", "/usr/local/share/.config/yarn/global"),)
"""Where yarn has root's."""
IN_HOME = (("yarn", ".config/yarn/global"), ("yarn", ".local/share/yarn/global"), ("bun", ".bun/install/global"))
EACH_IN_HOME = (("pnpm", ".local/share/pnpm/global"), ("pnpm", ".local/share/pnpm/global/v11"))
BY_VARIABLE = (
    ("yarn", "XDG_CONFIG_HOME", "/yarn/global"),
    ("yarn", "XDG_DATA_HOME", "/yarn/global"),
    ("bun", "BUN_INSTALL", "/install/global"),
)
EACH_BY_VARIABLE = (
    ("pnpm", "PNPM_HOME", "/global"),
    ("pnpm", "PNPM_HOME", "/global/v11"),
    ("pnpm", "XDG_DATA_HOME", "/pnpm/global"),
)
_COMMANDS = {
    "yarn": ("yarn global add", "yarn global remove"),
    "pnpm": ("pnpm add --global", "pnpm remove --global"),
    "bun": ("bun add --global", "bun remove --global"),
}
_TAIL = re.compile(r"/(?:yarn/global|install/global|pnpm/global/[^/]+(?:/[^/]+)?)$")
_GLOBAL = re.compile(r"/global(?:/[^/]+){0,2}$")
_SHOWN = 3


def kind_at(system: System, path: str, kind: str) -> str:
    """Returns whose global tree is at a path, by its lock file; an empty string where there is none.

    Args:
        system: The machine; raises OSError as its methods.
        path: The path.
        kind: Whose it would be; any other word for whose it is, at a path that a global tree could have.
    """
    if kind not in LOCKS and not _GLOBAL.search(path):
        return ""
    if not system.is_directory(path + MODULES):
        return ""
    kinds = (kind,) if kind in LOCKS else tuple(LOCKS)
    return next((one for one in kinds if any(system.exists(f"{path}/{lock}") for lock in LOCKS[one])), "")


def is_managed(facts: Iterable[tuple[str, str]]) -> bool:
    """Returns whether the facts are those of such a tree."""
    return dict(facts).get("kind", "") in LOCKS


def modules_at(environment: str, facts: Mapping[str, str] | None = None) -> str:
    """Returns where the packages of an environment are; without facts its name decides."""
    plain = environment.rstrip("/")
    managed = facts.get("kind", "") in LOCKS if facts is not None else bool(_TAIL.search(plain))
    return f"{plain}{MODULES if managed else '/lib/node_modules'}"


def manager_of(*facts: Iterable[tuple[str, str]]) -> str:
    """Returns the manager whose tree the first of these facts that know are of; an empty string for none."""
    kinds = [dict(one).get("kind", "") for one in facts]
    return next((kind for kind in kinds if kind in LOCKS), "")


def way_out(manager: str, steps: Sequence[Step]) -> str:
    """Returns the manager's own commands that lead to what the steps lead to, a few of them."""
    add, remove = _COMMANDS[manager]
    outer = [step for step in steps if not step.package.flags & (NESTED | LINK)]
    commands = [
        f"`{remove} {step.package.name}`" if step.after is None else f"`{add} {step.after.name}@{step.after.version}`"
        for step in outer[:_SHOWN]
    ]
    return ", ".join(commands)


def unlinked(row: Package, store: Mapping[str, Package]) -> Package:
    """Returns a package of pnpm's as it is in the store, where its link leads to; else as it is."""
    target = row.attribute("target")
    inside = target.partition(f"{STORE}/")[2].partition("/")[0] if row.flags & LINK else ""
    return store.get(f"{inside}/{row.name}", row)
