"""A look at places that remembers them, and says of every directory and file what the test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence

    from cortexrepo.ecosystems.contract.programs import Look

    Reached = Callable[[str, Look, Iterable[str]], Iterable[str]]


class FakeLook:
    """A `Look` at a machine on which nobody else can change anything.

    Attributes:
        places: Everything that was looked at.
        commands: Every program of the system that was looked for.
    """

    def __init__(self, names: Callable[[str], Sequence[str]], content: Callable[[str], bytes]) -> None:
        """Takes what is in a directory, and in a file."""
        self.places: list[str] = []
        self.commands: list[str] = []
        self._names = names
        self._content = content

    def add(self, path: str) -> bool:
        """See `Look.add`."""
        self.places.append(path)
        return True

    def read(self, path: str) -> bytes:
        """See `Look.read`."""
        self.places.append(path)
        return self._content(path)

    def names(self, path: str) -> list[str]:
        """See `Look.names`."""
        self.places.append(path)
        return list(self._names(path))

    def command(self, name: str) -> str:
        """See `Look.command`."""
        self.commands.append(name)
        return ""

    def below(self, path: str, without: Container[str] = ()) -> None:
        """See `Look.below`."""
        self.places.append(path)


def looked(
    reached: Reached, environment: str, names: Callable[[str], Sequence[str]], content: Callable[[str], bytes]
) -> FakeLook:
    """Returns the look after everything that counts for an environment was looked at, root's home being `/root`."""
    look = FakeLook(names, content)
    for place in reached(environment, look, ("/root",)):
        look.add(place)
    return look
