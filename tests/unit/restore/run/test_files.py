"""EXACT is about files: what is looked at, what is put in again, and what is said where that does not help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.restores.restorations import NOW as MOMENT
from support.restores.restorations import Bench, FakeCrew, Killed, World

from cortexrepo.errors import RefusedError
from cortexrepo.model.installed import CHANGED, MISSING, NOBODY, RECORD, TAKEN, UNSEEN, Finding, Inspected
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import LASTING, REMOVE, WRONG_BEFORE, Part, Selection, Step
from cortexrepo.model.snapshot import OK
from cortexrepo.restore.run.entry import Begun
from cortexrepo.restore.run.files import Files
from cortexrepo.restore.run.noted import read
from cortexrepo.restore.run.restoration import Restoration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.model.outcome import Outcome
    from cortexrepo.model.plan import Plan
    from cortexrepo.recording.inspecting import Function, Question

APT = ("apt", "")
ONLY = Selection(("apt",))
SAME = [Package("old", "amd64", "1.0"), Package("stays", "amd64", "1.0")]
THEN = {APT: [Package("a", "amd64", "1.0"), *SAME]}
NOW = {APT: [Package("a", "amd64", "2.0"), *SAME, Package("thief", "amd64", "1.0")]}


class Disk:
    """Files that are wrong, by the name of their package; putting a package in again makes its files right."""

    def __init__(self, world: World) -> None:
        """Takes what is installed."""
        self.world = world
        self.wrong: dict[str, str] = {}
        self.stubborn: set[str] = set()
        self.held: set[str] = set()
        self.unseen: set[str] = set()
        self.asked: list[tuple[str, list[str]]] = []

    def inspect(self, questions: Sequence[Question], function: Function) -> list[Inspected]:
        """See `recording.inspecting.inspect`."""
        return [self._answer(question, function) for question in questions]

    def _answer(self, question: Question, function: Function) -> Inspected:
        rows = question.asked.rows
        self.asked.append((function, sorted(rows[number].name for number in question.chosen)))
        found = []
        for number, row in enumerate(rows):
            is_chosen = number in question.chosen
            if function == "held":
                found += [Finding(TAKEN, number, f"/{row.name}")] if row.name in self.held and not is_chosen else []
            elif is_chosen is (function == "look"):
                kind = self.wrong.get(row.name)
                found += [Finding(kind, number, f"/{row.name}", "it is wrong")] if kind else []
                found += [Finding(UNSEEN, number, "", "no list", 0)] if row.name in self.unseen else []
        if function == "lost" and "gone" in self.wrong:
            found.append(Finding(self.wrong["gone"], NOBODY, "/gone", "it is left"))
        return Inspected(question.reading.ecosystem, question.reading.environment, rows, tuple(found))


class Books:
    """A machine whose Python environment is not as a manager's book says, from some moment on."""

    def __init__(self, directory: Path) -> None:
        """Makes a snapshot, and then changes what is installed."""
        self.place = ("pip", "/opt/tool")
        self.world = World({self.place: [Package("p", "", "1.0")]})
        self.bench = Bench(directory, self.world)
        self.is_right = True

    def inspect(self, questions: Sequence[Question], function: Function) -> list[Inspected]:
        """See `recording.inspecting.inspect`."""
        wrong = [Finding(RECORD, NOBODY, "/book", "it says 2.0")] if function == "booked" and not self.is_right else []
        return [
            Inspected(one.reading.ecosystem, one.reading.environment, one.asked.rows, tuple(wrong)) for one in questions
        ]

    def restoration(self) -> Restoration:
        """Returns what a new process would use."""
        return Restoration(
            self.bench.repository, self.bench.journal(), FakeCrew(self.world),  # type: ignore[arg-type]
            self.world.inventory, lambda: MOMENT, inspect=self.inspect,
        )  # fmt: skip


def test_what_is_not_as_a_managers_book_says_is_never_exact(tmp_path: Path) -> None:
    books = Books(tmp_path)
    books.world.installed = {books.place: frozenset([Package("p", "", "2.0")])}
    plan = books.restoration().plan(books.bench.snapshot, Selection(("pip",)))
    assert plan.left == ()
    books.is_right = False
    outcome = books.restoration().carry_out(plan)
    assert [(one.environment, one.reason) for one in outcome.differences] == [("/opt/tool", "/book: it says 2.0")]
    again = books.restoration().plan(books.bench.snapshot, Selection(("pip",)))
    assert (again.parts, [one.reason for one in again.left]) == ((), ["/book: it says 2.0"])
    for selection in (Selection(("apt",)), Selection(("pip",), packages=("p",))):
        left = books.restoration().plan(books.bench.snapshot, selection).left
        assert [one for one in left if one.environment] == []


