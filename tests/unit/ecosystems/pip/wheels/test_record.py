"""RECORD, read more strictly than `installer` reads it where a line could mean another file."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from installer.records import parse_record_file

from cortexrepo.ecosystems.pip.wheels.record import Entry, decode

TEXT = st.text(st.sampled_from('abc/.,"é =-1'), max_size=8)


@given(st.lists(st.tuples(TEXT.filter(bool), TEXT, TEXT), max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_sound_lines_are_read_as_installer_reads_them(rows: list[tuple[str, str, str]], end: str) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    assert list(map(tuple, decode(text.getvalue().encode()))) == list(parse_record_file(text.getvalue().splitlines()))


def test_a_backslash_stays_one() -> None:
    assert decode(b"a\\b.py,sha256=x,1\n") == [Entry("a\\b.py", "sha256=x", "1")]


def test_a_line_may_have_only_a_path_and_an_empty_one_says_nothing() -> None:
    assert decode(b"a.py\n\nb.py,\n") == [Entry("a.py"), Entry("b.py")]


@pytest.mark.parametrize("data", [b'"a.py,,\n', b",sha256=x,1\n", b"a\0b.py,,\n"], ids=["quote", "no path", "NUL"])
def test_a_line_that_makes_no_sense_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"quote|end of data|RECORD contains"):
        decode(data)


def test_a_mark_of_the_byte_order_belongs_to_no_path() -> None:
    assert [entry.path for entry in decode(b"\xef\xbb\xbfdemo/__init__.py,,\ndemo/b.py,,\n")] == [
        "demo/__init__.py", "demo/b.py"
    ]  # fmt: skip
