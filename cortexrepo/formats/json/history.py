"""The documents of questions about many snapshots; written field by field, as in `json`, and in docs/json.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.json.document import cause, damages, document
from cortexrepo.formats.json.snapshots import changed, failed
from cortexrepo.formats.times import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.errors import AbsentError
    from cortexrepo.formats.json.document import Damaged, Document, Value
    from cortexrepo.model.history import Logged, Moment, Period, Tally
    from cortexrepo.model.unlooked import Unlooked


def logged(
    package: str | None, found: Iterable[Logged], unlooked: Iterable[Unlooked], damaged: Callable[[], Damaged]
) -> Document:
    """Returns the document of `log`: with a package every change of it, without one the changes in short.

    What is damaged is asked for when all that was found was looked at: only then is it known.
    """
    rows: list[Value] = [{**_snapshot(one), **_what(one, full=package is not None)} for one in found]
    gaps = unknown(unlooked)
    return document("log", {"package": package, "snapshots": rows, "unknown": gaps, "damaged": damages(damaged())})


def searched(expression: str, found: Iterable[Period], unlooked: Iterable[Unlooked], damaged: Damaged) -> Document:
    """Returns the document of `search`."""
    rows: list[Value] = [_period(period) for period in found]
    gaps = unknown(unlooked)
    return document("search", {"expression": expression, "periods": rows, "unknown": gaps, "damaged": damages(damaged)})


def absent(error: AbsentError, unlooked: Iterable[Unlooked]) -> Document:
    """Returns the document of a question to which the answer is no, or not known."""
    return {**failed(error), "unknown": unknown(unlooked)}


def unknown(found: Iterable[Unlooked]) -> list[Value]:
    """Returns what was not looked at."""
    return [
        {
            "machine": one.machine.id,
            "hostname": one.machine.host,
            "ecosystem": one.ecosystem,
            "environment": one.environment,
            "from": None if one.first is None else _moment(one.first),
            "to": None if one.last is None else _moment(one.last),
            "reason": one.reason,
        }
        for one in found
    ]


def _snapshot(one: Logged) -> Document:
    return {
        **_moment(one.moment),
        "message": one.message,
        "machine": one.machine.id,
        "hostname": one.machine.host,
        "cause": cause(one.cause),
    }


def _what(one: Logged, *, full: bool) -> Document:
    if full:
        return {"changes": [changed(change) for change in one.changes]}
    return {"slots": [_tally(tally) for tally in one.tallies()]}


def _tally(tally: Tally) -> Document:
    return {
        "ecosystem": tally.ecosystem,
        "environment": tally.environment,
        "counts": dict(tally.counts),
        "names": list(tally.names),
    }


def _period(period: Period) -> Document:
    return {
        "machine": period.machine.id,
        "hostname": period.machine.host,
        "ecosystem": period.ecosystem,
        "environment": period.environment,
        "name": period.name,
        "arch": period.arch,
        "inside": period.inside,
        "version": period.version,
        "begin": period.begin,
        "end": period.end,
        "first": _moment(period.first),
        "last": _moment(period.last),
        "until": None if period.until is None else _moment(period.until),
        "snapshots": period.snapshots,
    }


def _moment(moment: Moment) -> Document:
    return {"id": moment.id, "created_at": iso(moment.created_at)}
