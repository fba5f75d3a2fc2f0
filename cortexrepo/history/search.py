"""Search: which snapshots had a package in some version, and from when to when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import AbsentError, RequestError
from cortexrepo.history.changes import replay
from cortexrepo.history.packages import PackagesOf
from cortexrepo.model.history import GONE, KNOWN, THERE, UNKNOWN, Moment, Period
from cortexrepo.model.package import RESIDUAL
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cortexrepo.ecosystems.contract.versions import Test
    from cortexrepo.errors import CortexError
    from cortexrepo.history.changes import Step
    from cortexrepo.history.expression import Expression
    from cortexrepo.history.packages import Packages, Read
    from cortexrepo.history.past import Past
    from cortexrepo.history.sightings import Sighting
    from cortexrepo.model.history import Machine
    from cortexrepo.model.refname import RefName


class Row(NamedTuple):
    """What makes two rows the same version of the same package."""

    name: str
    arch: str
    inside: str
    version: str


class Span(NamedTuple):
    """For how long one version was there without a break; the fields mean what they mean in `Period`."""

    sighting: Sighting
    row: Row
    first: RefName
    last: RefName
    until: RefName | None
    snapshots: int
    begin: str = UNKNOWN


def search(past: Past, expression: Expression) -> list[Period]:
    """Returns for how long versions that meet an expression were there, where that touches the time that is asked for.

    Sorted by machine, environment, package and time.

    Raises:
        AbsentError: There is none.
        RequestError: The package is in an ecosystem in which nobody can say which versions meet it.
        CorruptError, FormatVersionError: None was found, and a file cannot be read.
    """
    expression = expression._replace(subject=expression.subject.among(past.recorded))
    read = PackagesOf(past.rows, expression.subject)
    meant = [sighting for sighting in past.found if expression.subject.typed(sighting.ecosystem) is not None]
    read.ahead(meant)
    _check(expression, meant, read)
    ever = spans_of(meant, read, expression.test)
    spans = [span for span in ever if _within(past, span)]
    if not spans:
        raise _nothing(past, expression, known=any(map(read, meant)), ever=bool(ever))
    machines = {name: past.machine(past.newest[name]) for name in {span.sighting.machine for span in spans}}
    periods = [_period(span, machines, past.newest) for span in spans]
    return sorted(
        periods, key=lambda one: (one.machine, one.ecosystem, one.environment, one.name, one.arch, one.inside)
    )


def _check(expression: Expression, meant: Sequence[Sighting], read: Read) -> None:
    """Refuses to answer for an ecosystem that has the package but cannot test its versions: that is no "no"."""
    untested: dict[str, bool] = {}
    for sighting in meant:
        name = sighting.ecosystem
        if name not in untested:
            untested[name] = expression.test(name) is None
        if untested[name] and read(sighting):
            others = (one.ecosystem for one in meant if expression.test(one.ecosystem) and read(one))
            raise RequestError(
                f"{expression.subject.word!r:.80} is a package of {name}, and {name} cannot compare versions like this",
                hint=_way(expression, name, others),
            )


def _way(expression: Expression, name: str, others: Iterator[str]) -> str:
    """Returns what can be asked instead; `others` are ecosystems that have the package and can test its versions."""
    if other := next(others, ""):
        return f"write the ecosystem before the name, like {other}:NAME<VERSION"
    import shlex  # few ever need it

    equal, every = f"{name}:{expression.subject.word}=VERSION", expression.subject.text
    return (
        f"equality works in every ecosystem: `cortex snapshot search {shlex.quote(equal)}`; "
        f"`cortex snapshot search {shlex.quote(every)}` shows every recorded version"
    )


def spans_of(found: Iterable[Sighting], read: Read, test: Callable[[str], Test | None]) -> list[Span]:
    """Returns for how long versions that meet a condition were there, in the order in which they came.

    Args:
        found: The sightings, the oldest first.
        read: Returns the rows of the packages that are meant.
        test: Returns an ecosystem's condition on versions, or None where it has none that makes sense.
    """
    tests: dict[str, _Meeting | None] = {}
    complete: dict[tuple[str, str, str], bool] = {}
    open_spans: dict[tuple[str, str, str], dict[Row, int]] = {}
    spans: list[Span] = []
    for step in replay(found, read, lambda *_: 0):
        ecosystem = step.sighting.ecosystem
        if ecosystem not in tests:
            holds = test(ecosystem)
            tests[ecosystem] = None if holds is None else _Meeting(holds)
        meeting = tests[ecosystem]
        if meeting is not None:
            begin = KNOWN if complete.get(step.sighting.key, False) else UNKNOWN
            _continue(spans, open_spans.setdefault(step.sighting.key, {}), step, meeting, begin)
        complete[step.sighting.key] = step.held.complete
    return spans


def _continue(spans: list[Span], going: dict[Row, int], step: Step, meeting: _Meeting, begin: str) -> None:
    """Begins, lengthens and ends the spans of one environment; `going` says which of `spans` are not over.

    `begin` says whether all that was there before this step is known.
    """
    sighting = step.sighting
    seen, held = meeting.rows(step.seen), meeting.rows(step.held.rows)
    for row in [row for row in going if row not in held]:
        index = going.pop(row)
        spans[index] = spans[index]._replace(until=sighting.first)
    for row in seen:
        if row in going:
            span = spans[going[row]]
            _, _, first, _, until, snapshots, begun = span
            spans[going[row]] = Span(
                span.sighting, row, first, sighting.last, until, snapshots + sighting.snapshots, begun
            )
        else:
            going[row] = len(spans)
            spans.append(Span(sighting, row, sighting.first, sighting.last, None, sighting.snapshots, begin))


class _Meeting:
    """The installed rows whose version meets a condition, of rows that are mostly the very same as those before."""

    def __init__(self, holds: Test) -> None:
        self._holds = holds
        self._last: Packages = ()
        self._rows: dict[Row, None] = {}

    def rows(self, packages: Packages) -> dict[Row, None]:
        """Returns them, each once."""
        if packages is not self._last:
            self._last = packages
            self._rows = {
                Row(package.name, package.arch, package.attribute("inside"), package.version): None
                for package in packages
                if not package.flags & RESIDUAL and self._holds(package.version)
            }
        return self._rows


def _nothing(past: Past, expression: Expression, *, known: bool, ever: bool) -> CortexError:
    if not known:
        from cortexrepo.history.names import unknown

        subject = expression.subject
        return past.certain(unknown(past.found, past.rows, subject, past.recorded), f"a package {subject.text!r:.80}")
    shown = f"{expression.subject.text!r:.80}"
    message = f"no snapshot has such a version of {shown}"
    hint = f"`cortex snapshot search {expression.subject.text}` shows every recorded version"
    if ever:
        message = f"no such version of {shown} was recorded in the given time"
        hint = "leave out --since and --until"
    return past.certain(AbsentError(message, hint=hint), f"such a version of {shown}")


def _within(past: Past, span: Span) -> bool:
    """Returns whether the span touches the time between the moments asked for."""
    since_ms, until_ms = past.where.since_ms, past.where.until_ms
    return (since_ms is None or span.last.created_at >= since_ms) and (
        until_ms is None or span.first.created_at <= until_ms
    )


def _period(span: Span, machines: Mapping[str, Machine], newest: Mapping[str, RefName]) -> Period:
    sighting = span.sighting
    end = GONE if span.until is not None else THERE if span.last == newest[sighting.machine] else UNKNOWN
    return Period(
        machines[sighting.machine], sighting.ecosystem, sighting.environment, *span.row,
        _moment(span.first), _moment(span.last), None if span.until is None else _moment(span.until), end,
        span.snapshots, span.begin,
    )  # fmt: skip


def _moment(name: RefName) -> Moment:
    return Moment(name.id, name.created_at)
