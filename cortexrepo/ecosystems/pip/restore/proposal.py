"""What a restore would do in one Python environment, and where it would take everything from."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.restoring import KEEP, Proposal
from cortexrepo.ecosystems.pip.environments.interpreter import ask
from cortexrepo.ecosystems.pip.environments.layout import layout_of
from cortexrepo.ecosystems.pip.restore.obstacles import (
    about,
    found_at_once,
    found_in_files,
    found_in_mounts,
    is_installed,
    label,
)
from cortexrepo.ecosystems.pip.restore.supply import Supply
from cortexrepo.errors import CortexError
from cortexrepo.model.plan import MARK, Risk

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.restoring import Room, Work
    from cortexrepo.ecosystems.pip.environments.layout import Layout
    from cortexrepo.ecosystems.pip.restore.supply import Offer
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Obstacle, Step

_OTHERS = "run the command as the owner, or name the others: `cortex snapshot restore REV --environment OTHER`"


def proposal(work: Work, room: Room) -> Proposal:
    """Returns the steps with their sources and everything against them.

    Wheels that are not kept are fetched into the staging directory: only that says for sure that they are available.
    """
    obstacles = found_at_once(work)
    refused = {one.package for one in obstacles}
    sound = [step for step in work.steps if label(step) not in refused]
    offers: dict[Package, Offer] = {}
    try:
        layout = layout_of(work.environment, work.facts)
        mounts = room.machine.mounts()
        obstacles += found_in_mounts(work, layout, mounts) or _unwritable(work, layout)
        obstacles += found_in_files(work, layout, sound, mounts)
        supplied = [step for step in sound if is_installed(step)]
        if supplied and not any(one.kind == "environment" and not one.package for one in obstacles):
            offers, missing = _offers(work, supplied, layout, room)
            obstacles += missing
    except CortexError as error:
        return Proposal(work.steps, (*obstacles, about(work, "environment", None, str(error), error.hint)))
    space = sum(offer.unpacked for offer in offers.values())
    lacking = space - room.machine.free(layout.site)
    if lacking > 0:
        reason = f"{lacking} bytes more must be free on the disk of {layout.site}"
        obstacles.append(about(work, "space", None, reason, f"make room: `df {layout.site}` shows the free space"))
    steps = tuple(_with_source(step, offers) for step in work.steps)
    return Proposal(steps, tuple(obstacles), tuple(_risks(work, layout)), space)


def _unwritable(work: Work, layout: Layout) -> list[Obstacle]:
    """Returns an obstacle where this user cannot change the environment."""
    if os.access(layout.site, os.W_OK | os.X_OK) and os.access(layout.beside, os.W_OK | os.X_OK):
        return []
    return [about(work, "privilege", None, f"this user may not write to {layout.site}", _OTHERS)]


def _offers(work: Work, steps: list[Step], layout: Layout, room: Room) -> tuple[dict[Package, Offer], list[Obstacle]]:
    """Returns where everything comes from, and an obstacle for whatever is not available."""
    supply = Supply(room, ask(room.machine, layout))
    offers = supply.offers([step.package for step in steps])
    lacking = [step for step in steps if step.package in supply.reasons]
    return offers, [about(work, "missing", step, supply.reasons[step.package], KEEP) for step in lacking]


def _with_source(step: Step, offers: dict[Package, Offer]) -> Step:
    offer = offers.get(step.package) if is_installed(step) else None
    return step._replace(source=offer.source if offer is not None else None)


def _risks(work: Work, layout: Layout) -> list[Risk]:
    """Returns what a person should know: that pip itself changes, or that this program runs from here."""
    found = [
        Risk("package-manager", work.ecosystem, work.environment, label(step), "pip itself is changed")
        for step in work.steps
        if step.package.name == "pip" and step.kind != MARK
    ]
    here = os.path.realpath(posixpath.dirname(__file__))
    if here.startswith(layout.site + "/"):
        reason = "cortex itself runs from this environment"
        found.append(Risk("this-tool", work.ecosystem, work.environment, "", reason))
    return found
