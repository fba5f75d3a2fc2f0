"""The files of what a restore changes: how they were before, and which of them are wrong afterwards.

EXACT is about files: a package that is there by its package manager's database may have lost a file to one that went.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems import registry
from cortexrepo.model import enumeration
from cortexrepo.model.installed import CHOICE, DIVERSION, NOBODY, OBSOLETE, RECORD, UNSEEN, UNSET, WRONG
from cortexrepo.model.inventory import Reading
from cortexrepo.model.outcome import Difference
from cortexrepo.model.plan import MARK, WRONG_BEFORE, Left, Risk
from cortexrepo.model.snapshot import OK
from cortexrepo.recording.inspecting import Question
from cortexrepo.restore.run.noted import Noted, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.model.installed import Finding, Inspected
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Selection
    from cortexrepo.recording.inspecting import Function
    from cortexrepo.restore.run.entry import Begun
    from cortexrepo.restore.run.noted import Known

    Inspect = Callable[[Sequence[Question], Function], list[Inspected]]
    """See `recording.inspecting.inspect`."""

_NOTE = "files.json"
_WRONG_BEFORE = (
    "files were missing or changed before the restore, which leaves the package as it is: "
    "`cortex snapshot verify --installed` names the files"
)
_CHOSEN_BEFORE = "which program these commands were is not recorded, and the restore changes none: {names}"
_NOTED: tuple[Function, ...] = ("lost", "held")
"""How is looked for a note, in the order of its fields."""
_NOT_FILES = frozenset({DIVERSION, OBSOLETE, CHOICE})
"""Kinds of findings that putting the package in again changes nothing about."""
_OF_OTHERS = frozenset({OBSOLETE, UNSET, CHOICE})
"""Kinds of findings that are nobody's fault as long as a restore has not brought them about."""
_NAMED = 3
"""So many files of a package are named."""


def blind(_questions: Sequence[Question], _function: Function) -> list[Inspected]:
    """Looks at nothing, and finds nothing."""
    return []


class Wrong(NamedTuple):
    """A package of which files are wrong, in an environment as it is now.

    Attributes:
        reading: The environment.
        package: The package; None where it is no installed one.
        findings: What is wrong.
        reason: Why it was not put in again, or an empty string.
    """

    reading: Reading
    package: Package | None
    findings: tuple[Finding, ...]
    reason: str = ""

    @property
    def can_be_put_in(self) -> bool:
        """Whether putting the package in again may help."""
        return self.package is not None and any(one.kind not in _NOT_FILES for one in self.findings)

    @property
    def difference(self) -> Difference:
        """What is said of it."""
        title = "" if self.package is None else f"{self.package.name} {self.package.version}".rstrip()
        lines = [f"{one.path}: {one.reason}" for one in self.findings]
        reason = enumeration.reasons(lines, _NAMED) + (f"; {self.reason}" if self.reason else "")
        return Difference(self.reading.ecosystem, self.reading.environment, title, reason)


class Files:
    """The look at the files of one restore."""

    def __init__(self, inspect: Inspect, directory: Callable[[], str], stage: Callable[[str], None]) -> None:
        """Takes how files are looked at, what makes the directory of a note, and who is told."""
        self._stage = stage
        self._inspect = inspect
        self._directory = directory
        self._noted: Noted | None = None
        self.unseen = 0

    def note(self, parts: Sequence[Begun], now: Inventory) -> list[Risk]:
        """Notes which files of packages that are not changed are wrong already: none of them is this restore's.

        And which of their files a package has that is changed: these are looked at with their content afterwards.
        Returns the packages with wrong files: what a person should know of the result.
        """
        questions = list(_questions(parts, now))
        lost, held = (self._inspect(questions, function) for function in _NOTED)
        self._noted = Noted(_keys(lost, _wrong_key), _keys(held, _key))
        self._noted.write(f"{self._directory()}/{_NOTE}")
        told = [_old(place, one) for place in lost for one in place.wrong if one.kind not in _OF_OTHERS]
        return [*dict.fromkeys(told), *_chosen_before(lost)]

    def wrong(self, parts: Sequence[Begun], now: Inventory) -> list[Wrong]:
        """Returns what is wrong: of changed packages all, of others what they have lost since `note`.

        Afterwards `unseen` is how many files of changed packages, or packages, could not be looked at.
        """
        self._stage("looking at the files of the changed packages")
        questions = list(_questions(parts, now))
        changed, others = self._inspect(questions, "look"), self._inspect(questions, "lost")
        noted = self._known()
        self.unseen = sum(_gaps(place) for place in changed)
        found = []
        for question, looked, lost in zip(questions, changed, others, strict=False):
            findings = [one for one in looked.wrong if one.row != NOBODY]
            if noted is not None:
                findings += [one for one in lost.wrong if _wrong_key(lost, one) not in noted.wrong]
                findings += self._lost_with_their_holder(question, noted)
            found += list(_by_package(question.reading, findings))
        return found

    def _lost_with_their_holder(self, question: Question, noted: Noted) -> list[Finding]:
        """Returns what is wrong of the files of packages that stay which a changed package had."""
        names = {title for *place, title, _ in noted.held if tuple(place) == _place(question.reading)}
        rows = question.asked.rows
        chosen = frozenset(number for number, row in enumerate(rows) if _title(row) in names) - question.chosen
        if not chosen:
            return []
        found = self._inspect([Question(question.reading, chosen)], "look")
        return [one for place in found for one in place.wrong if _key(place, one) in noted.held]

    def held(self, work: Work) -> list[tuple[Package, str]]:
        """Returns the packages that lose files when those go that a work changes, each with one of these files."""
        reading = Reading(work.ecosystem, work.environment, OK, work.now, "", work.facts)
        going = {_title(step.before) for step in work.steps if step.kind != MARK and step.before is not None}
        rows = work.now.packages
        chosen = frozenset(number for number, row in enumerate(rows) if _title(row) in going)
        if not chosen:
            return []
        found: dict[int, str] = {}
        for place in self._inspect([Question(reading, chosen)], "held"):
            for one in place.findings:
                found.setdefault(one.row, one.path)
        return [(rows[number], path) for number, path in sorted(found.items()) if number != NOBODY]

    def booked(self, now: Iterable[Reading], selection: Selection, left: Sequence[Left] = ()) -> list[Wrong]:
        """Returns in what environments are not as other programs' books say; of those that are left alone nothing."""
        others = {(one.ecosystem, one.environment) for one in left}
        meant = [one for one in now if (one.ecosystem, one.environment) not in others]
        chosen = [one for one in meant if _may_have_book(one, selection)]
        found = self._inspect([Question(one, frozenset()) for one in chosen], "booked") if chosen else []
        self.unseen += sum(_gaps(place) for place in found)
        return [
            Wrong(reading, None, tuple(one for one in place.findings if one.kind == RECORD))
            for reading, place in zip(chosen, found, strict=False)
            if any(one.kind == RECORD for one in place.findings)
        ]

    def out_of_step(self, works: Sequence[Work], selection: Selection) -> list[Left]:
        """Returns what is not as other programs' books say in environments that nothing is done to."""
        readings = [Reading(one.ecosystem, one.environment, OK, one.now, "", one.facts) for one in works]
        wrong = [one.difference for one in self.booked(readings, selection)]
        return [Left(one.ecosystem, one.environment, one.reason) for one in wrong]

    def _known(self) -> Noted | None:
        """Returns what was noted, by this process or by one that was killed; None where nothing was."""
        if self._noted is None:
            self._noted = read(f"{self._directory()}/{_NOTE}")
        return self._noted


