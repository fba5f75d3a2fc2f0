"""The one clock that is read."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Returns the present in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
