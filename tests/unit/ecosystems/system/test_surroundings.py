from __future__ import annotations

from cortexrepo.ecosystems.system.surroundings import around


def system(**values: str) -> dict[str, str]:
    return {key.replace("__", "/"): value for key, value in values.items()}


def test_another_release_or_architecture_is_an_obstacle() -> None:
    here = {"os__ID": "debian", "os__VERSION_CODENAME": "bookworm", "architecture__native": "amd64"}
    then = system(**here)
    for key, value in (("os__ID", "ubuntu"), ("os__VERSION_CODENAME", "trixie"), ("architecture__native", "arm64")):
        now = system(**{**here, key: value})
        assert [value in one.reason for one in around("apt", now, then).obstacles] == [True]
    assert around("apt", then, then).obstacles == ()


def test_another_codename_is_a_risk_where_the_plan_puts_back_what_names_it() -> None:
    then, now = system(os__VERSION_CODENAME="bookworm"), system(os__VERSION_CODENAME="trixie")
    assert [one.kind for one in around("apt", now, then).obstacles] == ["release"]
    found = around("apt", now, then, with_release=True)
    assert (found.obstacles, [one.kind for one in found.risks]) == ((), ["release"])
    other = around("apt", {**now, "os/ID": "ubuntu"}, {**then, "os/ID": "debian"}, with_release=True)
    assert [one.kind for one in other.obstacles] == ["release"]
    assert around("apt", now, now, with_release=True).risks == ()


def test_a_foreign_architecture_that_is_not_enabled_is_an_obstacle_with_the_command() -> None:
    then = system(os__ID="debian", architecture__foreign__i386="yes")
    obstacle = around("apt", system(os__ID="debian"), then).obstacles[0]
    assert obstacle.hint == "`dpkg --add-architecture i386 && apt-get update`"
    assert around("apt", then, system(os__ID="debian")).obstacles == ()


def test_other_sources_are_a_risk_that_names_the_files() -> None:
    then, now = system(os__ID="debian", source__etc="1"), system(os__ID="debian", source__etc="2")
    assert [one.reason for one in around("apt", now, then).risks] == [
        "lists of sources differ from the snapshot and are not restored: /etc"
    ]
    assert around("apt", now, {}).risks == ()
