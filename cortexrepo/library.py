"""The C library, loaded once: what a process has before it forks costs its children nothing."""

from __future__ import annotations

import ctypes

LIBRARY = ctypes.CDLL(None, use_errno=True)
"""Functions that Python has no name for; `ctypes.get_errno` has their error."""
