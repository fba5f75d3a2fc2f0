"""What a person types to name a snapshot, taken apart. Pure."""

from __future__ import annotations

from cortexrepo.errors import RevisionError
from cortexrepo.model.ids import HEX
from cortexrepo.named import NamedTuple

LIVE = "live"
"""The machine now. Not in any repository: whoever asks has to collect."""
LATEST = "latest"
HINT = "a revision is an id or its beginning, a tag, a message, latest, latest~2, @{2026-03-01}, @{yesterday} or live"
_ID = 32
_LONGEST = 1024
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")


class Revision(NamedTuple):
    """A revision: `base` (`latest`, a tag, an id's beginning, a message) or `when`; then `back` snapshots earlier."""

    base: str
    when: str
    back: int


def parse(text: str) -> Revision:
    """Returns the parts of a revision; raises RevisionError when it cannot be one."""
    rest, _, steps = text.partition("~")
    back = 0
    if "~" in text:
        if not (steps == "" or (steps.isascii() and steps.isdigit() and len(steps) <= 9)):  # noqa: PLR2004 -- fits anything
            raise _malformed(text)
        back = int(steps or 1)
    if rest.startswith("@{") and rest.endswith("}") and len(rest) > len("@{}"):
        return Revision("", rest[2:-1], back)
    if not rest or len(rest) > _LONGEST or rest[0] in ".-@" or not rest.isprintable():
        raise _malformed(text)
    return Revision(rest, "", back)


def is_word(base: str) -> bool:
    """Returns whether a base may be a tag or the beginning of an id: else it can only be a message."""
    return len(base) <= 128 and _ALLOWED.issuperset(base)  # noqa: PLR2004 -- a tag's length


def split_range(text: str) -> tuple[str, str] | None:
    """Returns both sides of `A..B` (an empty one is `latest` before, `live` after), or None when it is not a range."""
    left, dots, right = text.partition("..")
    if not dots or text.startswith(("../", "./")) or "/" in text:
        return None
    return left or LATEST, right or LIVE


def check_tag(name: str) -> str:
    """Returns what is wrong with a tag's name, or an empty string."""
    if not name or len(name) > 64 or not _ALLOWED.issuperset(name):  # noqa: PLR2004 -- the rule itself
        return "a tag is 1 to 64 letters, digits and ._+-"
    if name[0] in ".-" or ".." in name or name.endswith((".lock", ".tmp")):
        return "a tag does not begin with . or -, hold .. or end in .lock or .tmp"
    if name in {LIVE, LATEST}:
        return "live and latest are reserved words"
    if HEX.issuperset(name) and 4 <= len(name) <= _ID:  # noqa: PLR2004 -- the shortest prefix of an id
        return "the name looks like the beginning of an id"
    return ""


def _malformed(text: str) -> RevisionError:
    shown = text if len(text) <= 40 else text[:40] + "..."  # noqa: PLR2004 -- fits a line
    return RevisionError(f"not a revision: {shown!r}", hint=HINT)
