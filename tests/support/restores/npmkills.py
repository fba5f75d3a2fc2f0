"""A process that applies a part of a plan, and kills itself before one of the changes that it makes to the disk.

`python npmkills.py HOME PREFIX NODE PART AT`; without being killed it says how many changes there were.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from cortexrepo.ecosystems.npm.restore import restorer as npm
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Part, Source, Step
from support.machines.npmworld import NpmWorld

_CHANGES = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "subprocess.Popen"}


def part_from(text: str) -> Part:
    """Returns the part that `json.dumps` has written."""
    ecosystem, environment, facts, steps, space = json.loads(text)
    pairs = tuple((key, value) for key, value in facts)
    return Part(ecosystem, environment, pairs, tuple(_step(*step) for step in steps), space)


def _step(kind: str, before: list[object] | None, after: list[object] | None, source: list[object] | None) -> Step:
    return Step(kind, _row(before), _row(after), Source(*source) if source else None)  # type: ignore[arg-type]


def _row(fields: list[object] | None) -> Package | None:
    if fields is None:
        return None
    name, arch, version, flags, attributes = fields
    assert isinstance(flags, int)
    assert isinstance(attributes, list)
    return Package(str(name), str(arch), str(version), flags, tuple((key, value) for key, value in attributes))


def main(home: str, prefix: str, node: str, part: str, at: int) -> None:
    """Applies the part, and kills this process before its `at`th change."""
    count = 0

    def noticed(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        flags = arguments[2] if event == "open" else 0
        if event in _CHANGES or (isinstance(flags, int) and flags & os.O_CREAT):
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1

    room = NpmWorld(Path(home), Path(prefix), node).room()
    sys.addaudithook(noticed)
    npm.apply(part_from(part), room)
    sys.stdout.write(str(count))


if __name__ == "__main__":
    _, place, installed, program, given, number = sys.argv
    main(place, installed, program, given, int(number))
