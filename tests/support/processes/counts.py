"""What the harnesses on a simulated disk counted, added up over their tests, for the end of a test run."""

from __future__ import annotations

from collections import Counter, defaultdict

_COUNTS: defaultdict[str, Counter[str]] = defaultdict(Counter)


def count(harness: str, **numbers: int) -> None:
    """Adds to the numbers of a harness."""
    _COUNTS[harness].update(numbers)


def counted() -> dict[str, dict[str, int]]:
    """Returns all that was counted in this process."""
    return {harness: dict(numbers) for harness, numbers in _COUNTS.items()}


def harness_lines() -> list[str]:
    """Returns a line for each harness."""
    return [
        f"{harness}: " + ", ".join(f"{number:,} {what.replace('_', ' ')}" for what, number in numbers.items())
        for harness, numbers in sorted(_COUNTS.items())
    ]
