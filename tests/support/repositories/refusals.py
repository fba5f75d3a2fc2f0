"""What an error says, for tests of the texts that people read: each is one line, and a hint names the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.errors import CortexError

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal(call: Callable[[], object]) -> tuple[type[CortexError], str, str]:
    """Returns the error that a call raises: its type, its text and its hint."""
    with pytest.raises(CortexError) as raised:
        call()
    return type(raised.value), str(raised.value), raised.value.hint
