from __future__ import annotations

import subprocess
import sys

import pytest

# What every interpreter start loads is not counted: the child compares with what it had before the import.
PROBE = """
import sys
before = set(sys.modules)
{statement}
print("\\n".join(sorted(set(sys.modules) - before)))
"""

ROOT_MAY_LOAD = {"__future__", "cortexrepo"}
"""All that `import cortexrepo` may cost."""

NEVER = {
    "asyncio",
    "dataclasses",
    "importlib.metadata",
    "logging",
    "multiprocessing",
    "pathlib",
    "pkg_resources",
    "portalocker",
    "setuptools",
    "sqlite3",
    "subprocess",
    "tempfile",
    "urllib.request",
}
"""What no module of the hot path may load: each costs as much as a large part of a whole create."""


def modules_after(statement: str) -> set[str]:
    source = PROBE.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{source}"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_but_itself() -> None:
    assert modules_after("import cortexrepo") <= ROOT_MAY_LOAD


def test_every_public_name_can_be_had_and_is_listed() -> None:
    import cortexrepo

    assert cortexrepo.__all__
    missing = [name for name in cortexrepo.__all__ if not hasattr(cortexrepo, name)]
    assert missing == []
    assert set(cortexrepo.__all__) <= set(dir(cortexrepo))


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    import cortexrepo

    with pytest.raises(AttributeError, match="no_such_name"):
        _ = cortexrepo.no_such_name


@pytest.mark.parametrize(
    "statement",
    [
        "from cortexrepo import Repository",
        "from cortexrepo import Change, CortexError, Diff, Inventory, Manifest, Package",
        "from cortexrepo import Cause, Reading, Slot, Snapshot, Unknown",
        "from cortexrepo import collect",
    ],
)
def test_the_public_names_load_nothing_expensive(statement: str) -> None:
    assert modules_after(statement) & (NEVER | {"click", "packaging"}) == set()


def test_a_create_from_python_loads_no_lock_library(tmp_path: object) -> None:
    statement = (
        "from cortexrepo import Repository, collect\n"
        f"Repository.open({f'{tmp_path}/snapshots'!r}, create=True).create(collect({str(tmp_path)!r}))"
    )
    assert modules_after(statement) & (NEVER | {"click", "packaging"}) == set()
