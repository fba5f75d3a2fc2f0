"""Text in the language of manual pages, man(7): one sentence on a line, and nothing that is taken for a request."""

from __future__ import annotations

import re
import textwrap

from cortexrepo.cli.manual.paragraphs import sentences

_WIDTH = 78
"""So long may a line of the source be; mandoc complains about more than 80."""
_SPECIAL = {"\\": "\\e", "~": "\\(ti", "^": "\\(ha", "'": "\\(aq", "`": "\\(ga", '"': "\\(dq"}
_LAST_ASCII = "~"
_CODE = re.compile(r"`([^`]+)`")
_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")
_PLACEHOLDER = re.compile(r"\b[A-Z]+\b")


def plain(text: str) -> str:
    """Returns text with each letter that roff reads in its own way written out."""
    return "".join(
        _SPECIAL.get(letter, letter) if letter <= _LAST_ASCII else f"\\[u{ord(letter):04X}]" for letter in text
    )


def literal(text: str) -> str:
    """Returns a command, an option or a path; a minus can be copied as one."""
    return plain(text).replace("-", "\\-")


def bold(text: str) -> str:
    """Returns the same, to be typed as it is."""
    return f"\\fB{literal(text)}\\fP"


def usage(text: str) -> str:
    """Returns what follows a command or an option; words in capital letters stand for others."""
    return _PLACEHOLDER.sub(lambda found: f"\\fI{found[0]}\\fP", literal(text))


def prose(text: str) -> list[str]:
    """Returns lines of running text; options, and what stands between backticks, are bold."""
    lines: list[str] = []
    for sentence in sentences(" ".join(text.split())):
        pieces = _CODE.split(sentence)
        marked = "".join(bold(piece) if at % 2 else _marked(piece) for at, piece in enumerate(pieces))
        lines += wrapped(marked)
    return lines


def wrapped(marked: str) -> list[str]:
    """Returns what is written for roff already in lines that are short enough."""
    found = textwrap.wrap(marked, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [_guarded(line) for line in found]


def block(lines: tuple[str, ...]) -> list[str]:
    """Returns lines that stand as they are, indented."""
    return [".PP", ".nf", ".RS 4", *(_guarded(literal(line)) or "\\&" for line in lines), ".RE", ".fi"]


def _marked(text: str) -> str:
    ends = [0]
    found = ""
    for option in _OPTION.finditer(text):
        found += plain(text[ends[-1] : option.start()]) + bold(option[0])
        ends.append(option.end())
    return found + plain(text[ends[-1] :])


def _guarded(line: str) -> str:
    return f"\\&{line}" if line.startswith((".", "'")) else line
