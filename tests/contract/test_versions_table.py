"""docs/format.md, part 3: each row has golden files of a version 2, all of these have a row, each rule a test."""

from __future__ import annotations

from pathlib import Path

from support.repositories import later

TEXT = (Path(__file__).parents[2] / "docs" / "format.md").read_text()
COLUMNS = ["meets", "a reader", "a writer", "a collector"]


SECTION = TEXT.partition("## 3. Versions\n")[2].partition("\n## ")[0]


def table() -> list[list[str]]:
    """Returns the cells of the table, row by row, its head first."""
    lines = [line for line in SECTION.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


def test_every_row_of_the_document_has_cases_and_every_case_has_a_row() -> None:
    head, *rows = table()
    assert head == COLUMNS
    assert [row[0] for row in rows] == list(later.ROWS)
    assert all(later.ROWS.values())
    cases = [case for cases in later.ROWS.values() for case in cases]
    assert sorted(cases) == sorted(path.name for path in later.PLACE.iterdir())


def test_every_cell_says_something() -> None:
    assert all(len(row) == len(COLUMNS) and all(row) for row in table())


def test_every_rule_below_the_table_has_a_test() -> None:
    rules = [line.removeprefix("- ") for line in SECTION.splitlines() if line.startswith("- ")]
    assert len(rules) == len(later.RULES)
    assert all(rule.startswith(known) for rule, known in zip(rules, later.RULES, strict=True))