def test_a_managers_book_is_looked_at_when_a_restore_is_taken_back(tmp_path: Path) -> None:
    books = Books(tmp_path)
    books.world.installed = {books.place: frozenset([Package("p", "", "2.0")])}
    plan = books.restoration().plan(books.bench.snapshot, Selection(("pip",)))
    # Fetched, noted, and half applied when the process ends.
    books.world.left = 6
    with pytest.raises(Killed):
        books.restoration().carry_out(plan)
    books.world.left = None
    books.is_right = False
    outcome = books.restoration().abort()
    assert books.world.installed == {books.place: frozenset([Package("p", "", "2.0")])}
    assert [(one.environment, one.reason) for one in outcome.differences] == [("/opt/tool", "/book: it says 2.0")]


class Crew(FakeCrew):
    """Puts packages in, and spoils the files of others when the thief goes."""

    def __init__(self, world: World, disk: Disk) -> None:
        """Takes what is installed, and its files."""
        super().__init__(world)
        self.disk = disk
        self.obstinate = False

    def propose(self, work: Work, staging: str) -> Proposal:
        """See `FakeCrew.propose`."""
        return super().propose(work, staging)

    def do(self, phase: str, part: Part, staging: str) -> None:
        """See `FakeCrew.do`."""
        if phase == "apply" and self.obstinate and all(step.kind == "reinstall" for step in part.steps):
            raise RefusedError("something is in the way")
        super().do(phase, part, staging)
        if phase == "apply":
            for step in part.steps:
                if step.after is not None and step.package.name not in self.disk.stubborn:
                    self.disk.wrong.pop(step.package.name, None)
            if any(step.after is None and step.package.name == "thief" for step in part.steps):
                self.disk.wrong["stays"] = MISSING


class Losing:
    """A bench with files."""

    def __init__(self, directory: Path) -> None:
        """Makes a snapshot, and then changes what is installed."""
        self.world = World(THEN)
        self.bench = Bench(directory, self.world)
        self.world.installed = {place: frozenset(rows) for place, rows in NOW.items()}
        self.disk = Disk(self.world)
        self.crew = Crew(self.world, self.disk)

    def restoration(self) -> Restoration:
        """Returns what a new process would use."""
        return Restoration(
            self.bench.repository, self.bench.journal(), self.crew,  # type: ignore[arg-type]
            self.world.inventory, lambda: MOMENT, inspect=self.disk.inspect,
        )  # fmt: skip

    def plan(self, selection: Selection = ONLY) -> Plan:
        """Returns the way back."""
        return self.restoration().plan(self.bench.snapshot, selection)

    def restored(self, selection: Selection = ONLY) -> Outcome:
        """Goes back."""
        return self.restoration().carry_out(self.plan(selection))


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> Losing:
    return Losing(tmp_path)


def test_a_package_that_lost_a_file_is_put_in_again_and_all_is_exact(world: Losing) -> None:
    outcome = world.restored()
    assert outcome.is_exact
    assert world.disk.wrong == {}
    assert [step for step in world.world.done if step.startswith("apply")].count("apply stays") == 1


def test_a_file_that_stays_wrong_is_a_difference(world: Losing) -> None:
    world.disk.wrong["a"] = CHANGED
    world.disk.stubborn = {"a", "stays"}
    outcome = world.restored()
    assert [(one.package, one.reason) for one in outcome.differences] == [
        ("a 1.0", "/a: it is wrong"), ("stays 1.0", "/stays: it is wrong"),
    ]  # fmt: skip


def test_what_cannot_be_put_in_again_is_a_difference_with_the_reason(world: Losing) -> None:
    world.world.missing.add("stays")
    [difference] = world.restored().differences
    assert difference.reason == "/stays: it is wrong; the package cannot be put in again: stays 1.0: is nowhere"


def test_a_refusal_of_the_second_run_is_no_failure_of_the_restore(world: Losing) -> None:
    world.crew.obstinate = True
    [difference] = world.restored().differences
    reason = "the package was put in again, and that failed: something is in the way"
    assert difference.reason == f"/stays: it is wrong; {reason}"
    assert world.bench.journal().read() is None


def test_what_was_wrong_before_is_not_this_restores_and_stays(world: Losing) -> None:
    world.disk.wrong["stays"] = MISSING
    assert world.restored().is_exact
    assert world.disk.wrong == {"stays": MISSING}
    assert "apply stays" not in world.world.done


def test_a_file_that_was_changed_before_and_is_gone_now_has_been_lost(world: Losing) -> None:
    world.disk.wrong["stays"] = CHANGED
    world.disk.stubborn = {"stays"}
    outcome = world.restored()
    assert [one.package for one in outcome.differences] == ["stays 1.0"]


def test_what_no_package_has_is_named_and_nothing_is_put_in(world: Losing) -> None:
    class Diverting(Crew):
        def do(self, phase: str, part: Part, staging: str) -> None:
            super().do(phase, part, staging)
            if phase == "apply":
                self.disk.wrong = {"gone": "diversion"}

    world.crew = Diverting(world.world, world.disk)
    [difference] = world.restored().differences
    assert (difference.package, difference.reason) == ("", "/gone: it is left")


