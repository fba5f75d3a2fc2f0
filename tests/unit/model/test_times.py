from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from cortexrepo.errors import RequestError, RevisionError
from cortexrepo.model.meant import meant
from cortexrepo.model.when import HINT, parse_length, parse_when

DAY = 86_400_000
NOW = int(dt.datetime(2026, 3, 5, 15, 30).astimezone().timestamp()) * 1000
"""A Thursday."""
PAGE = Path(__file__).resolve().parents[3] / "docs/times.md"


def _local(*parts: int) -> int:
    return int(dt.datetime(*parts).astimezone().timestamp() * 1000)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", 0),
        ("0", 0),
        ("90s", 90_000),
        ("12h", DAY // 2),
        ("90d", 90 * DAY),
        ("4w", 28 * DAY),
        ("2 weeks", 14 * DAY),
        ("2 weeks ago", 14 * DAY),
        ("an hour", 3_600_000),
        ("30 min", 1_800_000),
        ("1mo", 2_629_746_000),
        ("1y", 31_556_952_000),
        ("2 Years", 2 * 31_556_952_000),
        ("today", 15 * 3_600_000 + 1_800_000),
        ("15:00", 1_800_000),
    ],
)
def test_a_length_of_time_is_in_milliseconds_and_a_moment_is_the_time_since(text: str, expected: int) -> None:
    assert parse_length(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "y", "soon", "-1y", "1.5y", "1000000d", "1y2d", "ago", "h ago", "2030-01-01"])
def test_what_is_none_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(RequestError, match="a time") as caught:
        parse_length(text, NOW)
    assert caught.value.hint == HINT


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-03-01", _local(2026, 3, 1), _local(2026, 3, 2) - 1),
        ("yesterday", _local(2026, 3, 4), _local(2026, 3, 5) - 1),
        ("Last  Thursday", _local(2026, 2, 26), _local(2026, 2, 27) - 1),
        ("2026-03-01 12:00", *2 * (_local(2026, 3, 1, 12),)),
        ("yesterday 18:00", *2 * (_local(2026, 3, 4, 18),)),
        ("monday 9:30", *2 * (_local(2026, 3, 2, 9, 30),)),
        ("9:30", *2 * (_local(2026, 3, 5, 9, 30),)),
        ("2026-03-01T12:00:00Z", *2 * (int(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC).timestamp()) * 1000,)),
        ("1h", *2 * (NOW - 3_600_000,)),
        ("1 hour", *2 * (NOW - 3_600_000,)),
        ("an hour ago", *2 * (NOW - 3_600_000,)),
        ("2 weeks ago", *2 * (NOW - 14 * DAY,)),
        ("2w", *2 * (NOW - 14 * DAY,)),
        ("now", *2 * (NOW,)),
    ],
)
def test_a_day_counts_as_a_whole_and_a_moment_is_exact(text: str, first: int, last: int) -> None:
    assert parse_when(text, NOW, end_of_day=False) == first
    assert parse_when(text, NOW) == last


def test_every_time_on_the_page_is_one() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    found = [text.strip("'") for row in rows for text in re.findall("`([^`]*)`", row)]
    assert len(found) == 17
    for text in found:
        parse_length(text, NOW + 8 * 3_600_000)  # what is in the future has no length


def test_every_unit_on_the_page_is_one() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[2] for line in lines if re.match(r"\| [a-z]+, ", line)]
    units = [unit for row in rows for unit in re.findall("`([^`]*)`", row)]
    assert len(units) == 17
    for unit in units:
        assert parse_length(f"2{unit}", NOW) == 2 * parse_length(f"1 {unit}", NOW) > 0


@pytest.mark.parametrize(
    ("text", "revision"),
    [
        ("yesterday", "@{yesterday}"),
        ("2 weeks ago", "@{2 weeks ago}"),
        ("2026-03-01", "@{2026-03-01}"),
        ("1h", "@{1h}"),
        ("HEAD", "latest"),
        ("HEAD~1", "latest~1"),
        ("head~", "latest~1"),
        ("HEAD^^", "latest~2"),
        ("latest^", "latest~1"),
        ("now", "live"),
        ("golden", ""),
        ("golden~1", ""),
    ],
)
def test_what_was_meant(text: str, revision: str) -> None:
    assert meant(text, NOW) == revision


def test_no_moment_has_the_same_answer_everywhere() -> None:
    with pytest.raises(RevisionError) as caught:
        parse_when("soon", NOW)
    assert caught.value.hint == HINT
