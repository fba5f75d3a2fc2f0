"""The machine that is changed: the seam through which every program is started."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cortexrepo.machine.mounts import Mount


class Finished(NamedTuple):
    """What a program left: its exit code (negative: killed by that signal) and what it wrote."""

    code: int
    output: str
    errors: str


class Machine(Protocol):
    """What a restore needs of the machine besides its files."""

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        directory: str = "/",
        told: Callable[[str], None] | None = None,
        lasting: bool = False,
    ) -> Finished:
        """Runs a program to its end, with nothing on its standard input. No shell sees the arguments.

        Its environment is a clean one: PATH, HOME, a UTF-8 locale and the proxy and certificate variables of this
        process, and `variables`; nothing else is handed on.

        Args:
            arguments: The program, looked for in the system's directories unless it is a path, and its arguments.
            variables: Variables besides the clean ones.
            directory: Where it runs.
            told: Is given each line of both its outputs as it comes; they are then interleaved in `output`.
            lasting: It is not to be interrupted: neither Ctrl-C nor the end of the terminal, nor that of this process
                reaches it. Every other program ends with this process.

        Raises:
            RefusedError: The only program of this name is one that somebody else could change.
            RestoreError: It cannot be started, or takes longer than any download; the text names it.
        """
        ...

    def ask(
        self, arguments: Sequence[str], *, variables: Mapping[str, str] | None = None, directory: str = "/"
    ) -> Finished:
        """Asks a program something: as `run`, but its answer is short and comes soon.

        Raises:
            RestoreError: It cannot be started; or it did not answer in time, or wrote too much, and was killed with all
                that it had started. The text names it.
        """
        ...

    def find(self, program: str) -> str | None:
        """Returns the path of a program of the system that nobody but root and this user could change, or None."""
        ...

    def free(self, path: str) -> int:
        """Returns how many bytes can still be written where `path` is, or would be."""
        ...

    def user(self) -> int:
        """Returns the user id that programs run as."""
        ...

    def kernel(self) -> str:
        """Returns the release of the running kernel."""
        ...

    def mounts(self) -> Sequence[Mount]:
        """Returns the mounts, as `cortexrepo.machine.mounts.parse` does; none where they cannot be read."""
        ...
