"""What a restore is about: which environments, and the steps between how they are and how they were. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.restoring import Work
from cortexrepo.errors import RequestError
from cortexrepo.history.names import alike
from cortexrepo.model.coverage import unsearched
from cortexrepo.model.facts import OWNER, differing
from cortexrepo.model.looked import coverage
from cortexrepo.model.package import Manifest
from cortexrepo.model.plan import Left, Selection
from cortexrepo.model.sketch import SKETCHED
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL
from cortexrepo.named import NamedTuple
from cortexrepo.restore.plan.sites import implausible
from cortexrepo.restore.plan.steps import is_about, spelled, steps_between

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.diff import Compare
    from cortexrepo.model.inventory import Inventory, Reading
    from cortexrepo.model.plan import Step


_OWN = (
    "cortex itself runs from this environment: name the environment to restore its packages too, "
    "`cortex snapshot restore REV --environment {}`"
)


class Chosen(NamedTuple):
    """The environments that are restored, in their order, those without a step too; and those that are not."""

    works: tuple[Work, ...]
    left: tuple[Left, ...]


def choose(now: Inventory, target: Inventory, selection: Selection, compare: Compare, own: str = "") -> Chosen:
    """Returns what is to be done to come from `now` to `target`.

    What failed or was read only in part, on either side, is left alone, with the reason. So is an environment that is
    gone altogether, or that is new: neither is made nor destroyed, but a directory of packages for an interpreter that
    is elsewhere counts as empty where it is not there. What runs this program, from the prefix `own`, is left alone too
    unless the selection names it.
    """
    works, left = [], []
    for ecosystem in registry.able(registry.RESTORER):
        if selection.only and ecosystem not in selection.only:
            continue
        sides = _Ecosystem(ecosystem, now), _Ecosystem(ecosystem, target)
        if not selection.environments:
            left += _unread(ecosystem, sides[1], "when the snapshot was made")
        for environment in sorted(sides[0].slots.keys() | sides[1].slots.keys()):
            if selection.environments and environment not in selection.environments:
                continue
            pair = sides[0].of(environment), sides[1].of(environment)
            reason = "" if registry.is_one(ecosystem) else implausible(environment)
            reason = reason or _reason(pair, sides)
            work = None if reason else _work(ecosystem, environment, pair, selection, compare)
            if work is None or _is_own(work, selection, own):
                left.append(Left(ecosystem, environment, reason or _OWN.format(shlex.quote(environment))))
            else:
                works.append(work)
                left += _made_anew(ecosystem, environment, pair, selection)
    if selection._replace(exclude=()).is_everything:
        left += _without_way_back(now, target)
    return Chosen(tuple(works), tuple(left))


def _is_own(work: Work, selection: Selection, own: str) -> bool:
    """Returns whether packages would be changed that this program runs from, and nobody asked for that."""
    facet = registry.rules(work.ecosystem)
    if not own or not work.steps or work.environment in selection.environments:
        return False
    return facet is not None and facet.runs(work.environment, own)


def _without_way_back(now: Inventory, target: Inventory) -> list[Left]:
    """Returns what differs and cannot be put back at all, because its ecosystem has no restorer."""
    able = registry.able(registry.RESTORER)
    sides = [
        {
            (one.ecosystem, one.environment): one
            for one in side.readings
            if one.ecosystem not in able and not registry.is_machine(one.ecosystem) and one.status != ABSENT
        }
        for side in (now, target)
    ]
    reason = "the packages differ or are unknown, and cortex cannot restore packages of this ecosystem"
    return [Left(*key, reason) for key in sorted(sides[0].keys() | sides[1].keys()) if not _same(key, *sides)]


def _same(key: tuple[str, str], *sides: dict[tuple[str, str], Reading]) -> bool:
    pair = [side.get(key) for side in sides]
    return (
        all(one is not None and one.status == OK for one in pair) and len({one and one.manifest for one in pair}) == 1
    )


class _Ecosystem:
    """One side of an ecosystem: its environments, and whether it was searched completely."""

    def __init__(self, name: str, inventory: Inventory) -> None:
        found = [reading for reading in inventory.readings if reading.ecosystem == name]
        self.name = name
        self.slots = {one.environment: one for one in found if one.manifest is not None or one.environment}
        is_one = registry.is_one(name)
        if is_one:
            self.slots = {one.environment: one for one in found}
        self.whole = next((one for one in found if not one.environment and one.manifest is None), None)
        self.gaps = {(name, one.environment) for one in found if one.environment and one.status in {FAILED, PARTIAL}}
        self.is_recorded = bool(found)
        self.is_placed = is_one or "" not in self.slots
        self._covers = coverage(inventory.looked)

    def of(self, environment: str) -> Reading | None:
        return self.slots.get(environment)

    def has_searched(self, environment: str) -> bool:
        """Whether all that is around an environment was searched."""
        return self.is_complete and not unsearched(self.name, environment, self.gaps)

    def has_looked(self, other: Reading) -> bool:
        """Whether an environment that only the other side has was looked for here: it was not there."""
        return self._covers(self.name, other.environment, dict(other.facts).get("kind", ""))

    @property
    def is_complete(self) -> bool:
        """Whether the ecosystem was searched, except some homes; False where nobody says whose homes these are."""
        return self.is_recorded and self.is_placed and (self.whole is None or self.whole.status == ABSENT)


def _reason(pair: tuple[Reading | None, Reading | None], sides: tuple[_Ecosystem, _Ecosystem]) -> str:
    """Returns why an environment is left alone, or an empty string."""
    now, target = pair
    if target is None:
        return _reason_without_target(now, sides[1])
    if SKETCHED in target.facts:
        return "the snapshot has only names and versions of these packages, which is not enough for a restore"
    if target.status not in {OK, ABSENT}:
        return f"the packages were not read completely when the snapshot was made: {target.error or target.status}"
    if now is None:
        return _reason_without_now(target, sides[0])
    if now.status not in {OK, ABSENT}:
        return f"the packages cannot be read completely now: {now.error or now.status}"
    is_one_sided = registry.is_one(target.ecosystem) and (now.manifest is None) != (target.manifest is None)
    side = "in the snapshot" if now.manifest is None else "on this machine"
    return f"{target.ecosystem} exists only {side}" if is_one_sided else ""


def _reason_without_now(target: Reading, now: _Ecosystem) -> str:
    if now.is_recorded and not now.has_searched(target.environment):
        return "the environment was not found, and some directories could not be searched"
    if now.is_recorded and target.environment and not now.has_looked(target):
        return "nobody looked there now"
    return (
        ""
        if _is_site(target)
        else "the environment does not exist any more: make the environment again, then `cortex snapshot restore REV`"
    )


def _reason_without_target(now: Reading | None, target: _Ecosystem) -> str:
    if now is not None and now.manifest is None and now.status not in {OK, ABSENT}:
        return f"the packages cannot be read completely now: {now.error or now.status}"
    if not target.is_complete or (now is not None and not target.has_searched(now.environment)):
        return "the snapshot does not say whether this environment existed"
    if now is not None and now.environment and not target.has_looked(now):
        return "the snapshot did not look there: nobody knows what was in this environment, and it is not changed"
    return "" if _is_site(now) else "the environment did not exist when the snapshot was made, and is not changed"


def _made_anew(
    ecosystem: str, environment: str, pair: tuple[Reading | None, Reading | None], selection: Selection
) -> list[Left]:
    """Returns the facts of an environment that are not as they were: no restore of packages changes them.

    The interpreter of a directory of packages is elsewhere, and is not the directory's.
    """
    now, target = pair
    if now is None or target is None or selection.packages:
        return []
    found = [
        f"{name} is {new} now, and was {old} in the snapshot"
        for name, old, new in differing(target.facts, now.facts)
        if name == OWNER or not _is_site(now)
    ]
    reason = f"{'; '.join(found)}: a restore of packages does not change this"
    return [Left(ecosystem, environment, reason)] if found else []


def _is_site(reading: Reading | None) -> bool:
    if reading is None:
        return False
    facet = registry.rules(reading.ecosystem)
    return facet is not None and facet.is_site(reading)


def _unread(ecosystem: str, side: _Ecosystem, when: str) -> list[Left]:
    if not side.is_recorded:
        return [Left(ecosystem, "", f"the packages were not recorded {when}")]
    if side.whole is None or side.is_complete or side.whole.environment in side.slots:
        return []  # Where apt's one environment is meant, `choose` says the reason of that by itself.
    return [
        Left(ecosystem, "", f"the packages were not read completely {when}: {side.whole.error or side.whole.status}")
    ]


def _work(
    ecosystem: str,
    environment: str,
    pair: tuple[Reading | None, Reading | None],
    selection: Selection,
    compare: Compare,
) -> Work:
    facts = [reading.facts if reading is not None else () for reading in pair]
    manifests = [
        reading.manifest if reading is not None and reading.manifest is not None else Manifest(ecosystem, ())
        for reading in pair
    ]
    steps = steps_between(ecosystem, manifests[0], manifests[1], compare)
    chosen = tuple(step for step in steps if _is_chosen(ecosystem, step, selection))
    return Work(
        ecosystem, environment, facts[0] or facts[1], facts[1], manifests[0], manifests[1], chosen, selection.hold,
        is_new=pair[1] is None,
    )  # fmt: skip


def _is_chosen(ecosystem: str, step: Step, selection: Selection) -> bool:
    if selection.packages and not is_about(ecosystem, step.package, selection.packages):
        return False
    return not is_about(ecosystem, step.package, selection.exclude)


def check(selection: Selection, now: Inventory, target: Inventory) -> None:
    """Checks that a selection names what there is, before anything is changed: afterwards it may be gone.

    Raises:
        EcosystemError: The selection names one that cannot be restored.
        RequestError: It names an environment or a package that neither side knows.
    """
    for name in selection.only:
        registry.restorer(name)
    readings = [*now.readings, *target.readings]
    known = {reading.environment for reading in readings}
    for path in selection.environments:
        if path not in known:
            raise RequestError(
                f"the environment {path!r} is neither on this machine nor in the snapshot",
                hint=alike(path, known) or "`cortex snapshot show REV` lists the environments",
            )
    _check_packages((*selection.packages, *selection.exclude), readings)


def _check_packages(names: tuple[str, ...], readings: Iterable[Reading]) -> None:
    if not names:
        return
    known = {
        spelled(reading.ecosystem, row.name)
        for reading in readings
        if reading.manifest is not None
        for row in reading.manifest.packages
    }
    for name in names:
        if not any(spelled(ecosystem, name) in known for ecosystem in registry.able(registry.RESTORER)):
            message = f"the package {name!r} is neither on this machine nor in the snapshot"
            hint = alike(name, known) or "`cortex snapshot show REV --packages` lists the names"
            raise RequestError(message, hint=hint)
