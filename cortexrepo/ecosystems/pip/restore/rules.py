"""What `cortexrepo.restore.plan.steps`, which makes the steps of a restore, must know of pip. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.content import alike
from cortexrepo.model.package import EDITABLE, REQUESTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Settlement
    from cortexrepo.ecosystems.contract.versions import Compare
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

MARKS = REQUESTED
_SITES = frozenset({"user", "local", "system"})
"""Directories of an interpreter that is elsewhere: without packages they need not exist, yet all can be put there."""


def merged(steps: Sequence[Step], compare: Compare) -> list[Step]:  # noqa: ARG001 -- pip has no architectures
    """See `Rules.merged`."""
    return list(steps)


def settlement(before: Package, after: Package) -> Settlement | None:  # noqa: ARG001 -- pip has no states
    """See `Rules.settlement`."""
    return None


def kept(before: Package | None, after: Package) -> str:
    """See `Rules.kept`: what is installed from a directory as it stands is the directory's to change."""
    if not after.flags & EDITABLE or (before is not None and _differ_in_marks_alone(before, after)):
        return ""
    url = after.attribute("url")
    return (
        f"version {after.version} was installed as editable from {url or 'a directory'}, and a restore leaves it alone"
        ": change to this version there, then `pip install --editable DIRECTORY`"
    )


def _differ_in_marks_alone(before: Package, after: Package) -> bool:
    flags = (before.flags & ~MARKS) | (after.flags & MARKS)
    return alike(before._replace(flags=flags), after)


def is_site(reading: Reading) -> bool:
    """See `Rules.is_site`."""
    return dict(reading.facts).get("kind") in _SITES


def may_have_book(kind: str) -> bool:
    """See `Rules.may_have_book`: the kind may only say by which way an environment was found."""
    return kind in {"pipx", "uv-tool", "venv"}


def contents(environment: str) -> str:
    """See `Rules.contents`; asked only of what `is_site` says is one."""
    return environment


def runs(environment: str, prefix: str) -> bool:
    """See `Rules.runs`; not of the directories that the distribution's own interpreter shares with all users."""
    site = environment.removeprefix(f"{prefix}/lib/") if prefix != "/usr" else environment
    return environment == prefix or (site != environment and site.count("/") == 1)
