"""What changed between two inventories. Pure, and honest: what is not known is never called a change."""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING

from cortexrepo.model.content import DIGEST, WITHOUT_FILES, unlike
from cortexrepo.model.facts import facts_between
from cortexrepo.model.package import RESIDUAL
from cortexrepo.model.side import Side, everywhere
from cortexrepo.model.sketch import SKETCHED, complete
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.model.facts import Fact
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.looked import Covers
    from cortexrepo.model.package import Package

    Compare = Callable[[str, str, str], int]
    """(ecosystem, before, after) to a negative number, 0 or a positive number: older, equal or not ordered, newer."""

UPGRADED = "upgraded"
DOWNGRADED = "downgraded"
ADDED = "added"
REMOVED = "removed"
CHANGED = "changed"
KINDS = (UPGRADED, DOWNGRADED, ADDED, REMOVED, CHANGED)
"""Every kind of change, in the order in which people are shown them."""
_NAMED = 5
"""So many packages are named in a reason."""


class Change(NamedTuple):
    """One package that differs: its rows, None where there is none.

    What is only known to the package manager, such as configuration left behind, is not installed: a package that
    comes to that, or from it, is `REMOVED` or `ADDED`, though there is a row on both sides.
    """

    ecosystem: str
    environment: str
    kind: str
    before: Package | None
    after: Package | None

    @property
    def package(self) -> Package:
        """The package as it is now, or as it was where it is gone."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def versions(self) -> tuple[str | None, str | None]:
        """The versions before and after; None on a side where the package came to be, or ceased to be, installed."""
        before = None if self.before is None or self.kind == ADDED else self.before.version
        after = None if self.after is None or self.kind == REMOVED else self.after.version
        return before, after


FIRST_SEEN = "first-seen"
"""The earlier side did not look at the place: the environment may be older."""
NOT_LOOKED = "not-looked-at"
"""The later side did not look at the place: the environment may still be there."""
UNREADABLE = "unreadable"
"""A side looked, and could not read it, or not to the end; or it did not record the ecosystem."""


class Unknown(NamedTuple):
    """A slot that cannot be compared, or only in part, and why.

    Attributes:
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment; empty for the ecosystem as a whole.
        reason: One line that begins with the side that does not say: `before: ` or `after: `.
        kind: `FIRST_SEEN`, `NOT_LOOKED` or `UNREADABLE`.
    """

    ecosystem: str
    environment: str
    reason: str
    kind: str = UNREADABLE


class Diff(NamedTuple):
    """All changes and facts, sorted by ecosystem, environment, name; and what could not be compared."""

    changes: tuple[Change, ...]
    unknown: tuple[Unknown, ...]
    facts: tuple[Fact, ...] = ()


def diff(
    before: Iterable[Reading],
    after: Iterable[Reading],
    compare: Compare,
    looked: tuple[Covers, Covers] | None = None,
) -> Diff:
    """Returns what changed from `before` to `after`.

    A slot that failed on either side is `Unknown`. One that was read in part on a side yields only what is certain: no
    package is called added when the earlier side is partial, none removed when the later one is. An environment that
    only one side has is taken as added or removed if the other side searched that ecosystem, and the home that the
    environment is in, completely, and looked at that very place; else it is unknown. So it is where the other side did
    not say in which environments its packages were. A slot of sketches (`cortexrepo.model.sketch`) beside one that is
    whole differs in names and versions only. A digest of a package's content counts where both sides have one of the
    same kind; where the later side has digests of other packages and none of this one, its content is unknown.

    Args:
        before: The earlier side.
        after: The later side.
        compare: The order of versions.
        looked: Where the two sides have looked; without, both are taken to have looked everywhere.
    """
    covers = looked or (everywhere, everywhere)
    sides = (Side(before, covers[0]), Side(after, covers[1]))
    changes: list[Change] = []
    unknown: list[Unknown] = []
    for key in sorted(set(sides[0].slots) | set(sides[1].slots)):
        _slot(key, sides, compare, changes, unknown)
    for ecosystem in sorted(sides[0].ecosystems | sides[1].ecosystems):
        unknown.extend(Unknown(ecosystem, "", reason) for reason in _whole(ecosystem, sides))
    return Diff(tuple(changes), tuple(dict.fromkeys(unknown)), facts_between(sides[0].slots, sides[1].slots))


def _whole(ecosystem: str, sides: tuple[Side, Side]) -> list[str]:
    """Returns what keeps an ecosystem as a whole from being compared."""
    reasons = []
    for side, name in zip(sides, ("before", "after"), strict=True):
        whole = side.whole.get(ecosystem)
        if whole is not None and whole.status in {FAILED, PARTIAL}:
            reasons.append(f"{name}: {whole.error or whole.status}")
    return reasons


def _slot(
    key: tuple[str, str],
    sides: tuple[Side, Side],
    compare: Compare,
    changes: list[Change],
    unknown: list[Unknown],
) -> None:
    packages: list[tuple[Package, ...]] = []
    certain = [True, True]
    for index, name in enumerate(("before", "after")):
        reading = sides[index].slots.get(key)
        kind = UNREADABLE
        if reading is None:
            reason = sides[index].missing(*key)
            if not reason and not sides[index].has_looked(sides[1 - index].slots.get(key)):
                kind, reason = (FIRST_SEEN, NOT_LOOKED)[index], "nobody looked there"
        elif reading.manifest is None:
            reason = "" if reading.status == ABSENT else reading.error or reading.status
        else:
            reason = "" if reading.status == OK else reading.error or reading.status
            certain[index] = reading.status == OK
        if reason:
            unknown.append(Unknown(*key, f"{name}: {reason}", kind))
            if reading is None or reading.manifest is None:
                return
        packages.append(reading.manifest.packages if reading is not None and reading.manifest is not None else ())
    sketched = [key in side.slots and SKETCHED in side.slots[key].facts for side in sides]
    if sketched[0] != sketched[1]:
        unknown.extend(_complete(key, packages, sketched.index(True)))
    silent: list[Package] = []
    changes.extend(_packages(key, packages[0], packages[1], certain, compare, silent))
    if silent and sides[1].says_contents():
        from cortexrepo.model import enumeration  # few comparisons have such rows

        names = enumeration.names([row.name for row in silent], _NAMED)
        unknown.append(Unknown(*key, f"after: it cannot be seen any more what is in these packages: {names}"))


def _complete(key: tuple[str, str], packages: list[tuple[Package, ...]], index: int) -> list[Unknown]:
    """Completes the sketches of one side by the other's rows, and returns what that cannot decide."""
    packages[index], unsure = complete(packages[index], packages[1 - index])
    if not unsure:
        return []
    side = ("before", "after")[index]
    from cortexrepo.model import enumeration  # few comparisons have such rows

    names = enumeration.names(unsure, _NAMED)
    question = "whether these packages were installed, or only their configuration was left"
    return [Unknown(*key, f"{side}: it is not recorded {question}: {names}")]


