"""`verify --installed`: which part of the machine is meant, and the look at it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.cli.exit_codes import DONE, FAILED, PARTIAL
from cortexrepo.cli.screen.progress import ProgressLine
from cortexrepo.cli.screen.result import Result
from cortexrepo.ecosystems import registry
from cortexrepo.errors import RequestError
from cortexrepo.formats.json.installed import inspection as document
from cortexrepo.formats.text.installed import inspection as lines
from cortexrepo.history.names import alike
from cortexrepo.model.installed import Inspection
from cortexrepo.model.package import RESIDUAL
from cortexrepo.model.snapshot import ABSENT
from cortexrepo.recording.collecting import collect, machine_at
from cortexrepo.recording.inspecting import Question, inspect
from cortexrepo.restore.plan.steps import is_about, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.model.installed import Inspected
    from cortexrepo.model.inventory import Reading


def look(root: str, packages: Sequence[str], environments: Sequence[str]) -> Result:
    """Returns what a look at the installed files of a machine finds; raises as `collect`, and for an unknown package.

    Args:
        root: The root directory of the machine.
        packages: Names: only these packages; all where there are none.
        environments: Paths: only these environments; all where there are none.
    """
    paths = _absolute(environments, root)
    readings = _chosen(list(collect(root, environments=paths).readings), paths, root)
    _check(packages, readings)
    questions = [Question(reading, _numbers(reading, packages)) for reading in readings]
    if packages:
        questions = [question for question in questions if question.chosen]
    with ProgressLine() as progress:
        places = inspect(questions, root=root, progress=progress)
        found = Inspection(tuple(places if packages else _with_books(questions, places, root)))
    return Result(
        document=lambda: document(found),
        lines=lambda style: lines(found, style),
        code=lambda: _code(found),
        is_paged=True,
    )


def _with_books(questions: Sequence[Question], places: Sequence[Inspected], root: str) -> list[Inspected]:
    """Returns what was found, and in what whole environments are not as other programs say that keep a book of them."""
    numbers = [number for number, question in enumerate(questions) if _may_have_book(question.reading)]
    asked = [questions[number]._replace(chosen=frozenset()) for number in numbers]
    found = list(places)
    for number, one in zip(numbers, inspect(asked, "booked", root) if asked else (), strict=True):
        whole = found[number]
        found[number] = whole._replace(findings=whole.findings + one.findings, unseen=whole.unseen or one.unseen)
    return found


def _may_have_book(reading: Reading) -> bool:
    facet = registry.rules(reading.ecosystem)
    kind = dict(reading.facts).get("kind", "")
    return reading.manifest is not None and facet is not None and facet.may_have_book(kind)


def _code(found: Inspection) -> int:
    if not found.is_right:
        return FAILED
    return DONE if found.is_whole else PARTIAL


def _absolute(environments: Sequence[str], root: str) -> list[str]:
    """Returns absolute paths: a relative one is meant from here, but inside another root from that root."""
    start = os.getcwd() if environments and root == "/" else "/"
    return [os.path.normpath(os.path.join(start, path)) for path in environments]


def _chosen(readings: Sequence[Reading], paths: Sequence[str], root: str) -> list[Reading]:
    """Returns what has packages, or could not be read; of one environment each where some are named."""
    found = [reading for reading in readings if not registry.is_machine(reading.ecosystem) and reading.status != ABSENT]
    if not paths:
        return found
    system = machine_at(root)
    wanted = {candidate for path in paths for candidate in (path, system.realpath(path))}
    return [one for one in found if one.environment and any(_is_within(one.environment, path) for path in wanted)]


def _is_within(place: str, candidate: str) -> bool:
    """Returns whether one of the two paths is, or is inside, the other: a prefix may be named by its site directory."""
    return place == candidate or candidate.startswith(f"{place}/") or place.startswith(f"{candidate}/")


def _numbers(reading: Reading, packages: Sequence[str]) -> frozenset[int]:
    rows = () if reading.manifest is None else reading.manifest.packages
    return frozenset(
        number for number, row in enumerate(rows) if not packages or is_about(reading.ecosystem, row, packages)
    )


def _check(packages: Sequence[str], readings: Sequence[Reading]) -> None:
    """Raises RequestError for the name of no installed package."""
    if not packages:
        return
    known = {
        spelled(reading.ecosystem, row.name): row.name
        for reading in readings
        if reading.manifest is not None
        for row in reading.manifest.packages
        if not row.flags & RESIDUAL
    }
    for name in packages:
        if not any(spelled(ecosystem, name) in known for ecosystem in registry.names()):
            hint = alike(name, known.values()) or "`cortex snapshot show live --packages` lists the names"
            raise RequestError(f"the package {name!r} is not installed", hint=hint)
