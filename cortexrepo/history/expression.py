"""Expressions: a package and conditions on its version, `xz-utils=5.6.1`, `pip:requests>=2,<3`, `lodash`. Pure.

`=` (and `@`, as npm writes it) is the same text in any ecosystem. Every other operator is each ecosystem's own:
`Versions.condition`. Where a condition makes no sense, nobody knows which versions meet it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.errors import RequestError
from cortexrepo.history import subject
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.contract.versions import Test
    from cortexrepo.history.subject import Subject

SAME = "="
_CLOSE = "~="
_HINT = "write NAME, NAME=VERSION, or NAME and one of == != < <= > >= ~=, like 'requests>=2,<3' or apt:xz-utils=5.6.1-1"
_CLAUSE = re.compile(r"\s*(==|!=|<=|>=|~=|=|<|>)\s*([^\s=<>!,]+)\s*")
_OPERATOR = re.compile(r"==|!=|<=|>=|~=|=|<|>")


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
    meant = [name for name in ecosystems if expression.subject.typed(name) is not None]
    if not meant:
        if subject.may_be_prefixed(expression.subject):
            return expression
        raise _malformed(text)
    if not any(expression.test(name) for name in meant):
        raise RequestError(
            f"{text!r:.80} cannot be tested: {' and '.join(meant)} cannot compare versions with this condition",
            hint=f"the operator '=' works in every ecosystem; '{_CLOSE}' works only in {' and '.join(_with(_CLOSE))}",
        )
    return expression


def _with(operator: str) -> list[str]:
    """Returns the ecosystems in which an operator has a meaning."""
    orders = ((name, registry.versions(name)) for name in registry.able(registry.VERSIONS))
    return [name for name, order in orders if order is not None and order.condition(operator, "1.0") is not None]


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
    return RequestError(f"{text!r:.80} is not a search expression", hint=_HINT)


def _test(ecosystem: str, clause: Clause) -> Test | None:
    if clause.operator == SAME:
        return clause.version.__eq__
    versions = registry.versions(ecosystem)
    return None if versions is None else versions.condition(clause.operator, clause.version)
