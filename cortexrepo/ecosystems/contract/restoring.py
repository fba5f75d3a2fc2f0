"""What an ecosystem's way back is: a module with these functions, and the values that it is given and returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.ecosystems.contract.versions import Compare
    from cortexrepo.machine.programs import Machine
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Manifest, Package
    from cortexrepo.model.plan import Obstacle, Part, Risk, Step


FINISH = "finish the restore: `cortex snapshot restore --resume`"
UNDO = "undo the restore: `cortex snapshot restore --abort`"
WAYS = f"{FINISH}; {UNDO}"
"""What can be done about a restore that was interrupted."""
LEAVE_OUT = (
    "leave the package out: `cortex snapshot restore REV --exclude NAME`, "
    "or all that cannot be restored: `cortex snapshot restore REV --skip-unavailable`"
)
"""The way out where one package stands in the way; the same for every package, so that people are shown one hint."""
KEEP = f"{LEAVE_OUT}; for the next time, keep package files: `cortex snapshot create --keep-artifacts`"
"""The same where the file of a package is not available."""


NOTE = "note: "
"""With this begins a line that a restorer itself has to say of what it does: people see it without a terminal too."""


class Work(NamedTuple):
    """One environment: how it is, how it was, and the steps that lead there.

    Attributes:
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment; empty where there is one for the machine.
        facts: The environment's facts as they are now.
        then: Its facts in the snapshot.
        now: What is installed now.
        target: What the snapshot says. With a selection it is more than the steps lead to.
        steps: Without sources.
        hold: Hold what is upgraded, downgraded or installed.
        is_new: The snapshot has no such environment: what is there counts as installed since.
        kept: Steps that are left out because they cannot be done: these packages stay as they are, whatever that means
            for the others.
    """

    ecosystem: str
    environment: str
    facts: tuple[tuple[str, str], ...]
    then: tuple[tuple[str, str], ...]
    now: Manifest
    target: Manifest
    steps: tuple[Step, ...]
    hold: bool = False
    is_new: bool = False
    kept: tuple[Step, ...] = ()


class Proposal(NamedTuple):
    """What would be done, and everything that stands against it, not only the first thing.

    Attributes:
        steps: Those of the work with their sources, and no others.
        obstacles: Why it cannot be done.
        risks: What a person should know.
        space: How many bytes more must be free on the disk while it is done.
        with_release: Whether the steps put back the files that say which release this is.
    """

    steps: tuple[Step, ...]
    obstacles: tuple[Obstacle, ...] = ()
    risks: tuple[Risk, ...] = ()
    space: int = 0
    with_release: bool = False


class Shelf(Protocol):
    """The artifacts that are kept: files of packages, by what they install."""

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        """Returns every file that is kept for this name, architecture and version; the best guess first."""
        ...

    def copy(self, artifact: Artifact, path: str) -> None:
        """Writes a kept file to a new file at `path` and checks every byte; CorruptError if it is damaged."""
        ...


class Room(NamedTuple):
    """What a part has to work with.

    Attributes:
        machine: Starts programs.
        shelf: The artifacts that are kept.
        staging: A directory of this part alone, there and private (0700), on the disk of the journal. It outlives a
            killed process and is removed when the restore is done.
        told: Is given every line that a package manager writes: it goes into the log, and to the terminal.
        purpose: What it is for, in the words of this tool: `restore 9e11d7283222`, `abort 9e11d7283222`; may be empty.
    """

    machine: Machine
    shelf: Shelf
    staging: str
    told: Callable[[str], None]
    purpose: str = ""

    def note(self, line: str) -> None:
        """Reports something of the work itself that nobody could know before, and that stops nothing."""
        self.told(f"{NOTE}{line}")


class Settlement(NamedTuple):
    """What a package needs that is there in its version, and is in another state than the snapshot says.

    Attributes:
        kind: The kind of the step; empty where nothing can or should be done.
        reason: What differs, as a sentence.
        left: The sentence for the plan about what of it is left alone; empty where nothing is.
        counts: Whether the machine differs from the snapshot because of it. A state that would have passed by itself
            does not count.
    """

    kind: str
    reason: str
    left: str = ""
    counts: bool = True


class Rules(Protocol):
    """The facet `restore.rules`: what `cortexrepo.restore.plan.steps`, which makes the steps, must know of it. Pure."""

    MARKS: int
    """Flags that are set without installing anything. Others say what kind of installation it is, or come with it."""

    def merged(self, steps: Sequence[Step], compare: Compare) -> list[Step]:
        """Returns the steps with those made one that the package manager takes in one."""
        ...

    def settlement(self, before: Package, after: Package) -> Settlement | None:
        """Returns what it takes to come from the one state of a package to the other; None where no state differs.

        Asked of two rows of one version that are both installed, or both not. A state is what `steps` would else take
        for another content: only another installation changes that.
        """
        ...

    def kept(self, before: Package | None, after: Package) -> str:
        """Returns why a package is left as it is, though the snapshot says `after`; empty where it is not left alone.

        It stands in nobody's way: the other packages of its environment are put back.
        """
        ...

    def is_site(self, reading: Reading) -> bool:
        """Returns whether an environment is only a directory of packages, which may be missing when it is empty."""
        ...

    def may_have_book(self, kind: str) -> bool:
        """Returns whether another program may keep a book of environments whose fact `kind` is this one."""
        ...

    def contents(self, environment: str) -> str:
        """Returns the directory that the packages of an environment are in; empty where there is no one directory."""
        ...

    def runs(self, environment: str, prefix: str) -> bool:
        """Returns whether the interpreter at a prefix, which runs this program, takes its packages from here."""
        ...


class Offers(Protocol):
    """The facet `offers`: what the configured sources have, asked without a download."""

    def offered(self, rows: Sequence[Package], room: Room) -> list[tuple[str, str]]:
        """Returns for each row where its file can be had, and its name there or the reason why it cannot.

        The places are those of `cortexrepo.model.artifact.Availability`. Raises RestoreError where the package manager
        cannot be asked.
        """
        ...


class Restorer(Protocol):
    """The facet `restore.restorer`: how one ecosystem is put back. A module of these functions.

    A restore calls `propose` for every work; with no obstacle anywhere and a person's yes `fetch` for every part; only
    then `apply`, part by part. When the machine was read again and is as it was, `finish` for every part. After a kill
    at any moment a later process calls `recover` for every part and then either starts anew with `propose` (it finds
    what has been done to be done), or `revert` for every part in reverse. Every function may be killed and called
    again.

    They run as the owner of the environment: where root restores what belongs to another user, they are called in a
    process that has become that user for good, with that user's home and a staging directory of theirs.
    """

    NEEDS: tuple[str, ...]
    """Modules outside of this package that are loaded before a restore begins: afterwards that may be impossible."""

    def propose(self, work: Work, room: Room) -> Proposal:
        """Returns the steps with their sources and everything that stands against them. Changes nothing.

        Names and versions are checked before any program sees them. Where the package manager can simulate, the
        simulation must be exactly the steps; any difference is an obstacle. Needs no privilege where the package
        manager needs none.
        """
        ...

    def fetch(self, part: Part, room: Room) -> None:
        """Brings every file that the part needs into `room.staging` or the package manager's cache, and checks it.

        Also what leads back to where the machine is now, as far as that is available. Changes nothing that is
        installed. Raises FetchError, which names everything that could not be got.
        """
        ...

    def apply(self, part: Part, room: Room) -> None:
        """Does the steps, from what was fetched alone; raises RestoreError when they are not all done.

        It is refused (RefusedError), with nothing changed, where the machine is no longer what the steps start from.
        """
        ...

    def recover(self, part: Part, room: Room) -> None:
        """Brings what a killed `apply` left into a whole state: finishes it if that can be done, else takes it back."""
        ...

    def revert(self, part: Part, room: Room) -> None:
        """Leads back to where the machine was before `apply`, from what was fetched; raises RestoreError."""
        ...

    def finish(self, part: Part, room: Room) -> None:
        """Removes what `fetch` and `apply` left outside of `room.staging`; nothing can be reverted afterwards."""
        ...