def test_excluded_packages_are_not_put_in_again(world: Losing) -> None:
    [difference] = world.restored(Selection(("apt",), exclude=("stays",))).differences
    assert difference.package == "stays 1.0"
    assert "apply stays" not in world.world.done


def test_a_loss_that_is_known_before_is_in_the_plan(world: Losing) -> None:
    world.disk.held.add("stays")
    plan = world.plan()
    [part] = plan.parts
    assert ("reinstall", "stays") in [(step.kind, step.package.name) for step in part.steps]
    assert [(risk.kind, risk.package) for risk in plan.risks] == [("files", "stays 1.0")]
    assert "/stays" in plan.risks[0].reason


def test_a_loss_that_cannot_be_made_good_is_a_risk_and_no_obstacle(world: Losing) -> None:
    world.disk.held.add("stays")
    world.world.missing.add("stays")
    plan = world.plan()
    assert plan.obstacles == ()
    assert "stays" not in [step.package.name for step in plan.parts[0].steps]
    assert plan.risks[0].reason.endswith("the package cannot be put in again")
    assert [risk.kind for risk in world.plan(Selection(("apt",), exclude=("stays",))).risks] == []


def test_what_could_not_be_looked_at_is_counted(world: Losing) -> None:
    world.disk.unseen.add("a")
    outcome = world.restored()
    assert (outcome.is_exact, outcome.unseen) == (True, 1)


def test_killed_anywhere_what_was_wrong_before_is_still_known(tmp_path: Path) -> None:
    counting = Losing(tmp_path / "counting")
    counting.restored()
    for killed in range(len(counting.world.done)):
        world = Losing(tmp_path / str(killed))
        world.disk.wrong["old"] = MISSING
        plan = world.plan()
        world.world.left = killed
        try:
            world.restoration().carry_out(plan)
        except Killed:
            world.world.left = None
            if world.bench.journal().read() is None:
                continue
            outcome = world.restoration().resume()
            assert outcome.is_exact  # type: ignore[union-attr]
            assert world.disk.wrong == {"old": MISSING}


def test_aborted_after_a_loss_the_loss_is_named(tmp_path: Path) -> None:
    world = Losing(tmp_path)
    plan = world.plan()
    world.world.refusing.add("a")
    world.disk.stubborn.add("stays")

    class Spoiling(Crew):
        def do(self, phase: str, part: Part, staging: str) -> None:
            super().do(phase, part, staging)
            if phase == "revert":
                self.disk.wrong["a"] = MISSING

    world.crew = Spoiling(world.world, world.disk)
    with pytest.raises(Exception, match="will not"):
        world.restoration().carry_out(plan)
    outcome = world.restoration().abort()
    assert [one.package for one in outcome.differences] == ["a 2.0"]


@pytest.mark.parametrize("is_killed", [False, True])
def test_files_that_a_changed_package_had_are_looked_at_with_their_content(tmp_path: Path, *, is_killed: bool) -> None:
    stays, thief = Package("stays", "", "1"), Package("thief", "", "1")
    part = Begun(Part("pip", "/v", (), (Step(REMOVE, thief, None),)), "part")

    def inspect(questions: Sequence[Question], function: Function) -> list[Inspected]:
        found = []
        for one in questions:
            numbers = {row.name: number for number, row in enumerate(one.asked.rows)}
            wrong: list[Finding] = []
            if function == "held" and "thief" in numbers:
                wrong = [Finding(TAKEN, numbers["stays"], "/shared")]
            elif function == "lost":
                wrong = [Finding(MISSING, numbers["stays"], "/gone")]
            elif function == "look" and numbers["stays"] in one.chosen:
                wrong = [Finding(CHANGED, numbers["stays"], path, "it differs") for path in ("/shared", "/edited")]
            found.append(Inspected("pip", "/v", one.asked.rows, tuple(wrong)))
        return found

    def inventory(*rows: Package) -> Inventory:
        return Inventory("0" * 32, (), (Reading("pip", "/v", OK, Manifest.of("pip", rows)),))

    files = Files(inspect, lambda: str(tmp_path), lambda _: None)
    (old,) = files.note([part], inventory(stays, thief))
    assert (*old[:4], old.kind in LASTING) == (WRONG_BEFORE, "pip", "/v", "stays 1", True)
    if is_killed:
        files = Files(inspect, lambda: str(tmp_path), lambda _: None)
    found = files.wrong([part], inventory(stays))
    assert [(one.package, [finding.path for finding in one.findings]) for one in found] == [(stays, ["/shared"])]


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"wrong": [1], "held": []}', '{"wrong": [], "held": [["a"]]}'])
def test_a_note_that_makes_no_sense_is_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "note").write_text(text)
    assert read(f"{tmp_path}/note") is None
