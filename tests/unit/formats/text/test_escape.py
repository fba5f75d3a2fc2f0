from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.formats.text.escape import escape, storable, to_ascii

ANY = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("before upgrade", "before upgrade"),
        ("né 日本 👩‍💻", "né 日本 👩‍💻"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x00\x1b[31m\x7f", "\\x00\\x1b[31m\\x7f"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("a\u2028b\u200b", "a\\u2028b\\u200b"),
        ("\udcff\ud800", "\\xff\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("a\xadb", "a\\xadb"),
    ],
)
def test_what_a_terminal_would_act_on_is_written_out(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(ANY)
def test_escaped_text_is_one_line_that_every_utf8_terminal_can_be_given(text: str) -> None:
    shown = escape(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert escape(shown) == shown


@given(ANY)
def test_storable_text_is_utf8_and_changes_nothing_that_already_was(text: str) -> None:
    storable(text).encode()
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert storable(text) == text


@given(ANY)
def test_ascii_text_is_ascii_and_keeps_its_lines(text: str) -> None:
    assert to_ascii(text).isascii()
    assert to_ascii(text).count("\n") == text.count("\n")
