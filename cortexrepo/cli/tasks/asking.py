"""What `search` and `log` say where nothing was found: no, or not known, because not everything was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.cli.exit_codes import exit_code
from cortexrepo.cli.screen.result import Result
from cortexrepo.errors import UnlookedError
from cortexrepo.formats.json.history import absent
from cortexrepo.formats.text.quantities import counted
from cortexrepo.formats.text.unlooked import unlooked as drawn
from cortexrepo.history.unlooked import NO_SNAPSHOT, NOBODY, NOT_RECORDED, UNSAID, unlooked

if TYPE_CHECKING:
    from cortexrepo.errors import AbsentError
    from cortexrepo.history.past import Past
    from cortexrepo.history.subject import Subject

_WAYS = {
    NOT_RECORDED: "for the next time, record every ecosystem: `cortex snapshot create`",
    NOBODY: "for the next time, name the environment: `cortex snapshot create --environment PATH`",
    UNSAID: "for the next time, record where was looked: `cortex snapshot create`",
    NO_SNAPSHOT: "leave out --since and --until",
}
_READ = "for the next time, let root read what you may not: `sudo cortex snapshot create`"
"""The way out for any other reason: something could not be read."""


def note_of(past: Past, subject: Subject | None) -> list[str]:
    """Returns a line that says that not everything was looked at, if that is so; for packages that are named."""
    if subject is None:
        return []
    gaps = unlooked(past, subject)
    if not gaps:
        return []
    parts = counted(len(gaps), "part")
    shown = f"{subject.text!r:.80}"
    return [f"note: not everything was looked at: {parts} of the past cannot show {shown}; --json names each"]


def nothing_found(past: Past, subject: Subject, error: AbsentError) -> Result:
    """Returns the answer to a question that found nothing."""
    gaps = unlooked(past, subject)
    if gaps:
        ways = dict.fromkeys(_WAYS.get(one.reason, _READ) for one in gaps)
        hint = "; ".join(dict.fromkeys([*([error.hint] if error.hint else []), *ways]))
        error = UnlookedError(f"{error}, but not everything was looked at", hint=hint)
    return Result(
        document=lambda: absent(error, gaps),
        lines=lambda _: (),
        notes=lambda style: drawn(gaps, style, machines=len(past.newest) > 1),
        errors=lambda: [(str(error), error.hint)],
        code=lambda: exit_code(error),
    )
