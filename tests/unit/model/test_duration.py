from __future__ import annotations

import pytest

from cortexrepo.errors import RequestError
from cortexrepo.model.duration import parse_duration

DAY = 86_400_000


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
        ("1y", 31_556_952_000),
        ("2 Years", 2 * 31_556_952_000),
    ],
)
def test_a_length_of_time_is_in_milliseconds(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "y", "soon", "-1y", "1mo", "1.5y", "1000000d", "1y2d"])
def test_what_is_none_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(RequestError, match="not a length of time") as caught:
        parse_duration(text)
    assert "1y" in caught.value.hint
