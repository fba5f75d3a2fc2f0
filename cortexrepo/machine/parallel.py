"""Several questions to package managers at once: each waits for a program, and there are several cores."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def at_once(*questions: Callable[[], T]) -> list[T]:
    """Returns the answers, in the order of the questions; what one raises is raised when all have ended."""
    if len(questions) < 2:  # noqa: PLR2004 -- nothing to do at the same time
        return [question() for question in questions]
    from concurrent.futures import ThreadPoolExecutor  # dear, and small plans do without

    with ThreadPoolExecutor(len(questions)) as pool:
        running = [pool.submit(question) for question in questions]
    return [one.result() for one in running]
