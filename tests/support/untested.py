"""What a test run did not test, and why: skipped tests as sentences about the product."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

SUBJECTS = (
    ("tests/e2e/apt/test_restore", "restoring apt packages"),
    ("tests/e2e/apt/", "reading and verifying apt packages, against the real tools"),
    ("tests/e2e/pip/test_restore", "restoring Python environments"),
    ("tests/e2e/pip/", "reading Python environments, against the real tools"),
    ("tests/e2e/npm/test_restore", "restoring npm packages"),
    ("tests/e2e/npm/", "reading npm packages, against the real tools"),
    ("tests/e2e/rpm/", "reading rpm packages, against the real tools"),
    ("tests/e2e/machine/test_restore", "restoring a machine, whole or after a kill"),
    ("tests/e2e/machine/test_drawn", "machines drawn at random"),
    ("tests/e2e/machine/test_completion", "completion in the shells"),
    ("tests/e2e/machine/", "the installed program on a machine"),
    ("tests/contract/test_ways_back", "restoring there and back, and after kills on the way"),
    ("tests/contract/", "the contracts of ecosystems and stores"),
    ("tests/attacks/", "what planted files and other users can do"),
    ("tests/faults/disks/", "power cuts and full disks, on real file systems"),
    ("tests/faults/crash/", "kills of processes, and whether the simulated disk is like real ones"),
    ("tests/faults/protocol/", "the model of the protocol"),
    ("tests/faults/", "processes at the same time, and planted bugs"),
    ("tests/cli/", "commands and their output"),
    ("tests/reported/", "faults that were found in other programs"),
    ("tests/unit/bench/", "the comparison with other tools"),
    ("tests/unit/", "parts of the program, one alone"),
)
"""The beginning of a test's path, and what these tests are about; the first that fits counts."""
NEEDS = "README.md says what the whole suite needs."
_OTHER = "other parts"
_MANY = 3
"""A subject with more reasons shows the most frequent ones."""
_LONG = 140
"""A reason is cut behind so many letters."""


class Skip(NamedTuple):
    """A test, or a whole file of tests, that was skipped."""

    test: str
    reason: str


def lines(skips: Iterable[Skip], passed: Iterable[str]) -> list[str]:
    """Returns the end of a run: a line for each subject of which tests were skipped, and one for all."""
    found: defaultdict[str, set[Skip]] = defaultdict(set)
    for skip in skips:
        found[_subject(skip.test)].add(skip)
    if not found:
        return ["nothing was skipped"]
    tried = {_subject(test) for test in passed}
    order = [subject for _, subject in SUBJECTS] + [_OTHER]
    rows = [_row(subject, found[subject], is_tried=subject in tried) for subject in order if subject in found]
    total = sum(len(some) for some in found.values())
    return [*rows, f"skipped: {_counted(total)}, about which this run says nothing. {NEEDS}"]


def _row(subject: str, skips: set[Skip], *, is_tried: bool) -> str:
    reasons: defaultdict[str, int] = defaultdict(int)
    for skip in skips:
        reasons[_short(skip.reason)] += 1
    often = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
    rest = f"; and {len(often) - _MANY} more reasons" if len(often) > _MANY else ""
    degree = "in part NOT tested" if is_tried else "NOT tested"
    return f"{subject}: {degree}, {_counted(len(skips))}: {'; '.join(often[:_MANY])}{rest}"


def _subject(test: str) -> str:
    return next((subject for begin, subject in SUBJECTS if test.startswith(begin)), _OTHER)


def _short(reason: str) -> str:
    text = " ".join(reason.removeprefix("Skipped: ").split())
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."


def _counted(number: int) -> str:
    return "1 test or file" if number == 1 else f"{number} tests or files"
