"""Laws of the long list: drawn afresh or kept from before, it is byte for byte the list that is drawn row by row."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from typing import TYPE_CHECKING
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st
from support.repositories.lives import Deed, Life, lives

from cortexrepo.cli.screen import everything
from cortexrepo.cli.screen.terminal import _zone
from cortexrepo.errors import CorruptError
from cortexrepo.formats.text.listing import snapshots
from cortexrepo.formats.text.style import Style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.damage import Damage

_ZONES = ("UTC", "Europe/Berlin", "XXX-5:45")
_FILLED: list[Deed] = [*[("create", 4, 0)] * 6, ("collect", 0, 1)]
_TAGGED: list[Deed] = [*_FILLED, ("tag", 1, 0), ("tag", 5, 1), ("delete", 2, 0), ("undelete", 2, 0), ("create", 4, 3)]
_GROWN: list[Deed] = [*_FILLED, *[("create", 4, how) for how in (1, 2, 3, 4, 5)], ("delete", 9, 0), ("collect", 0, 2)]
_SEVERAL: list[Deed] = [*_FILLED, ("create", 5, 0), ("create", 0, 1), ("collect", 0, 2), ("create", 5, 4)]


def row_by_row(life: Life, style: Style) -> tuple[bytes, tuple[Damage, ...]]:
    found = life.again().listing(linked=False)
    text = "".join(f"{line}\n" for line in snapshots(found.snapshots, found.tags, style))
    return text.encode(), found.damaged


def as_a_whole(life: Life, style: Style) -> tuple[bytes, tuple[Damage, ...]]:
    overview = life.again().past.overview()
    written = b"".join(everything.streamed(overview, style).parts)
    return written, tuple(overview.damaged)


@contextlib.contextmanager
def zone(name: str) -> Iterator[None]:
    with mock.patch.dict(os.environ, TZ=name):
        time.tzset()
        yield
    time.tzset()


looks = st.lists(st.tuples(st.sampled_from(_ZONES), st.booleans()), min_size=1, max_size=3)


@given(lives, looks)
@example(_TAGGED, [("UTC", True)])
@example(_GROWN, [("UTC", True), ("Europe/Berlin", True)])
@example(_SEVERAL, [("XXX-5:45", False), ("XXX-5:45", True)])
def test_kept_or_not_the_list_is_the_same_after_whatever_was_done(
    life: list[Deed], looked: list[tuple[str, bool]]
) -> None:
    lived = Life()
    with tempfile.TemporaryDirectory() as place, mock.patch.dict(os.environ, CORTEX_CACHE=f"{place}/cache"):
        for number, deed in enumerate(life, start=1):
            lived.do(deed)
            # In turn, and at the end in each way.
            for name, unicode in looked if number == len(life) else (looked[number % len(looked)],):
                with zone(name):
                    style = Style(unicode=unicode, zone=_zone)
                    wanted = row_by_row(lived, style)
                    assert as_a_whole(lived, style) == wanted
                    assert as_a_whole(lived, style) == wanted


@given(lives, st.data())
@example(_TAGGED, None)
def test_what_is_damaged_is_named_beside_the_rest(life: list[Deed], data: st.DataObject | None) -> None:
    lived = Life()
    with tempfile.TemporaryDirectory() as place, mock.patch.dict(os.environ, CORTEX_CACHE=place):
        for deed in (*_FILLED, *life):
            lived.do(deed)
        as_a_whole(lived, Style())
        keys = [f"{kind}/{name}" for kind in ("refs", "segments") for name in lived.memory.names(kind)]
        key = data.draw(st.sampled_from(keys)) if data is not None else keys[-1]
        lived.memory.write(key, lived.memory.read(key)[:-1])
        wanted = row_by_row(lived, Style())
        assert wanted[1] or data is not None
        assert as_a_whole(lived, Style()) == wanted


def test_what_was_kept_is_used_and_nothing_of_the_segments_is_opened() -> None:
    lived = Life()
    for deed in _FILLED:
        lived.do(deed)
    with tempfile.TemporaryDirectory() as place, mock.patch.dict(os.environ, CORTEX_CACHE=place):
        wanted = as_a_whole(lived, Style())
        lived.do(("create", 4, 0))
        with mock.patch("cortexrepo.codec.packed.segments.decode", side_effect=AssertionError):
            found = as_a_whole(lived, Style())
        assert found[0].endswith(wanted[0])
        assert found == row_by_row(lived, Style())


def test_where_something_in_a_segment_makes_no_sense_nothing_is_kept_so_that_it_is_named_each_time() -> None:
    lived = Life()
    for deed in _FILLED:
        lived.do(deed)
    with tempfile.TemporaryDirectory() as place, mock.patch.dict(os.environ, CORTEX_CACHE=place):
        with mock.patch("cortexrepo.codec.refs.in_order", side_effect=CorruptError("no order")):
            wanted = row_by_row(lived, Style())
            assert len(wanted[1]) == 6
            assert [as_a_whole(lived, Style()) for _ in range(2)] == [wanted] * 2
        assert as_a_whole(lived, Style()) == row_by_row(lived, Style())
