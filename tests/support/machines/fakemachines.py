"""Machines that start nothing: for what must be decided before, or without, a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from cortexrepo.ecosystems.contract.restoring import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cortexrepo.machine.mounts import Mount
    from cortexrepo.machine.programs import Finished
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.package import Package

PLENTY = 1 << 40


class FakeMachine:
    """Answers what it was told to: for each call the first answer whose words are all among the arguments."""

    def __init__(self, answers: Mapping[tuple[str, ...], Finished] | None = None, *, user: int = 0) -> None:
        self.answers = dict(answers or {})
        self.calls: list[list[str]] = []
        self._user = user
        self.room = PLENTY
        self.mounted: Sequence[Mount] = ()

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        directory: str = "/",
        told: Callable[[str], None] | None = None,
        lasting: bool = False,
    ) -> Finished:
        """See `Machine.run`."""
        self.calls.append(list(arguments))
        for words, answer in self.answers.items():
            if set(words) <= set(arguments):
                return answer
        raise AssertionError(f"started {arguments}")

    def ask(
        self, arguments: Sequence[str], *, variables: Mapping[str, str] | None = None, directory: str = "/"
    ) -> Finished:
        """See `Machine.ask`."""
        return self.run(arguments, variables=variables, directory=directory)

    def find(self, program: str) -> str | None:
        """See `Machine.find`."""
        return f"/usr/bin/{program}"

    def free(self, path: str) -> int:
        """See `Machine.free`."""
        return self.room

    def user(self) -> int:
        """See `Machine.user`."""
        return self._user

    def kernel(self) -> str:
        """See `Machine.kernel`."""
        return "6.1.0-1-amd64"

    def mounts(self) -> Sequence[Mount]:
        """See `Machine.mounts`."""
        return self.mounted


class EmptyShelf:
    """A repository that keeps no files."""

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        """See `Shelf.find`."""
        return ()

    def copy(self, artifact: Artifact, path: str) -> NoReturn:
        """See `Shelf.copy`."""
        raise AssertionError("nothing is kept")


def fake_room(staging: str, machine: FakeMachine | None = None) -> Room:
    """Returns a room with nothing real in it but the staging directory."""
    return Room(machine or FakeMachine(), EmptyShelf(), staging, lambda _: None)
