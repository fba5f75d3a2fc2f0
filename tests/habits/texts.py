"""Finds the texts that a program can show: its string literals that are prose."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def shown(source: str) -> set[str]:
    """Returns the literals of a Python file that contain a space between words, without its docstrings and types.

    An f-string yields the literal pieces around its values. A file that cannot be parsed is one text.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return {source}
    silent = set(_silent(tree))
    return {
        " ".join(node.value.split())
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
        if " " in node.value.strip()
    }


def _silent(tree: ast.AST) -> Iterator[int]:
    """Yields the identity of each literal that is a statement of its own, as docstrings are, or the type in a cast."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield id(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast":
            yield id(node.args[0])
