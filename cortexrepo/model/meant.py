"""The revision that a person may have meant who typed a moment, or a word of git's."""

from __future__ import annotations

from cortexrepo.errors import RevisionError
from cortexrepo.model.revision import LATEST, LIVE

_LATEST = frozenset({"head", "last", "newest", "tip"})
_LIVE = frozenset({"now", "machine", "system", "current"})


def meant(text: str, now_ms: int) -> str:
    """Returns the revision, or an empty text: `@{yesterday}` for `yesterday`, `latest~1` for `HEAD~1` and `HEAD^`."""
    base, tilde, steps = text.partition("~")
    while base.endswith("^"):
        base, tilde, steps = base[:-1], "~", str(int(steps or 0) + 1)
    if base.lower() in _LATEST or (base == LATEST and "^" in text):
        return f"{LATEST}{tilde}{steps or '1'}" if tilde else LATEST
    if tilde:
        return ""
    if base.lower() in _LIVE:
        return LIVE
    from cortexrepo.model.when import parse_when  # datetime is dear, and few names are wrong

    try:
        parse_when(text, now_ms)
    except RevisionError:
        return ""
    return f"@{{{text}}}"