def _packages(
    key: tuple[str, str],
    before: tuple[Package, ...],
    after: tuple[Package, ...],
    certain: list[bool],
    compare: Compare,
    silent: list[Package],
) -> list[Change]:
    """Returns what changed in one slot; adds to `silent` the rows whose content only the earlier side says."""
    if before == after:
        return []
    old, new = set(before), set(after)

    def order(one: Package, other: Package) -> int:
        return compare(key[0], one.version, other.version)

    gone, come = _by_identity(old - new, order), _by_identity(new - old, order)
    found = []
    for identity in sorted(gone.keys() | come.keys()):
        was, now = unlike(gone.get(identity, ()), come.get(identity, ()))
        if len(was) < len(gone.get(identity, ())):
            same = [row for row in gone[identity] if row not in was and not row.flags & WITHOUT_FILES]
            silent += [row for row in same if row.attribute(DIGEST)]
        for index in range(max(len(was), len(now))):
            left = was[index] if index < len(was) else None
            right = now[index] if index < len(now) else None
            if (left is None and not certain[0]) or (right is None and not certain[1]):
                continue
            found.append(Change(*key, _kind(key[0], left, right, compare), left, right))
    return found


def _by_identity(
    packages: set[Package], order: Callable[[Package, Package], int]
) -> dict[tuple[str, str, str], list[Package]]:
    """Groups by what makes two rows the same package: name, architecture, and where npm nests it; oldest first."""
    groups: dict[tuple[str, str, str], list[Package]] = {}
    for package in sorted(packages):
        groups.setdefault((package.name, package.arch, package.attribute("inside")), []).append(package)
    for rows in groups.values():
        if len(rows) > 1:
            rows.sort(key=cmp_to_key(order))
    return groups


def _is_installed(package: Package | None) -> bool:
    return package is not None and not package.flags & RESIDUAL


def _kind(ecosystem: str, before: Package | None, after: Package | None, compare: Compare) -> str:
    if _is_installed(before) != _is_installed(after):
        return ADDED if _is_installed(after) else REMOVED
    if before is None or after is None or not _is_installed(after):
        return CHANGED
    if before.version == after.version or not before.version or not after.version:
        return CHANGED
    order = compare(ecosystem, before.version, after.version)
    if order == 0:
        return CHANGED
    return UPGRADED if order < 0 else DOWNGRADED
