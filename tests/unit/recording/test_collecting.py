"""One inventory of a machine, whatever its collectors meet."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from cortexrepo.codec import refs
from cortexrepo.ecosystems.contract.reading import Collected
from cortexrepo.errors import EcosystemError, EnvironmentPathError, RequestError
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.looked import Place
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, Cause, Slot, Snapshot
from cortexrepo.recording import reading
from cortexrepo.recording.collecting import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cortexrepo.machine.files import System


class Plugin:
    NAME = "apt"

    def __init__(self, answer: Callable[[], list[Collected]]) -> None:
        self.answer = answer

    def collect(self, _system: System, _named: Sequence[str]) -> list[Collected]:
        return self.answer()

    def compare(self, _before: str, _after: str) -> int:
        return 0


def use(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], list[Collected]]) -> None:
    monkeypatch.setattr(reading, "reader", lambda _name: Plugin(answer))


def test_an_empty_root_has_every_ecosystem_absent(tmp_path: Path) -> None:
    inventory = collect(tmp_path)
    assert [(reading.ecosystem, reading.status) for reading in inventory.readings] == [
        ("apt", ABSENT),
        ("npm", ABSENT),
        ("pip", ABSENT),
        ("rpm", ABSENT),
        ("system", ABSENT),
    ]


def test_a_collector_that_raises_is_a_failed_slot_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer() -> list[Collected]:
        raise ValueError("broken\nplugin")

    use(monkeypatch, answer)
    found = collect(tmp_path, only=["apt", "npm"]).readings
    assert [(one.ecosystem, one.status, one.error) for one in found] == [
        ("apt", FAILED, "ValueError: broken plugin"),
        ("npm", FAILED, "ValueError: broken plugin"),
    ]


def test_names_that_are_not_text_can_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = Manifest.of("apt", [Package("a", "", "1")])
    use(monkeypatch, lambda: [Collected("/x\udcff", OK, manifest, "", (("kind", "\udcfe"),))])
    found = collect(tmp_path, only=["apt"]).readings[0]
    slot = Slot("apt", found.environment, OK, None, 0, found.error, found.facts)
    refs.encode(
        Snapshot(SnapshotId("0" * 32), "0" * 32, "0" * 32, 0, 1, None, Cause(), "", (slot._replace(status=ABSENT),))
    )
    assert found.environment == "/x\\xff"


def test_an_unknown_ecosystem_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EcosystemError, match="cargo"):
        collect(tmp_path, only=["cargo"])


def test_a_root_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot read the root"):
        collect(tmp_path / "nothing")


def test_a_named_environment_must_be_one_but_a_known_one_may_be_gone(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentPathError, match="/srv/app"):
        collect(tmp_path, environments=["/srv/app"])
    found, plain = collect(tmp_path, known=["/srv/app"]), collect(tmp_path)
    assert found.readings == plain.readings
    assert [{*one.places} - {*other.places} for one, other in zip(found.looked, plain.looked, strict=True)] == [
        {Place("/srv/app")},
        {Place("/srv/app")},
    ]


def test_a_named_environment_is_read(tmp_path: Path) -> None:
    site = tmp_path / "deep/down/env/lib/python3.11/site-packages"
    (site / "six-1.0.dist-info").mkdir(parents=True)
    (site / "six-1.0.dist-info/METADATA").write_text("Name: six\nVersion: 1.0\n\n")
    (tmp_path / "deep/down/env/pyvenv.cfg").write_text("version = 3.11.2\n")
    for how in ("environments", "known"):
        named = collect(tmp_path, only=["pip"], **{how: ["/deep/down/env"]}).readings  # type: ignore[arg-type]
        assert [(one.environment, one.status) for one in named] == [("/deep/down/env", OK)]
    assert collect(tmp_path, only=["pip"]).readings[0].status == ABSENT


def test_the_machine_is_known_by_its_id_which_stays_secret(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    nameless = collect(tmp_path).machine
    (tmp_path / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    machine = collect(tmp_path).machine
    assert len(machine) == len(nameless) == 32
    assert machine != nameless
    assert "0123456789abcdef" not in machine
    (tmp_path / "etc/machine-id").write_text("uninitialized\n")
    assert collect(tmp_path).machine == nameless


def test_facts_name_host_and_system(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/hostname").write_text("pear\n")
    (tmp_path / "etc/os-release").write_text('ID=debian\nPRETTY_NAME="Debian 12"\n')
    assert collect(tmp_path).facts == (("hostname", "pear"), ("os", "Debian 12"))


def test_cycle_collection_is_as_it_was_afterwards(tmp_path: Path) -> None:
    assert gc.isenabled()
    collect(tmp_path)
    assert gc.isenabled()
    gc.disable()
    try:
        collect(tmp_path)
        assert not gc.isenabled()
    finally:
        gc.enable()