def _may_have_book(reading: Reading, selection: Selection) -> bool:
    """Returns whether a whole environment is meant, and another program may keep a book of it."""
    facet = registry.rules(reading.ecosystem)
    if selection.packages or (selection.only and reading.ecosystem not in selection.only):
        return False
    is_meant = not selection.environments or reading.environment in selection.environments
    kind = dict(reading.facts).get("kind", "")
    return is_meant and reading.manifest is not None and facet is not None and facet.may_have_book(kind)


def _questions(parts: Sequence[Begun], now: Inventory) -> Iterator[Question]:
    """Yields a question for each environment of the parts, about the packages that they change."""
    for reading in now.readings:
        mine = [one.part for one in parts if (one.part.ecosystem, one.part.environment) == _place(reading)]
        if not mine or reading.manifest is None:
            continue
        steps = [step for part in mine for step in part.steps if step.kind != MARK]
        names = {_title(row) for step in steps for row in (step.before, step.after) if row is not None}
        rows = reading.manifest.packages
        yield Question(reading, frozenset(number for number, row in enumerate(rows) if _title(row) in names))


def _place(reading: Reading) -> tuple[str, str]:
    return reading.ecosystem, reading.environment


def _title(row: Package | None) -> str:
    """Returns what a package is called in its environment, whatever its version is."""
    return "" if row is None else f"{row.attribute('inside')}>{row.name}"


def _key(place: Inspected, finding: Finding) -> tuple[str, str, str, str]:
    return place.ecosystem, place.environment, _title(place.package(finding)), finding.path


def _old(place: Inspected, finding: Finding) -> Risk:
    row = place.package(finding)
    title = finding.path if row is None else f"{row.name} {row.version}".rstrip()
    return Risk(WRONG_BEFORE, place.ecosystem, place.environment, title, _WRONG_BEFORE)


def _chosen_before(found: Iterable[Inspected]) -> Iterator[Risk]:
    """Yields a line about the commands of changed packages that were other packages' already."""
    for place in found:
        paths = [one.path for one in place.findings if one.kind == CHOICE]
        if paths:
            reason = _CHOSEN_BEFORE.format(names=enumeration.names(sorted(set(paths)), _NAMED))
            yield Risk(WRONG_BEFORE, place.ecosystem, place.environment, "", reason)


def _wrong_key(place: Inspected, finding: Finding) -> tuple[str, str, str, str]:
    """Returns what is wrong with a file, too: one that had another content, and is gone now, has been lost."""
    *about, path = _key(place, finding)
    return (about[0], about[1], about[2], f"{finding.kind} {path}")


def _keys(found: Iterable[Inspected], key: Callable[[Inspected, Finding], tuple[str, str, str, str]]) -> Known:
    return frozenset(key(place, one) for place in found for one in place.findings)


def _gaps(place: Inspected) -> int:
    return sum(max(one.files, 1) for one in place.findings if one.kind == UNSEEN) + bool(place.unseen)


def _by_package(reading: Reading, findings: Iterable[Finding]) -> Iterator[Wrong]:
    assert reading.manifest is not None
    rows = reading.manifest.packages
    found: dict[int, list[Finding]] = {}
    for one in findings:
        if one.kind in WRONG:
            found.setdefault(one.row, []).append(one)
    for number, some in found.items():
        yield Wrong(reading, rows[number] if number >= 0 else None, tuple(dict.fromkeys(some)))
