"""The order of rpm's versions, `[epoch:]version-release`, extended to any two strings.

A version is compared run by run: `~` comes before the end, `^` after it, letters after that and numbers last. All other
characters only separate runs. What rpm would refuse is still ordered: a prefix before a colon that is no number is part
of the version.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.versions import ORDERS

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.versions import Test

_RUN = re.compile(r"~|\^|[0-9]+|[A-Za-z]+")
_DIGITS = "0123456789"
_TILDE, _END, _CARET, _LETTERS, _NUMBER = range(5)

Run = tuple[int, int, str]
"""What kind of run it is, the count of a number's digits, and the text. A number is never turned into an int."""

Key = tuple[Run, tuple[Run, ...], tuple[Run, ...]]
"""Epoch, version and release; a release that is missing has no runs, not even the end, and sorts first."""


def compare(before: str, after: str) -> int:
    """Returns -1, 0 or 1 as `before` is older than, equal to or newer than `after`; total."""
    return 0 if before == after else _order(key(before), key(after))


def condition(operator: str, version: str) -> Test | None:
    """Returns the test of whether a version meets a condition; None for an operator that rpm's versions do not have.

    As in rpm's own dependencies, a condition without a release means every release: `1.2-3` meets `== 1.2`.
    """
    holds = ORDERS.get(operator)
    if holds is None:
        return None
    wanted = key(version)
    parts = 3 if wanted[2] else 2
    return lambda found: holds(_order(key(found)[:parts], wanted[:parts]))


def key(version: str) -> Key:
    """Returns a value that sorts as rpm sorts versions; versions that rpm calls equal have equal keys."""
    epoch, colon, rest = version.partition(":")
    if not colon or epoch.strip(_DIGITS):
        epoch, rest = "", version
    number, hyphen, release = rest.rpartition("-")
    if not hyphen:
        return _run(epoch or "0"), _runs(rest), ()
    return _run(epoch or "0"), _runs(number), _runs(release)


def _order(first: tuple[object, ...], second: tuple[object, ...]) -> int:
    return (first > second) - (first < second)


def _runs(text: str) -> tuple[Run, ...]:
    return *map(_run, _RUN.findall(text)), (_END, 0, "")


def _run(text: str) -> Run:
    if text[0] in _DIGITS:
        significant = text.lstrip("0")
        return _NUMBER, len(significant), significant
    return {"~": _TILDE, "^": _CARET}.get(text, _LETTERS), 0, text
