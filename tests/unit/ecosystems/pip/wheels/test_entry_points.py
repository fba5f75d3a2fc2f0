"""Which programs pip makes for entry points."""

from __future__ import annotations

import pytest

from cortexrepo.ecosystems.pip.wheels.entry_points import entry_points, programs


@pytest.mark.parametrize(
    "names",
    [
        ["pip", "pip3"],  # from pip 24.1 on
        ["pip", "pip3", "pip3.9"],
        ["pip"],
        ["pip3.13", "pip", "pip2"],
    ],
)
def test_pips_own_program_bears_the_version_of_the_python_that_it_is_for(names: list[str]) -> None:
    text = "[console_scripts]\n" + "".join(f"{name} = pip._internal.cli.main:main\n" for name in names)
    assert programs(text, "3.13") == {"pip", "pip3", "pip3.13"}
    assert entry_points(text, "3.13").count("= pip._internal.cli.main:main") == 3


def test_so_does_easy_install_of_an_old_setuptools() -> None:
    text = "[console_scripts]\neasy_install = setuptools:main\neasy_install-3.8 = setuptools:main\n"
    assert programs(text, "3.11") == {"easy_install", "easy_install-3.11"}


@pytest.mark.parametrize("python", ["", "3"])
def test_where_the_version_is_not_known_they_are_as_the_wheel_has_them(python: str) -> None:
    text = "[console_scripts]\npip = a:b\npip3 = a:b\npip3.9 = a:b\neasy_install = a:b\n"
    assert programs(text, python) == {"pip", "pip3", "pip3.9", "easy_install"}


def test_all_others_are_as_the_wheel_has_them() -> None:
    text = (
        "[console_scripts]\nPipenv = a:b\npip-audit = a:b.c\npip3 = a:b\n"
        "[gui_scripts]\npip = a:b\n[a.plugins]\npip = %(a)s\n"
    )
    assert programs(text, "3.11") == {"Pipenv", "pip-audit", "pip3", "pip"}
    found = entry_points(text, "3.11")
    assert "Pipenv = a:b\n" in found
    assert "[gui_scripts]\npip = a:b\n" in found
    assert "[a.plugins]\npip = %(a)s\n" in found
    assert "3.11" not in found


@pytest.mark.parametrize(
    "text",
    [
        "pip = a:b\n",
        "[console_scripts]\npip\n",
        "[console_scripts]\na = b\na = c\n",
        "[gui_scripts]\na = %(b)s\n",
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"entry_points\.txt is invalid") as raised:
        programs(text, "3.11")
    assert "\n" not in str(raised.value)
