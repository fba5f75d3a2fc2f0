from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.formats.text import table
from cortexrepo.formats.text.style import GREEN, Style
from cortexrepo.formats.text.table import Cell, align, columns_of, cut

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=30)


def test_columns_line_up_and_trailing_blanks_are_removed() -> None:
    rows = [[Cell("a"), Cell("long"), Cell("")], [Cell("bbb"), Cell("x"), Cell("z")]]
    assert align(rows, Style()) == ["a    long", "bbb  x     z"]


def test_a_column_that_is_empty_in_every_row_takes_no_room() -> None:
    assert align([[Cell("a"), Cell(""), Cell("b")]], Style(), indent="  ") == ["  a  b"]


def test_wide_characters_take_two_columns_and_combining_marks_none() -> None:
    assert columns_of("日本") == 4
    assert columns_of("e\u0301") == 1
    assert align([[Cell("日"), Cell("x")], [Cell("ab"), Cell("y")]], Style()) == ["日  x", "ab  y"]


def test_the_flexible_column_gives_way_first() -> None:
    row = [Cell("id"), Cell("a long message that is cut"), Cell("[tag]")]
    assert align([row], Style(width=24), flexible=(1,)) == ["id  a long messa…  [tag]"]


def test_columns_are_left_out_before_one_is_cut() -> None:
    row = [Cell("id"), Cell("a message"), Cell("counts"), Cell("[tag]")]
    assert align([row], Style(width=25), flexible=(3, 1), dropped=(2,)) == ["id  a message  [tag]"]
    assert align([row], Style(width=28), flexible=(3, 1), dropped=(2,)) == ["id  a message  counts  [tag]"]
    assert align([row], Style(width=18), flexible=(3, 1), dropped=(2,)) == ["id  a messa…  [ta…"]


def test_colours_do_not_count_as_width() -> None:
    row = [Cell("id", (GREEN,)), Cell("message"), Cell("end")]
    line = align([row], Style(width=16, colour=True), flexible=(1,))[0]
    assert line == "\x1b[32mid\x1b[0m  message  end"


def test_where_there_is_no_unicode_three_dots_stand_for_the_rest() -> None:
    assert cut("abcdefgh", 6, Style(unicode=False)) == "abc..."
    assert cut("abcdefgh", 2, Style(unicode=False)) == "ab"


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5), st.integers(1, 60), st.booleans())
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], width: int, unicode: bool) -> None:  # noqa: FBT001 -- hypothesis passes it
    style = Style(width=width, unicode=unicode, colour=True)
    for line in align([[Cell(text, (GREEN,)) for text in row] for row in rows], style, flexible=(1,)):
        assert columns_of(re.sub(r"\x1b\[\d*m", "", line)) <= width


@given(
    st.lists(st.tuples(WORDS, st.sampled_from(["", "x"]), WORDS), max_size=9),
    st.integers(1, 4),
    st.sampled_from([Style(), Style(width=20), Style(colour=True)]),
)
def test_rows_that_are_drawn_in_parts_are_drawn_as_at_once(
    texts: list[tuple[str, str, str]], most: int, style: Style
) -> None:
    rows = [[Cell(text, (GREEN,)) for text in row] for row in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "AT_ONCE", most)
        assert list(table.streamed(lambda: iter(rows), style)) == align(rows, style)
