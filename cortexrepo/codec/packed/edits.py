"""Edits: how one version came from another, in four small facts that are alike for many packages.

The end of the old version is cut off. A number that begins the cut part may be raised by a step. Some characters behind
the number are dropped, a text takes their place, and the rest of the cut part follows: `1.4-9+b1` to `1.4-10+b1` is a
cut of 4, a step of 1, and nothing dropped. All counts are in characters, and digits are those of ASCII.
"""

from __future__ import annotations

from cortexrepo.errors import CorruptError

STEP_LIMIT = 1 << 16
"""A number is raised by less than this; a larger step is a text, so that the column of steps stays narrow."""
_DIGITS = "0123456789"
_ZERO, _NINE = 0x30, 9
_ONES = [b"%d" % digit for digit in range(_NINE + 1)]
_TEXT, _SHORT = 0xA0, 0xBF
"""The heads of an empty text, and of the longest one whose head is one byte."""
_FARTHEST = _SHORT - _TEXT + 2
"""Behind a name whose head is one byte, the architecture begins here at the latest."""
_LONGEST, _LARGEST = _SHORT - _TEXT, 0x7F
"""The length of that text, and the largest number that is one byte."""
_RUN_LIMIT = 18
"""A run of more digits is no number, so that no number is too long for a machine."""


Edit = tuple[int, int, int, str]
"""How many characters at the end of the old version begin with the first that changed; by how much the number there is
raised, 0 where none is; how many characters behind the number are left out; and what takes their place."""


def between(old: str, new: str) -> Edit:
    """Returns the edit that makes `new` of `old`; `apply` takes it back."""
    same = same_beginning(old, new)
    start, step, old_rest, new_rest = _numbered(old, new, same) or (same, 0, old[same:], new[same:])
    kept = _same_ending(old_rest, new_rest)
    return len(old) - start, step, len(old_rest) - kept, new_rest[: len(new_rest) - kept]


def apply(old: str, edit: Edit) -> str:
    """Returns the version that an edit makes of `old`; raises CorruptError where it does not fit."""
    cut, step, drop, text = edit
    start = len(old) - cut
    if start < 0:
        raise CorruptError("the file is damaged: more is cut off a version than it has")
    head, rest = old[:start], old[start:]
    if step:
        tail = rest.lstrip(_DIGITS)
        count = len(rest) - len(tail)
        if not 0 < count <= _RUN_LIMIT or step >= STEP_LIMIT:
            raise CorruptError("the file is damaged: a version has no number where one is raised")
        head, rest = head + str(int(rest[:count]) + step).zfill(count), tail
    if not drop:
        return head + text + rest
    if drop > len(rest):
        raise CorruptError("the file is damaged: more of a version is dropped than it has")
    return head + text + rest[drop:]


def quick(row: bytes, edit: tuple[int, int, int, bytes]) -> bytes | None:
    """Returns the bytes that a row has with another version, or None where that takes more care than most rows need.

    The row is canonical msgpack, its version and the edit's text are ASCII. Nothing is taken apart: what is short has
    a head of one byte, and so what changes is at a place that follows from three of them. A long history asks for this
    more often than for anything else: one function, and every digit looked at once.
    """
    cut, step, drop, text = edit
    arch = row[1] - _TEXT + 2
    if arch > _FARTHEST or (head := row[arch]) > _SHORT:
        return None
    at = arch + head - _TEXT + 1
    head = row[at]
    start = at + 1 + head - _TEXT - cut
    if head > _SHORT or start <= at:
        return None
    count = 0
    if step:
        count, number = 1, row[start] - _ZERO
        if not 0 <= number <= _NINE or not cut or step >= STEP_LIMIT:
            return None
        while count < cut and 0 <= (digit := row[start + count] - _ZERO) <= _NINE:
            number = number * 10 + digit
            count += 1
        number += step
        raised = _ONES[number] if count == 1 and number <= _NINE else b"%0*d" % (count, number)
        text = raised + text if text else raised
        drop += count
    if drop > cut or count > _RUN_LIMIT:
        return None
    grown = len(text) - drop
    if not grown:
        return row[:start] + text + row[start + drop :]
    head += grown
    return b"%b%c%b%b%b" % (row[:at], head, row[at + 1 : start], text, row[start + drop :]) if head <= _SHORT else None


def short_row(name: bytes, arch: bytes, version: bytes, flags: int) -> bytes | None:
    """Returns a row without attributes as canonical msgpack, or None where one of its heads takes more than a byte.

    All texts are UTF-8.
    """
    if len(name) > _LONGEST or len(arch) > _LONGEST or len(version) > _LONGEST or flags > _LARGEST:
        return None
    heads = _TEXT + len(name), _TEXT + len(arch), _TEXT + len(version)
    return b"\x95%c%b%c%b%c%b%c\x90" % (heads[0], name, heads[1], arch, heads[2], version, flags)


def same_beginning(old: str, new: str) -> int:
    """Returns how many characters two texts begin with that are the same."""
    for place, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return place
    return min(len(old), len(new))


def _same_ending(old: str, new: str) -> int:
    """Returns how much of both ends is the same, from a separator on: a digit that is the same by chance is none."""
    if old == new:
        return len(old)
    found = 0
    for length in range(1, min(len(old), len(new)) + 1):
        if old[-length] != new[-length]:
            break
        if not old[-length].isalnum():
            found = length
    return found


def _numbered(old: str, new: str, same: int) -> tuple[int, int, str, str] | None:
    """Returns where a raised number begins, its step and what is behind it in both; None where none was raised."""
    start = same
    while start and old[start - 1] in _DIGITS:
        start -= 1
    for place in (same, start):
        digits, raised = _run(old[place:]), _run(new[place:])
        if digits and raised:
            step = int(raised) - int(digits)
            if 0 < step < STEP_LIMIT and _raised(digits, step) == raised:
                return place, step, old[place + len(digits) :], new[place + len(raised) :]
    return None


def _run(text: str) -> str:
    """Returns the digits that a text begins with, or nothing where they are too many for a number."""
    digits = text[: len(text) - len(text.lstrip(_DIGITS))]
    return digits if len(digits) <= _RUN_LIMIT else ""


def _raised(digits: str, step: int) -> str:
    """Returns a raised number, with as many digits as before, or more."""
    return str(int(digits) + step).zfill(len(digits))
