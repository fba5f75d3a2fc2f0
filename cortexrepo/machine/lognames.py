"""The names that logrotate, savelog and their like give the older files of a log, and their order. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_PACKED = re.compile(r"\.(?:gz|xz|bz2|zst|lzma|lz4|lzo|Z|zip)$")
_NUMBER = re.compile(r"[.\-_](?P<number>[0-9]{1,3}|0[0-9]{3}|1[0-8][0-9]{2})$")
_DATE = re.compile(r"[.\-_]?(?P<date>[0-9][0-9TWtwZz:_.+\-]{3,})$")
_MOMENT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{2}:[0-9]{2}:[0-9]{2}")
_DIGITS = re.compile(r"[0-9]+")
_SEPARATORS = (".", "-", "_", "~")
_SECONDS = 10
_FORM = "%Y-%m-%d %H:%M:%S"


class Name(NamedTuple):
    """The name of one file of a log.

    Attributes:
        name: The name.
        number: Its number, for one that is counted: the higher, the older.
        date: Its digits, for one that is dated.
        packed: Whether its ending says that it is compressed.
    """

    name: str
    number: int | None = None
    date: str = ""
    packed: bool = False

    @property
    def is_current(self) -> bool:
        """Whether this is the file that is written now."""
        return self.number is None and not self.date


def sorted_out(names: Iterable[str], current: str) -> tuple[list[Name], list[str]]:
    """Returns the names of a log's files, each part once, and those that may be one of them and say nothing more.

    Args:
        names: All names in the log's directory.
        current: The name of the file that is written now.
    """
    found: dict[tuple[int | None, str], Name] = {}
    strange = []
    for name in sorted(names):
        one = _parsed(name, current)
        if one is None:
            if name.startswith(tuple(f"{current}{separator}" for separator in _SEPARATORS)):
                strange.append(name)
            continue
        known = found.get((one.number, one.date))
        if known is None or (known.packed and not one.packed):
            found[one.number, one.date] = one
    return list(found.values()), strange


def _parsed(name: str, current: str) -> Name | None:
    plain = _PACKED.sub("", name)
    stem, dot, ending = current.rpartition(".")
    if plain.startswith(current):
        suffix = plain.removeprefix(current)
    elif dot and plain.startswith(stem) and plain.endswith(f".{ending}"):
        suffix = plain[len(stem) : -len(ending) - 1]
    else:
        return None
    is_packed = plain != name
    if not suffix:
        return None if is_packed else Name(name)
    if number := _NUMBER.fullmatch(suffix):
        return Name(name, number=int(number["number"]), packed=is_packed)
    date = _DATE.fullmatch(suffix)
    return Name(name, date="".join(_DIGITS.findall(date["date"])), packed=is_packed) if date else None


def is_packed(name: str) -> bool:
    """Returns whether a name's ending says that the file is compressed."""
    return _PACKED.search(name) is not None


def moment(head: bytes) -> str:
    """Returns the first date and time in a text as `2026-10-01 12:00:00`; empty where there is none."""
    found = _MOMENT.search(head)
    return " ".join(found[0].decode("ascii").split()) if found else ""


def in_order(names: Sequence[Name], begins: Mapping[str, str]) -> Iterator[Name | int]:
    """Yields the names from the oldest on; a number stands for a file that must have been there.

    Args:
        names: The names.
        begins: The first moment in each file, as `moment` returns it.
    """
    counted = sorted((one for one in names if one.number is not None), key=lambda one: -(one.number or 0))
    dated = sorted((one for one in names if one.date), key=lambda one: begins[one.name] or _dated(one.date))
    current = [one for one in names if one.is_current]
    whole = list(_with_gaps(counted))
    if counted and dated and _begin(dated, begins) < _begin(counted, begins):
        yield from (*dated, *whole, *current)
    else:
        yield from (*whole, *dated, *current)


def _begin(names: Sequence[Name], begins: Mapping[str, str]) -> str:
    return min(filter(None, (begins[one.name] for one in names)), default="")


def _with_gaps(counted: Sequence[Name]) -> Iterator[Name | int]:
    """Yields counted names, and the number of one that is left out between them, or before the newest."""
    for place, one in enumerate(counted):
        yield one
        number = one.number or 0
        after = counted[place + 1].number if place + 1 < len(counted) else 0
        if number - (after or 0) > 1:
            yield number - 1


def numbered(path: str, names: Sequence[Name], number: int) -> str:
    """Returns how the file with that number would be called: as the others are."""
    directory, _, current = path.rpartition("/")
    like = next(one for one in names if one.number is not None)
    plain = _PACKED.sub("", like.name)
    stem = current if plain.startswith(current) else current.rpartition(".")[0]
    suffix = re.sub(r"[0-9]+", str(number), plain.removeprefix(stem), count=1)
    return f"{directory}/{stem}{suffix}"


def _dated(digits: str) -> str:
    """Returns what a date in a name says, in the form of `moment`: when the file was set aside."""
    import datetime as dt

    if len(digits) == _SECONDS and digits.startswith("1"):
        return dt.datetime.fromtimestamp(int(digits), dt.UTC).strftime(_FORM)
    padded = f"{digits:0<14}"
    return f"{padded[:4]}-{padded[4:6]}-{padded[6:8]} {padded[8:10]}:{padded[10:12]}:{padded[12:14]}"
