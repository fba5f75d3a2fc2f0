"""Programs that are really started: what they write is kept, but only so much of it."""

from __future__ import annotations

import pytest

from cortexrepo.errors import RestoreError
from cortexrepo.restore.live_machine import LiveMachine

MACHINE = LiveMachine({}, "/root")
ENDLESS = "while :; do printf %01000000d 1; done"
LONG = "i=0; while [ $i -lt 300 ]; do printf '%01000000d\\n' 1; i=$((i+1)); done; echo end; exit 3"


def test_both_outputs_are_kept_apart() -> None:
    found = MACHINE.run(["sh", "-c", "echo one; echo two >&2; printf '\\377'; exit 7"])
    assert found == (7, "one\n\\xff", "two\n")


def test_a_program_that_writes_without_end_is_ended() -> None:
    with pytest.raises(RestoreError, match="without end"):
        MACHINE.run(["sh", "-c", ENDLESS])


def test_what_is_changed_is_never_stopped_for_what_it_writes() -> None:
    told: list[int] = []
    found = MACHINE.run(["sh", "-c", LONG], told=lambda line: told.append(len(line)))
    assert found.code == 3
    assert found.output.endswith("1\nend\n")
    assert sum(told) <= 64 << 20
    assert max(told) <= 8 << 10
