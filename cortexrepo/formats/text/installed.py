"""What a look at installed files found, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.quantities import counted
from cortexrepo.formats.text.style import BOLD, DIM, GREEN, RED, YELLOW
from cortexrepo.model import enumeration
from cortexrepo.model.installed import COMPARED, CONFIGURATION, KINDS, PRESENT, UNSEEN, WRONG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.installed import Finding, Inspected, Inspection

_NAMED = 3
"""So many packages are named for each reason why files were not looked at."""


def inspection(found: Inspection, style: Style) -> list[str]:
    """Returns a line for each wrong file, for each changed configuration file and for each gap, and the totals."""
    lines = [line for kind in KINDS if kind in WRONG for line in _of(found, kind, style, RED)]
    lines += _of(found, CONFIGURATION, style, DIM)
    lines += [f"{style.paint('not looked at:', BOLD, YELLOW)} {line}" for line in _gaps(found)]
    return [*lines, _totals(found, style)]


def _of(found: Inspection, kind: str, style: Style, colour: str) -> list[str]:
    return [
        f"{style.paint(f'{kind}:', BOLD, colour)} {escape(one.path)}: {_title(place, one)}: {escape(one.reason)}"
        for place in found.places
        for one in place.findings
        if one.kind == kind
    ]


def _title(place: Inspected, finding: Finding) -> str:
    package = place.package(finding)
    words = [_environment(place), *([package.name, package.version] if package is not None else [])]
    return escape(" ".join(filter(None, words)))


def _environment(place: Inspected) -> str:
    return f"{place.ecosystem} {place.environment}".rstrip()


def _gaps(found: Inspection) -> Iterator[str]:
    """Yields a line for each reason why files of an environment were not looked at."""
    for place in found.places:
        if place.unseen:
            yield f"{escape(_environment(place))}: {escape(place.unseen)}"
        several: dict[str, list[Finding]] = {}
        for one in place.findings:
            if one.kind == UNSEEN and one.path:
                yield f"{escape(one.path)}: {_title(place, one)}: {escape(one.reason)}"
            elif one.kind == UNSEEN:
                several.setdefault(one.reason, []).append(one)
        for reason, findings in several.items():
            names = [package.name for one in findings if (package := place.package(one)) is not None]
            count = _count(findings)
            of = f" of {enumeration.names(names, _NAMED, escape)}" if names else ""
            yield f"{escape(_environment(place))}: {count}{of}: {escape(reason)}"


def _count(findings: Sequence[Finding]) -> str:
    known = sum(one.files for one in findings)
    return counted(known, "file") if known else "all files"


def _totals(found: Inspection, style: Style) -> str:
    count = sum(len(place.wrong) for place in found.places)
    if count:
        verdict = style.paint(counted(count, "wrong file"), RED)
    else:
        verdict = style.paint("all good" if found.is_whole else "no wrong file found", GREEN)
    parts = [f"{counted(found.count(COMPARED), 'file')} compared"]
    if present := found.count(PRESENT):
        parts.append(f"{present} links, directories and files without a checksum are there")
    if changed := found.count(CONFIGURATION):
        parts.append(f"{counted(changed, 'configuration file')} changed or removed, which is not wrong")
    if unseen := found.count(UNSEEN):
        parts.append(f"{unseen} not looked at")
    if gaps := sum(bool(place.unseen) for place in found.places):
        parts.append(f"{counted(gaps, 'environment')} not looked at to the end")
    return f"{verdict}: {', '.join(parts)}"
