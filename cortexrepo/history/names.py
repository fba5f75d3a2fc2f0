"""Names that somebody may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import AbsentError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.history.rows import Rows
    from cortexrepo.history.sightings import Sighting
    from cortexrepo.history.subject import Subject

_OFFERED = 3
_WILD = str.maketrans("", "", "*?[]")


def alike(text: str, known: Iterable[str]) -> str:
    """Returns a hint with the names most like `text`, or an empty string where none is like it."""
    from difflib import get_close_matches

    found = get_close_matches(text, sorted(known), n=_OFFERED)
    return f"did you mean {' or '.join(found)}?" if found else ""


def unknown(found: Iterable[Sighting], rows: Rows, subject: Subject, recorded: Iterable[str]) -> RequestError:
    """Returns the error for a package that no snapshot has, with the names most like it among all that one has.

    Where the package is named with a prefix that is neither a name nor one of the recorded ecosystems, the error is
    that the ecosystem is unknown.
    """
    names: set[str] = set()
    # Those of one environment one behind the other, as they are packed: each is read by what it has of its own.
    ordered = sorted(found, key=lambda one: (one.key, -one.at))
    for ecosystem, identity in dict.fromkeys((one.ecosystem, one.object) for one in ordered):
        if identity is not None and subject.typed(ecosystem) is not None:
            names.update(rows.names(ecosystem, identity))
    if subject.prefix and subject.prefix not in names:
        prefix, like = f"{subject.prefix!r:.80}", alike(subject.prefix, names)
        ecosystems = f"the recorded ecosystems are: {', '.join(sorted(recorded)) or 'none'}"
        return RequestError(
            f"{prefix} is unknown here as an ecosystem, and no snapshot has a package {subject.text!r:.80}",
            hint=f"{like} {ecosystems}" if like else ecosystems,
        )
    message = f"no snapshot has a package {subject.text!r:.80}"
    bare = subject.word.translate(_WILD).lower()
    part = f"search for a part of the name: '*{bare[:20]}*'"
    hint = (alike(bare, names) or part) if bare else "`cortex snapshot show --packages` shows the packages"
    return AbsentError(message, hint=hint)
