"""A plan: all that a restore would do to a machine, as a value that can be shown, saved and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.package import Package

UPGRADE = "upgrade"
DOWNGRADE = "downgrade"
INSTALL = "install"
REMOVE = "remove"
REINSTALL = "reinstall"
"""Put in again at the same version: it came from elsewhere, or its own description is broken."""
CONFIGURE = "configure"
"""The files are there: what was begun with them is ended, without putting them in again."""
MARK = "mark"
"""Nothing is installed or removed: automatic, manual, held, requested."""
KINDS = (UPGRADE, DOWNGRADE, INSTALL, REMOVE, REINSTALL, CONFIGURE, MARK)
"""Every kind of step, in the order in which people are shown them."""
IN_PLACE = frozenset((CONFIGURE, MARK))
"""The kinds of steps that put in no file and take none away."""

CACHE = "cache"
"""In the package manager's own cache, on this machine."""
ARTIFACT = "artifact"
"""Kept in the repository."""
CONFIGURED = "configured"
"""Offered by a source that the package manager is configured with."""
PLACES = (CACHE, ARTIFACT, CONFIGURED)


class Source(NamedTuple):
    """Where the file of a package comes from.

    Attributes:
        place: One of `PLACES`.
        name: A path or a URI without credentials, for people.
        size: Bytes, None where they are not known before fetching.
        digest: `sha256:` and 64 hexadecimal digits, or as npm writes it, `sha512-` and base64; empty if not known.
        origin: How a kept file was come by, as in `Artifact`; else empty.
        environment: The environment that a kept file was made from, as in `Artifact`; else empty.
    """

    place: str
    name: str
    size: int | None = None
    digest: str = ""
    origin: str = ""
    environment: str = ""


class Step(NamedTuple):
    """What happens to one package.

    Attributes:
        kind: One of `KINDS`.
        before: The row as it is now; None where there is none.
        after: The row as it will be; None for `REMOVE`.
        source: Where its file comes from; None where none is needed, or none is available, which is an obstacle.
    """

    kind: str
    before: Package | None
    after: Package | None
    source: Source | None = None

    @property
    def package(self) -> Package:
        """The package as it will be, or as it is where it goes."""
        found = self.after or self.before
        assert found is not None
        return found


class Part(NamedTuple):
    """What happens in one environment of one ecosystem.

    Attributes:
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment; empty for apt.
        facts: The environment's facts as they are now (`kind`, `owner`, `python`, `node`).
        steps: Sorted by kind in the order of `KINDS`, then by name.
        space: How many bytes more the disk must have free while it is done, as far as that is known.
    """

    ecosystem: str
    environment: str
    facts: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    space: int = 0

    def fact(self, key: str) -> str:
        """Returns the value of a fact, or an empty string."""
        return next((value for name, value in self.facts if name == key), "")


class Obstacle(NamedTuple):
    """Why a plan cannot be carried out.

    Attributes:
        kind: A stable word for programs: `missing` (a file is not available), `untrusted` (only a source that is not
            trusted has it), `lists` (the sources' lists are not there), `changed-content`, `unsafe`,
            `essential`, `kernel`, `architecture`, `release`, `simulation`, `broken` (the package manager's state),
            `read-only` (what would be written to), `script` (one of a package is
            known to refuse), `environment`, `space`, `privilege`, `machine` (the snapshot is of
            another one).
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment.
        package: `name version`, or empty where it is about the whole.
        reason: One line.
        hint: The way out, or empty.
        others: The names of other packages that it is about: those that a dependency which is not met speaks of.
    """

    kind: str
    ecosystem: str
    environment: str
    package: str
    reason: str
    hint: str = ""
    others: tuple[str, ...] = ()


class Risk(NamedTuple):
    """What a person should know before saying yes; the fields are those of `Obstacle`.

    Kinds: `libc`, `kernel`, `package-manager`, `python`, `this-tool`, `dependents`, `service`, `reboot`, `conffile`,
    `files` (a file of a package that stays is another package's, which is changed), `no-way-back` (the version that is
    there now is available nowhere, and no file of it can be kept), `scripts`, `sources` (lists, keys or pins are not as
    they were), `release` (its codename changes with the steps), `read-only` (a hook is to open what would be written
    to), `unmounted` (what would be written to is hidden later), `state` (a state that cannot be produced),
    `take-over` (files that one package has taken over from another, diversions, and links in the place of directories
    are led back), `new-environment` (the snapshot looked for it and did not find it), `content` (the snapshot does not
    say what was in a package that is put in), `wrong-before` (files of a package that stays are missing or wrong
    already), `interrupted` (a change that was begun, in a plan of an interrupted restore that is only shown).
    """

    kind: str
    ecosystem: str
    environment: str
    package: str
    reason: str


NO_WAY_BACK = "no-way-back"
"""The kind of a risk that something that goes could not come back."""
CONTENT = "content"
"""The kind of a risk that a package is put in of which the snapshot does not say what was in it."""
WRONG_BEFORE = "wrong-before"
"""The kind of a risk that files of a package that stays were wrong before a restore: known when it has begun."""
INTERRUPTED = "interrupted"
"""The kind of a risk of a plan that is only shown: a change was begun, and is completed or taken back first."""
LASTING = frozenset(("sources", "release", "kernel", "reboot", NO_WAY_BACK, CONTENT, WRONG_BEFORE))
"""Kinds of risks that are as true after a restore as before, and are reported with its result."""


class Left(NamedTuple):
    """An environment, an ecosystem as a whole, or a package that is not restored, and why.

    Attributes:
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment.
        reason: One line.
        package: `name version` where it is one package; empty where it is all that is there.
        skipped: It cannot be restored, and it was asked for to skip such: the others are restored without it.
    """

    ecosystem: str
    environment: str
    reason: str
    package: str = ""
    skipped: bool = False


class Plan(NamedTuple):
    """All that a restore would do.

    Attributes:
        target: The snapshot to go back to.
        machine: The machine it was made for, 32 hexadecimal digits.
        created_at: When it was made, in milliseconds since 1970.
        state: A digest over what was found on the machine, 64 hexadecimal digits: a plan is for exactly that.
        selection: Which part of the snapshot was asked for.
        parts: In the order in which they are carried out; none without steps.
        obstacles: If there is one, nothing is done.
        risks: What to know.
        left: What is not restored.
    """

    target: SnapshotId
    machine: str
    created_at: int
    state: str
    selection: Selection
    parts: tuple[Part, ...]
    obstacles: tuple[Obstacle, ...] = ()
    risks: tuple[Risk, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def steps(self) -> int:
        """How many steps there are in all parts."""
        return sum(len(part.steps) for part in self.parts)


class Selection(NamedTuple):
    """Which part of a snapshot is restored; empty means everything.

    Attributes:
        only: Ecosystems.
        environments: Paths of environments.
        packages: Names: only these packages, wherever they are.
        exclude: Names: never these.
        hold: Hold at their versions what is upgraded, downgraded or installed (apt).
        skip: Skip what cannot be restored, and restore the others.
    """

    only: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hold: bool = False
    skip: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether nothing narrows it: how it is restored does not."""
        return self._replace(hold=False, skip=False) == Selection()
