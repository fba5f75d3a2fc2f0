"""Finds the texts that a program can show: its string literals that are prose."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def shown(source: str) -> set[str]:
    """Returns the literals of a Python file that contain a space between words, without its docstrings.

    An f-string yields the literal pieces around its values. A file that cannot be parsed is one text.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return {source}
    silent = set(_bare(tree))
    return {
        " ".join(node.value.split())
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
        if " " in node.value.strip()
    }


def _bare(tree: ast.AST) -> Iterator[int]:
    """Yields the identity of each literal that is a statement of its own: docstrings, also those of attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)
