"""The documents of `restore` and `undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.json import plan as plan_json
from cortexrepo.formats.json.document import document

if TYPE_CHECKING:
    from cortexrepo.formats.json.document import Document
    from cortexrepo.model.outcome import Outcome
    from cortexrepo.model.plan import Plan


def restored(command: str, plan: Plan, outcome: Outcome | None) -> Document:
    """Returns the document of `restore` or `undo`; without an outcome nothing was done."""
    ended = None if outcome is None else _outcome(outcome)
    return document(command, {**plan_json.fields(plan), "outcome": ended})


def _outcome(outcome: Outcome) -> Document:
    return {
        "exact": outcome.is_exact,
        "safety": outcome.safety,
        "recorded": outcome.recorded,
        "unseen": outcome.unseen,
        "done": dict(outcome.done),
        "differences": [
            {
                "ecosystem": one.ecosystem,
                "environment": one.environment,
                "package": one.package,
                "reason": one.reason,
            }
            for one in outcome.differences
        ],
        "left": [plan_json.left(one) for one in outcome.left],
    }
