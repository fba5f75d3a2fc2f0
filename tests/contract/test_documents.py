"""The documents name files and functions that exist: a name that has moved is noticed when it moves."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")), "README.md"]

_TOPS = r"(?:cortexrepo|tests|docs|\.ci)/"
_PATH = re.compile(rf"({_TOPS}[\w./*+-]*|[\w./*-]+\.(?:py|pml|toml|ini))(?:::\w+)?")
_METHOD = re.compile(r"([A-Z][A-Za-z]+)\.(\w+)")
_PLACEHOLDER = re.compile(r"\b(NAME|NUMBER|KIND|WORD)\b")
_BASES = ("", "cortexrepo", "cortexrepo/ecosystems", "tests", "docs")


def words(document: str) -> list[str]:
    """What stands in backticks, on one line and outside of blocks."""
    text = re.sub(r"^```.*?^```", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", text)


def exists(path: str) -> bool:
    if "/" not in path:
        return any(path == known.rsplit("/", 1)[-1] for known in files())
    return any(any((ROOT / base).glob(path.rstrip("/"))) for base in _BASES)


@cache
def files() -> tuple[str, ...]:
    tops = [path for path in (ROOT / "cortexrepo", ROOT / "tests") for path in path.rglob("*") if path.is_file()]
    return (*(path.as_posix() for path in tops), *(path.name for path in ROOT.iterdir()))


@cache
def classes() -> dict[str, set[str]]:
    """The names in the body of each class of the package."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "cortexrepo").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, set()).update(_members(node))
    return found


def _members(node: ast.ClassDef) -> set[str]:
    methods = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
    fields = {one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)}
    return methods | fields


def prose() -> list[tuple[str, str]]:
    """The texts before and after in the table of contributing.md."""
    text = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| from \| before \| after \|\n\|[- |]+\|\n((?:\|.*\n)+)", text, flags=re.MULTILINE)
    rows = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()]
    return [(before, after) for _, before, after in rows]


@cache
def texts() -> tuple[str, ...]:
    """Every text in the package, docstrings too, with one space between words and `{name!r}` for what is filled in."""
    found = []
    for path in (ROOT / "cortexrepo").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(" ".join(node.value.split()))
            elif isinstance(node, ast.JoinedStr):
                found.append(" ".join(ast.unparse(node)[2:-1].split()))
    return tuple(found)


@pytest.mark.parametrize(("before", "after"), prose())
def test_a_text_before_is_nowhere_in_the_code_and_the_text_after_is(before: str, after: str) -> None:
    assert [text for text in texts() if before in text] == []
    assert [text for text in texts() if after in text] != []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_path_that_a_document_names_exists(document: str) -> None:
    named = [found[1] for word in words(document) if (found := _PATH.fullmatch(word))]
    assert [path for path in named if not _PLACEHOLDER.search(path) and not exists(path)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_method_that_a_document_names_exists(document: str) -> None:
    named = [found for word in words(document) if (found := _METHOD.fullmatch(word)) and found[1] in classes()]
    assert [found[0] for found in named if found[2] not in classes()[found[1]]] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_link_between_documents_leads_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not ((ROOT / document).parent / target).exists()] == []


@pytest.mark.parametrize("document", ["README.md", "docs/contributing.md", "docs/design.md"])
def test_a_picture_of_the_layers_is_that_of_the_linter(document: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract["id"] == "layers")
    text = (ROOT / document).read_text(encoding="utf-8")
    (picture,) = re.findall(r"^```\n((?:__main__\n)?cli .*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    drawn = [re.split(r"\s{2,}", line)[0] for line in picture.splitlines()]
    assert ["__main__", *drawn[drawn[0] == "__main__" :]] == layers
