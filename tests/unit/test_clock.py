"""The clock: a time that Python cannot read is refused in words."""

from __future__ import annotations

import time

import pytest

from cortexrepo.clock import now_ms
from cortexrepo.errors import RequestError


def _late() -> int:
    raise OverflowError("timestamp too large to convert to C PyTime_t")


def test_a_time_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", _late)
    with pytest.raises(RequestError, match="after the year 2262"):
        now_ms()
