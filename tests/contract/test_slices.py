"""What every ecosystem must do, by its row: a new one needs a kit and no test of its own for this."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.slices.kits import ENVIRONMENTS, KITS
from support.slices.looks import looked

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.names import Typed
from cortexrepo.errors import RefusedError
from cortexrepo.machine.claims import is_below
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.machine.whose.domains import Domains
from cortexrepo.model.artifact import SEVERAL
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL
from cortexrepo.restore.run.holder import holder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cortexrepo.ecosystems.contract.names import Names
    from cortexrepo.ecosystems.contract.programs import Programs
    from cortexrepo.ecosystems.contract.versions import Versions

NAMED = registry.able(registry.NAMING)
ORDERED = registry.able(registry.VERSIONS)
RUN = registry.able(registry.PROGRAMS)
NOT_RUN = [name for name in registry.names() if name not in RUN]
READ = [row.name for row in registry.SLICES if not row.is_machine]
HOSTILE = (
    "", "-y", "--root=/", "-", "../x", "/etc/passwd", "./x", "a b", "a\n", "\na", "a\0", "a;b", "a|b", "a&b", "$(a)",
    "`a`", "a*", "a?", "[a]", "a'b", 'a"b', "a\\b", "http://x/y", "file:///x", "git+ssh://x", "a@latest", "a==1",
    "a>1", "a<1", "~a", "é", "\u202e", "%s", "a" * 5000,
)  # fmt: skip
FILES = st.sampled_from(
    ["...", "-y", "a\n", "@", "@..", "@a", "npm", "pip", "python", "python..", "python3.11", "pypy\n", "..pth", "a.pth"]
) | st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=9)
"""Names that a file may have; the kernel says none of `.` and `..`."""
LINES = st.sampled_from(
    ["home = /elsewhere", "home=..", "home = /\0", "home", "=", "../../..", "/", "", "#", "import a", "import\t/", "\0",
     "include-system-site-packages = true"]
) | st.text(max_size=9)  # fmt: skip
ODD: dict[str, Callable[[Path], object]] = {
    "a directory": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link out": lambda path: path.symlink_to("/etc/shadow"),
    "nothing in it": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "one long line": lambda path: path.write_bytes(b"x" * 100_000),
}


def names(ecosystem: str) -> Names:
    found = registry.spelling(ecosystem)
    assert found is not None
    return found


def versions(ecosystem: str) -> Versions:
    found = registry.versions(ecosystem)
    assert found is not None
    return found


def programs(ecosystem: str) -> Programs:
    found = registry.programs(ecosystem)
    assert found is not None
    return found


def test_every_ecosystem_has_a_kit() -> None:
    assert sorted(KITS) == sorted({*NAMED, *ORDERED})
    assert sorted(ENVIRONMENTS) == sorted(RUN)


@pytest.mark.parametrize("ecosystem", NAMED)
def test_names_that_packages_have_are_names_and_mean_themselves(ecosystem: str) -> None:
    for name in KITS[ecosystem].names:
        assert names(ecosystem).is_name(name)
        assert names(ecosystem).typed(name) == Typed(names(ecosystem).spelled(name))
        assert names(ecosystem).spelled(names(ecosystem).spelled(name)) == names(ecosystem).spelled(name)


@pytest.mark.parametrize(("ecosystem", "word"), list(product(NAMED, HOSTILE)))
def test_a_word_that_a_program_takes_for_something_else_is_neither_name_nor_version(ecosystem: str, word: str) -> None:
    assert not names(ecosystem).is_name(word)
    assert not names(ecosystem).is_version(word)


@pytest.mark.parametrize("ecosystem", NAMED)
@given(text=st.text(st.characters(exclude_categories=["Z", "C"]), max_size=20))
def test_any_word_means_something_or_nothing(ecosystem: str, text: str) -> None:
    found = names(ecosystem).typed(text)
    assert found is None or found.name


@pytest.mark.parametrize("ecosystem", ORDERED)
def test_the_official_tool_orders_the_versions_so(ecosystem: str) -> None:
    kit = KITS[ecosystem]
    pairs = [(one, other) for one in kit.versions for other in kit.versions]
    ours = [versions(ecosystem).compare(*pair) for pair in pairs]
    assert [(order > 0) - (order < 0) for order in ours] == kit.official(pairs)
    places = [(kit.versions.index(one), kit.versions.index(other)) for one, other in pairs]
    assert [(order > 0) - (order < 0) for order in ours] == [(one > other) - (one < other) for one, other in places]


@pytest.mark.parametrize("ecosystem", ORDERED)
@given(one=st.text(max_size=12), two=st.text(max_size=12), three=st.text(max_size=12))
def test_any_strings_have_an_order(ecosystem: str, one: str, two: str, three: str) -> None:
    compare = versions(ecosystem).compare
    assert compare(one, one) == 0
    assert (compare(one, two) > 0) == (compare(two, one) < 0)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


@pytest.mark.parametrize(("ecosystem", "operator"), list(product(ORDERED, ("<", "<=", ">", ">="))))
def test_a_condition_follows_the_order(ecosystem: str, operator: str) -> None:
    found = KITS[ecosystem].versions
    test = versions(ecosystem).condition(operator, found[len(found) // 2])
    assert test is not None
    assert (test(found[0]), test(found[-1])) == (operator[0] == "<", operator[0] == ">")


@pytest.mark.parametrize(("ecosystem", "operator"), list(product(ORDERED, ("==", "!=", "<", "<=", ">", ">=", "~="))))
@given(wanted=st.text(max_size=12), found=st.text(max_size=12))
def test_a_condition_on_any_text_is_tested_or_makes_no_sense(
    ecosystem: str, operator: str, wanted: str, found: str
) -> None:
    test = versions(ecosystem).condition(operator, wanted)
    assert test is None or test(found) in {True, False}


@pytest.mark.parametrize("ecosystem", READ)
def test_a_machine_without_it_says_so_once(ecosystem: str, tmp_path: Path) -> None:
    (found,) = registry.reader(ecosystem).collect(RootedSystem(str(tmp_path)), ())
    assert (found.environment, found.status, found.manifest) == ("", ABSENT, None)


@pytest.mark.parametrize(
    ("ecosystem", "path", "odd"),
    [(ecosystem, path, odd) for ecosystem in READ for path in KITS[ecosystem].files for odd in ODD],
)
def test_whatever_is_in_the_place_of_a_file_is_a_status_with_a_reason(
    ecosystem: str, path: str, odd: str, tmp_path: Path
) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    ODD[odd](tmp_path / path)
    for found in registry.reader(ecosystem).collect(RootedSystem(str(tmp_path)), ()):
        assert found.status in {OK, ABSENT, FAILED, PARTIAL}
        assert (found.error == "") == (found.status in {OK, ABSENT})
        assert found.manifest is None or found.status in {OK, PARTIAL}
        assert "root:" not in str(found)


# -- programs


@pytest.mark.parametrize("ecosystem", RUN)
def test_what_counts_for_an_environment_is_looked_at_whichever_ecosystem_asks(ecosystem: str, tmp_path: Path) -> None:
    counts = {f"{tmp_path}/{name}" for name in ENVIRONMENTS[ecosystem].counts}
    for path in counts:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb"):
            pass
    for reached in (programs(ecosystem).reached, registry.reached_by_any):
        assert counts.difference(looked(reached, str(tmp_path), names_in, lambda _: b"").places) == set()
    assert {registry.reached(name) for name in RUN} == {registry.reached_by_any}


def names_in(path: str) -> list[str]:
    """Returns the names in a directory of this machine; none where there is no directory."""
    return sorted(os.listdir(path)) if os.path.isdir(path) else []


@pytest.mark.parametrize("ecosystem", RUN)
@given(found=st.lists(FILES, max_size=4))
def test_no_name_of_a_file_leads_out_of_an_environment(ecosystem: str, found: list[str]) -> None:
    fixed = looked(programs(ecosystem).reached, "/an/env", lambda _: (), lambda _: b"")
    look = looked(programs(ecosystem).reached, "/an/env", lambda _: found, lambda _: b"")
    assert [
        path for path in look.places if not is_below(os.path.normpath(path), "/an/env") and path not in fixed.places
    ] == []
    assert [name for name in look.commands if "/" in name or "\0" in name] == []


@pytest.mark.parametrize("ecosystem", RUN)
@given(found=st.lists(FILES, max_size=3), lines=st.lists(LINES, max_size=4))
def test_whatever_is_in_the_files_of_an_environment_the_places_are_absolute(
    ecosystem: str, found: list[str], lines: list[str]
) -> None:
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    look = looked(programs(ecosystem).reached, "/an/env", lambda _: found, lambda _: content)
    assert [path for path in look.places if not path.startswith("/") or "\0" in path] == []


@pytest.mark.parametrize("ecosystem", RUN)
def test_the_packages_of_an_environment_are_where_the_kit_says(ecosystem: str) -> None:
    kit = ENVIRONMENTS[ecosystem]
    found = programs(ecosystem).packages("/an/env", dict(kit.facts))
    assert found[0] == f"/an/env/{kit.packages}"
    assert all(path.startswith("/an/env/") for path in found)


@pytest.mark.parametrize(("ecosystem", "word"), list(product(RUN, (*HOSTILE, "/../../../../../etc"))))
def test_no_fact_leads_out_of_an_environment(ecosystem: str, word: str) -> None:
    for key, _ in (*ENVIRONMENTS[ecosystem].facts, ("node", "")):
        for path in programs(ecosystem).packages("/an/env", {key: word}):
            assert is_below(os.path.normpath(path), "/an/env")
            assert "\0" not in path


@pytest.mark.parametrize("ecosystem", NOT_RUN)
def test_programs_that_are_not_known_are_trusted_by_nobody(ecosystem: str) -> None:
    assert registry.reached(ecosystem) is None
    assert Domains(registry.reached).environment(ecosystem, "/") == SEVERAL
    for user in (0, os.getuid()):
        with pytest.raises(RefusedError, match=f"cortex does not know which programs {ecosystem} runs there"):
            holder(ecosystem, "/", user)
