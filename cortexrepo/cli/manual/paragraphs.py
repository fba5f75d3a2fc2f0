"""A help text taken apart: prose, lines that stand as they are, examples, and what the exit codes mean."""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

_AS_IT_IS = "\b\n"
"""How click marks a paragraph whose lines are not wrapped."""
_CODES = "Exit codes"
_LIST = re.compile(r"(.+?): (?=\d)")
"""The beginning of a sentence that lists exit codes, each a number and its meaning."""
_NEXT_CODE = re.compile(r", (?=\d+ )")


class Code(NamedTuple):
    """An exit code: its number, what it means, and the option with which alone it comes, if any."""

    number: str
    meaning: str
    condition: str = ""


class Parts(NamedTuple):
    """What a help text consists of.

    Attributes:
        paragraphs: Prose, and blocks of lines (tuples) that stand as they are, in order.
        examples: Command lines.
        codes: The exit codes.
        remarks: Sentences about the exit codes.
    """

    paragraphs: tuple[str | tuple[str, ...], ...]
    examples: tuple[str, ...]
    codes: tuple[Code, ...]
    remarks: tuple[str, ...]


def parts(text: str) -> Parts:
    """Returns the parts of a help text as click has it in `Command.help`."""
    paragraphs: list[str | tuple[str, ...]] = []
    examples: list[str] = []
    codes: list[Code] = []
    remarks: list[str] = []
    for block in filter(None, map(str.rstrip, inspect.cleandoc(text).split("\n\n"))):
        lines = tuple(block.removeprefix(_AS_IT_IS).split("\n"))
        joined = " ".join(block.split())
        if block.startswith(_AS_IT_IS) and all("cortex " in line for line in lines):
            examples += lines
        elif block.startswith(_AS_IT_IS):
            paragraphs.append(lines)
        elif joined.startswith(f"{_CODES}:"):
            _read_codes(joined, codes, remarks)
        else:
            paragraphs.append(joined)
    return Parts(tuple(paragraphs), tuple(examples), tuple(codes), tuple(remarks))


def sentences(text: str) -> list[str]:
    """Returns the sentences of a paragraph, each with its full stop."""
    return re.split(r"(?<=\.) +(?=\S)", text)


def _read_codes(text: str, codes: list[Code], remarks: list[str]) -> None:
    for sentence in sentences(text):
        head = _LIST.match(sentence)
        if head is None:
            remarks.append(sentence)
            continue
        condition = "" if head[1] == _CODES else head[1]
        for one in _NEXT_CODE.split(sentence[head.end() :].removesuffix(".")):
            number, _, meaning = one.partition(" ")
            codes.append(Code(number, meaning, condition))
