from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.formats.text.style import GREEN, Style
from cortexrepo.formats.text.table import Cell, align, columns_of
from cortexrepo.formats.text.wrapping import wrapped

ROW = [Cell("1.0"), Cell("there"), Cell("2026-03-01 12:00 → 2026-03-02 13:00"), Cell("2 snapshots"), Cell("a1 → b2")]
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=30)


def _at(width: int | None) -> list[str]:
    return wrapped([ROW], Style(width=width), dropped=(3,), indent="  ")[0]


def test_rows_that_fit_are_as_in_a_table() -> None:
    assert _at(None) == align([ROW], Style(), indent="  ")
    assert _at(80) == ["  1.0  there  2026-03-01 12:00 → 2026-03-02 13:00  2 snapshots  a1 → b2"]


def test_a_column_is_left_out_before_a_line_is_broken() -> None:
    assert _at(60) == ["  1.0  there  2026-03-01 12:00 → 2026-03-02 13:00  a1 → b2"]
    assert _at(50) == ["  1.0  there  2026-03-01 12:00 → 2026-03-02 13:00", "    a1 → b2"]
    assert _at(30) == ["  1.0  there", "    2026-03-01 12:00 →", "    2026-03-02 13:00  a1 → b2"]


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4), st.integers(2, 60))
def test_no_text_is_lost_and_no_line_is_wider_than_the_terminal(rows: list[tuple[str, str, str]], width: int) -> None:
    style = Style(width=width, colour=True)
    found = wrapped([[Cell(text, (GREEN,)) for text in row] for row in rows], style, dropped=(), indent="  ")
    for row, lines in zip(rows, found, strict=True):
        plain = [re.sub(r"\x1b\[\d*m", "", line) for line in lines]
        assert max(map(columns_of, plain), default=0) <= width
        assert "".join("".join(plain).split()) == "".join("".join(row).split())
