"""Bytecode of modules that are not in their place yet, as pip compiles what it installs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.interpreter import ALONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.pip.environments.interpreter import Interpreter
    from cortexrepo.machine.programs import Machine

# `dfile` is the path that goes into tracebacks: where the module will be. What does not compile is passed over:
# packages contain templates, and modules for other versions.
_PROGRAM = """import json, py_compile, sys
for source, path in json.load(open(sys.argv[1], encoding="ascii")):
    try:
        py_compile.compile(source, dfile=path, doraise=True)
    except Exception:
        pass"""


def compile_all(machine: Machine, interpreter: Interpreter, tree: str, paths: Sequence[str], scratch: str) -> None:
    """Compiles modules below `tree`, which stands for `/`. What cannot be compiled is left out; nothing depends on it.

    Args:
        machine: Starts the environment's own interpreter.
        interpreter: It.
        tree: What stands for `/`.
        paths: Where the modules will be.
        scratch: A directory of ours for the list.
    """
    modules = [[tree + path, path] for path in paths if path.endswith(".py")]
    if not modules:
        return
    listed = os.path.join(scratch, "modules.json")
    with open(listed, "w", encoding="ascii") as file:
        json.dump(modules, file)
    machine.run([interpreter.path, *ALONE, "-c", _PROGRAM, listed])
    os.unlink(listed)
