"""How far a search came: which environments may exist although a snapshot does not have them.

A place that could not be searched to the end, such as a home, is a slot without packages. What lies in it and was not
found is unknown; so is every environment of an ecosystem whose slot without environment says the same of the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator


def above(environment: str) -> Iterator[str]:
    """Yields the directories that an environment lies in, by the names that slots have for them, the nearest first."""
    end = environment.rfind("/")
    while end > 0:
        yield environment[:end]
        end = environment.rfind("/", 0, end)


def unsearched(ecosystem: str, environment: str, gaps: Container[tuple[str, str]]) -> str:
    """Returns the nearest directory around an environment that was not searched to the end, or an empty string.

    Args:
        ecosystem: The ecosystem of the environment.
        environment: Its name.
        gaps: The slots without packages that say so, by ecosystem and environment.
    """
    return next((place for place in above(environment) if (ecosystem, place) in gaps), "")
