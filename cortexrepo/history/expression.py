"""Expressions: a package and conditions on its version, `xz-utils=5.6.1`, `pip:requests>=2,<3`, `lodash`. Pure.

`=` (and `@`, as npm writes it) is the same text in any ecosystem. Every other operator is each ecosystem's own: dpkg's
order; PEP 440's specifiers; semantic versions, where `2` is every 2.*.*. An ecosystem in which a condition makes no
sense has no version that meets it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import RequestError
from cortexrepo.history import subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.history.subject import Subject

    Test = Callable[[str], bool]
    """Whether a version meets a condition."""

SAME = "="
_HINT = "write NAME, NAME=VERSION, or NAME and == != < <= > >= ~=, like 'requests>=2,<3' or apt:xz-utils=5.6.1-1"
_CLAUSE = re.compile(r"\s*(==|!=|<=|>=|~=|=|<|>)\s*([^\s=<>!,]+)\s*")
_OPERATOR = re.compile(r"==|!=|<=|>=|~=|=|<|>")
_ORDERS: dict[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
_PART = re.compile(r"v?(0|[1-9][0-9]{0,15})(?:\.(0|[1-9][0-9]{0,15}))?")
"""The beginning of a semantic version."""


class Clause(NamedTuple):
    """One condition on a version."""

    operator: str
    version: str


class Expression(NamedTuple):
    """A package, and the conditions that its version meets, all of them."""

    subject: Subject
    clauses: tuple[Clause, ...]

    def test(self, ecosystem: str) -> Test | None:
        """Returns what says whether an ecosystem's version meets the conditions; None where they make no sense."""
        tests = [_test(ecosystem, clause) for clause in self.clauses]
        usable = [test for test in tests if test is not None]
        if len(usable) < len(tests):
            return None
        if not tests:
            return lambda _: True
        # A version that is not known meets no condition.
        return lambda version: version != "" and all(test(version) for test in usable)


def parse(text: str, ecosystems: Iterable[str]) -> Expression:
    """Returns the expression that a person typed.

    Args:
        text: What was typed.
        ecosystems: Those that it may be meant for.

    Raises:
        RequestError: It is malformed, or makes sense in none of them.
    """
    name, rest = _parts(text)
    clauses = tuple(_clause(text, part) for part in rest.split(",")) if rest else ()
    expression = Expression(subject.parse(name), clauses)
    if not any(expression.subject.spelling(name) is not None and expression.test(name) for name in ecosystems):
        raise _malformed(text)
    return expression


def _parts(text: str) -> tuple[str, str]:
    """Returns the name and what follows it."""
    found = _OPERATOR.search(text)
    if found is not None:
        return text[: found.start()].strip(" "), text[found.start() :]
    # The first letter may be that of a scope: @babel/core@7.0.0.
    name, at, version = text[1:].rpartition("@")
    return (text[:1] + name, SAME + version) if at else (text.strip(" "), "")


def _clause(text: str, part: str) -> Clause:
    found = _CLAUSE.fullmatch(part)
    if found is None:
        raise _malformed(text)
    return Clause(found[1], found[2])


def _malformed(text: str) -> RequestError:
    return RequestError(f"not an expression: {text!r:.80}", hint=_HINT)


def _test(ecosystem: str, clause: Clause) -> Test | None:
    if clause.operator == SAME:
        return clause.version.__eq__
    if ecosystem == "apt":
        return _ordered(ecosystem, clause)
    if ecosystem == "pip":
        return _specified(clause)
    return _semantic(clause) if ecosystem == "npm" else None


def _ordered(ecosystem: str, clause: Clause) -> Test | None:
    from cortexrepo.ecosystems.registry import load

    compare, holds = load(ecosystem).compare, _ORDERS.get(clause.operator)
    return None if holds is None else lambda version: holds(compare(version, clause.version))


def _specified(clause: Clause) -> Test | None:
    from packaging.specifiers import InvalidSpecifier, Specifier  # only when versions are compared
    from packaging.version import InvalidVersion, Version

    try:
        specifier = Specifier(clause.operator + clause.version)
    except InvalidSpecifier:
        return None

    def holds(version: str) -> bool:
        try:
            return specifier.contains(Version(version), prereleases=True)
        except InvalidVersion:
            return False

    return holds


def _semantic(clause: Clause) -> Test | None:
    """Returns the test for a semantic version, of which the last parts may be left out: then it is all it begins.

    Those are from its first pre-release until before the first pre-release of what comes after them, as npm reckons.
    """
    from cortexrepo.ecosystems.npm.versions import compare, version_key

    def is_version(text: str) -> bool:
        # The first of a key says whether the rest is ordered as numbers.
        return version_key(text)[0] == 1

    holds = _ORDERS.get(clause.operator)
    part = _PART.fullmatch(clause.version)
    if holds is None or (part is None and not is_version(clause.version)):
        return None
    if part is None:
        return lambda version: is_version(version) and holds(compare(version, clause.version))
    numbers = [int(number) for number in part.groups() if number is not None]
    lowest, above = _first(numbers), _first([*numbers[:-1], numbers[-1] + 1])

    def within(version: str) -> bool:
        # Before them all, one of them, or after them all.
        return is_version(version) and holds((compare(version, lowest) >= 0) + (compare(version, above) >= 0) - 1)

    return within


def _first(numbers: list[int]) -> str:
    """Returns the first of all versions that begin with these numbers."""
    return ".".join(map(str, [*numbers, 0, 0][:3])) + "-0"
