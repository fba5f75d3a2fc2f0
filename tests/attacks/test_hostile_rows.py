"""A repository whose every text is hostile: each command answers, in text and in JSON, and nothing raw is printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import AUTO, BROKEN, EDITABLE, HOLD, LINK, NESTED, RESIDUAL, Manifest, Package
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

MANY = "9" * 5000
TEXTS = (
    "\x1b[2J\x1b]0;owned\x07", "\x9b31m", "a\nb\r\tc", "\x00", "\u202eevil\u2066", "\ufeff\u200b", "\U000e0041",
    "\ufffd", MANY, f"1.{MANY}", f"{MANY}!1", f"1.0rc{MANY}", f"1.0.0-{MANY}", "1.0.*", "%s{0}{x}$(id)`id`", "-rf",
    "../../x", "é" * 300, '"quoted" \'too\'', "[bold]", "1:2-3~4+5", "deinstall ok", "x ok y", "a ok b c",
)  # fmt: skip
MACHINE = "ab" * 16
DAY = 86_400_000
USAGE = 2
NAMES = ("demo", *(text for text in TEXTS if len(text) < 400))
COMMANDS = (
    ["list"], ["list", "--since", "2020-01-01"], ["show", "latest"], ["show", "latest", "--packages"],
    ["diff", "latest~1", "latest"],
    ["diff", "latest~2", "latest"], ["diff", "latest", "live"], ["status"], ["log"], ["log", "demo"], ["log", "pip:v*"],
    ["log", "*owned*"],
    ["search", "demo"], ["search", "demo<1"], ["search", "demo>=1.0"], ["search", "*<1"], ["search", f"demo<{MANY}"],
    ["search", f"demo=={MANY}"], ["search", "demo~=1.0"], ["search", "pip:demo<1"], ["search", "npm:demo<1"],
    ["restore", "latest~1", "--dry-run"], ["restore", "latest", "--dry-run", "--package", "demo"], ["verify"],
    ["prune", "--keep-last", "2", "--dry-run"], ["artifacts", "list"], ["show", "latest", "--restorable"],
)  # fmt: skip


def _rows(ecosystem: str, turn: int) -> Manifest:
    """Returns rows in which each text stands in each field, at other versions each time."""
    arch = "amd64" if ecosystem == "apt" else ""
    rows = [Package("demo", arch, TEXTS[(7 + turn) % len(TEXTS)])]
    for number, text in enumerate(TEXTS):
        other = TEXTS[(number + turn) % len(TEXTS)]
        rows += [
            Package(f"v{number}", arch, other, (0, AUTO, HOLD)[turn]),
            Package(NAMES[number % len(NAMES)] + str(number), arch, str(turn), (RESIDUAL, 0, LINK)[turn]),
            Package(f"s{number}", arch, "1", (0, BROKEN, EDITABLE)[turn], (("state", other), (text[:99], other))),
            Package(f"n{number}", arch, "1", NESTED, (("inside", other[:99]),)),
        ]
        if ecosystem == "apt":
            rows.append(Package(f"a{number}", text[:99], str(turn)))
    return Manifest.of(ecosystem, [row._replace(attributes=tuple(sorted(row.attributes))) for row in rows])


def _recorded(cortex: CommandLine) -> None:
    repository = Repository.open(cortex.repo, create=True)
    for turn in range(3):
        readings = [Reading("apt", "", (OK, PARTIAL, OK)[turn], _rows("apt", turn), ("", TEXTS[0], "")[turn])]
        for ecosystem in ("npm", "pip"):
            for number, text in enumerate("/opt/" + text.replace("\0", "") for text in NAMES[:3]):
                facts = (("kind", TEXTS[number]), ("python", TEXTS[number + turn]))
                readings.append(Reading(ecosystem, text, OK, _rows(ecosystem, turn), "", facts))
            readings.append(Reading(ecosystem, "/opt/\x1b[2Jfailed", FAILED, None, TEXTS[turn]))
        readings.append(Reading("rpm", "", OK, _rows("rpm", turn)))
        readings.append(Reading("system", "", OK, _rows("system", turn)))
        facts = (("hostname", TEXTS[turn]), ("os", TEXTS[turn + 1]))
        found = Inventory(MACHINE, facts, tuple(sorted(readings, key=lambda one: (one.ecosystem, one.environment))))
        repository.record(found, (20_000 + turn) * DAY, message=TEXTS[turn])


def _raw(text: str) -> list[str]:
    """Returns what a terminal would act on."""
    return [one for one in text if (ord(one) < 32 and one != "\n") or 0x7F <= ord(one) < 0xA0]


def _wrong(cortex: CommandLine, words: list[str]) -> str:
    """Returns what is wrong with the answer of a command, or an empty string."""
    try:
        found = cortex(*words)
    except Exception as error:  # noqa: BLE001 -- the very thing that must not be
        return f"{type(error).__name__}: {error}"[:300]
    said = found.out + found.err
    if "--json" in words and found.out:
        json.loads(found.out)
    elif any(one in said for one in "\u202e\u2066\u200b\ufeff"):
        return "a mark that a terminal acts on"
    return "something raw" if _raw(said) else f"code 2: {found.err[:300]}" if found.code == USAGE else ""


def test_every_command_answers_hostile_rows(cortex: CommandLine) -> None:
    _recorded(cortex)
    found = {
        ascii(" ".join(words))[:60]: wrong
        for command in COMMANDS
        for words in (command, [*command, "--json"])
        if (wrong := _wrong(cortex, words))
    }
    assert found == {}


def test_a_pipe_gets_nothing_raw_either(cortex: CommandLine) -> None:
    _recorded(cortex)
    for words in (["list"], ["show", "latest", "--packages"], ["diff", "latest~1", "latest"], ["log", "--json"]):
        for variables in ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8", "CLICOLOR_FORCE": ""}):
            found = cortex.process(*words, **variables)
            assert found.code in {0, 3, 5}, found.err
            assert "Traceback" not in found.err
            assert _raw(found.out + found.err) == []
