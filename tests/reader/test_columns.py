"""The second reader and the product agree on the small parts: edits of versions, columns, kinds of records."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from support.repositories import golden

from cortexrepo.codec import records as product_records
from cortexrepo.codec.packed import columns, edits
from cortexrepo.errors import CorruptError, FormatVersionError
from reader import changes, records
from reader import columns as second
from reader.values import DamagedError, NewerError

if TYPE_CHECKING:
    from collections.abc import Callable

VERSIONS = ("", "7", "007", "1.09-9+b1", "0099", "x9y", f"1.{'9' * 18}-1", f"1.{'9' * 19}", "²3", "1é2", "0")


def said(read: Callable[[], object]) -> object:
    try:
        return read()
    except (CorruptError, DamagedError):
        return "damaged"
    except (FormatVersionError, NewerError):
        return "newer"


@pytest.mark.parametrize("old", VERSIONS)
def test_both_make_the_same_version_of_an_old_one(old: str) -> None:
    seen = set()
    for cut, step, drop, text in product(range(len(old) + 2), (0, 1, 2, 991, 65535), (0, 1, 2, 30), ("", "+é")):
        ours = said(lambda: edits.apply(old, (cut, step, drop, text)))  # noqa: B023 -- called at once
        assert ours == said(lambda: changes.edited(old, cut, step, drop, text))  # noqa: B023
        seen.add(ours)
    assert len(seen) > 1


def test_a_raised_number_keeps_its_zeros() -> None:
    assert changes.edited("1.007-2", 5, 2, 0, "") == "1.009-2"
    assert changes.edited("1.099", 3, 1, 0, "") == "1.100"
    assert changes.edited("1.99", 2, 1, 0, "") == "1.100"


@pytest.mark.parametrize("width", [0, 1, 2, 3, 4, 8, 9])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_both_read_the_same_from_a_column(width: int, count: int) -> None:
    for length in (count * width, count * width + 1, max(count * width - 1, 0)):
        column = bytes((width,)) + bytes(range(200, 200 + length))
        assert said(lambda: columns.decode(column, count)) == said(lambda: second.numbers(column, count))  # noqa: B023
        walked = said(lambda: columns.decode_walk(column, count))  # noqa: B023
        ours = "damaged" if isinstance(walked, list) and min(walked, default=0) < 0 else walked
        assert ours == said(lambda: second.steps(column, count))  # noqa: B023


@pytest.mark.parametrize("kind", range(13))
def test_a_record_of_another_kind_is_damaged_or_newer_whatever_is_in_it(kind: int) -> None:
    _, mark = golden.MARKS["mark"]
    value = [mark.name, bytes.fromhex(mark.snapshot), mark.made_at, [], []]
    sealed = records.record(kind, value)
    wanted = product_records.MARK
    ours = said(lambda: product_records.decode_mark(wanted, sealed))
    theirs = said(lambda: records.mark(sealed, mark.name))
    if kind == wanted:
        assert isinstance(ours, product_records.Mark)
        assert isinstance(theirs, records.Tag)
    else:
        assert ours == theirs == ("newer" if kind > 9 else "damaged")
