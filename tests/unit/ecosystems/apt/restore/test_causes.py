"""Why apt or dpkg failed: the package, the script, and what was said first. The texts are of dpkg 1.19 to 1.23."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.apt.restore.causes import Unmet, reasons, unmet

_END = "Errors were encountered while processing:\n x\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n"


def _said(script: str, which: str, how: str, words: str = "no") -> str:
    return f"demo: the {script} of the {which} {how}: {words}"


@pytest.mark.parametrize(
    ("heading", "verdict", "cause"),
    [
        (
            "Preparing to unpack .../demo_1.0_all.deb ...",
            (
                "dpkg: warning: old demo package pre-removal script subprocess returned error exit status 1\n"
                "dpkg: trying script from the new package instead ...\n"
                "dpkg: error processing archive /x/demo_1.0_all.deb (--unpack):\n"
                " there is no script in the new version of the package - giving up"
            ),
            _said("prerm", "installed version", "returned error exit status 1"),
        ),
        (
            "Preparing to unpack .../demo_1.0_all.deb ...",
            (
                "dpkg: error processing archive /x/demo_1.0_all.deb (--unpack):\n"
                " new demo package preinst maintainer script subprocess failed with exit status 4"
            ),
            _said("preinst", "version that is put in", "failed with exit status 4"),
        ),
        (
            "Setting up demo (1.0) ...",
            (
                "dpkg: error processing package demo (--configure):\n"
                " installed demo package post-installation script subprocess returned error exit status 1"
            ),
            _said("postinst", "installed version", "returned error exit status 1"),
        ),
        (
            "Processing triggers for demo (1.0) ...",
            (
                "dpkg: error processing package demo (--configure):\n"
                " old demo package postinst maintainer script subprocess failed with exit status 3"
            ),
            _said("postinst", "installed version", "failed with exit status 3"),
        ),
        (
            "Removing demo (1.0) ...",
            (
                "dpkg: error processing package demo (--remove):\n"
                " installed demo package post-removal script subprocess was killed by signal (Killed)\n"
                "dpkg: too many errors, stopping"
            ),
            _said("postrm", "installed version", "was killed by signal (Killed)"),
        ),
        (
            "Removing demo (1.0) ...",
            (
                "dpkg: error processing package demo (--remove):\n"
                " subprocess installed pre-removal script returned error exit status 1"
            ),
            _said("prerm", "installed version", "returned error exit status 1"),
        ),
    ],
)
def test_a_script_that_fails_is_named_with_its_package_and_its_words(heading: str, verdict: str, cause: str) -> None:
    other = "Setting up fine (1) ...\nall is well\n"
    assert reasons(f"{other}{heading}\nno\n{verdict}\n{_END}") == [cause]


def test_of_many_words_the_first_and_the_last_are_kept() -> None:
    words = "\n".join(f"line {number}" for number in range(9))
    error = "dpkg: error processing package d (--remove):\n installed d package pre-removal script subprocess failed\n"
    assert reasons(f"Removing d (1) ...\n{words}\n{error}{_END}") == [
        "d: the prerm of the installed version failed: line 0 / line 1 / ... / line 7 / line 8"
    ]
    assert reasons(f"Removing d (1) ...\n{error}{_END}") == [
        "d: the prerm of the installed version failed, and wrote nothing"
    ]


@pytest.mark.parametrize(
    ("output", "causes"),
    [
        (
            (
                "dpkg: error processing archive /x/a_1%3a1_all.deb (--unpack):\n"
                " trying to overwrite '/usr/x', which is also in package b 1.0\n"
            ),
            ["a: trying to overwrite '/usr/x', which is also in package b 1.0"],
        ),
        (
            (
                "dpkg: dependency problems prevent configuration of app:\n app depends on nowhere; however:\n"
                "  Package nowhere is not installed.\n\ndpkg: error processing package app (--configure):\n"
                " dependency problems - leaving unconfigured\n"
            ),
            ["app: app depends on nowhere; / Package nowhere is not installed."],
        ),
        (
            "dpkg: unrecoverable fatal error, aborting:\n unable to open '/usr/x': Read-only file system\n",
            ["unable to open '/usr/x': Read-only file system"],
        ),
        (
            "hook says no\nE: Problem executing scripts DPkg::Pre-Invoke 'x'\nE: Sub-process returned an error code\n",
            ["Problem executing scripts DPkg::Pre-Invoke 'x' / hook says no"],
        ),
        ("E: one\nW: well\nE: two\n", ["E: one", "E: two"]),
        ("E: 1\nE: 2\nE: 3\nE: 4\n", ["E: 1", "E: 2", "E: 3", "and 1 more"]),
        ("", []),
    ],
)
def test_what_was_said_first_is_the_reason(output: str, causes: list[str]) -> None:
    assert reasons(output) == causes


def test_unmet_dependencies_are_told_with_both_names() -> None:
    output = (
        "You might want to run 'apt --fix-broken install' to correct these.\n"
        "The following packages have unmet dependencies:\n"
        " app : Depends: nowhere but it is not installable\n"
        "       Recommends: more but it is not going to be installed or\n"
        "                   most but it is not installable\n"
        " c2:i386 : Conflicts: c1 but 1.0 is to be installed\n"
        "E: Unable to satisfy dependencies. Reached two conflicting assignments:\n   1. lo:amd64 : x\n"
    )
    assert unmet(output) == [
        Unmet(
            "app",
            "Depends: nowhere but it is not installable; Recommends: more but it is not going to be installed or "
            "most but it is not installable",
        ),
        Unmet("c2:i386", "Conflicts: c1 but 1.0 is to be installed"),
    ]


@given(st.lists(st.sampled_from((*f"Removing d\n{_END}".splitlines(), " x : y", "dpkg: error: z", "   w"))))
def test_nothing_that_is_written_is_too_strange_to_be_read(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert len(reasons(text)) <= 4
    unmet(text)
