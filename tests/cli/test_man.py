"""The manual pages say what the help says, in a form that `man` reads without a warning."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from cortexrepo.cli import man
from cortexrepo.cli.main import COMMANDS, cortex
from cortexrepo.cli.man import place
from cortexrepo.cli.manual.pages import Page, pages
from cortexrepo.cli.manual.paragraphs import Code, parts
from cortexrepo.cli.manual.roff import literal, prose
from cortexrepo.cli.screen import pager

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {page.name: page for page in pages(cortex, "cortex")}
_ESCAPES = {"\\(ti": "~", "\\(ha": "^", "\\(aq": "'", "\\(ga": "`", "\\(dq": '"', "\\-": "-", "\\&": ""}


def _read(page: Page) -> str:
    """Returns a page's words, with one space between them, as a reader sees them."""
    lines = [line for line in page.text.splitlines() if not line.startswith(".")]
    text = re.sub(r"\\f[BIPR]", "", " ".join(lines))
    for escape, letter in _ESCAPES.items():
        text = text.replace(escape, letter)
    return " ".join(text.replace("\\e", "\\").split())


def _contexts() -> list[click.Context]:
    """Returns every command: the program, its groups, and what is in them."""
    found = [click.Context(cortex, info_name="cortex")]
    for ctx in found:
        if isinstance(ctx.command, click.Group):
            for name in ctx.command.list_commands(ctx):
                command = ctx.command.get_command(ctx, name)
                assert command is not None
                found.append(click.Context(command, parent=ctx, info_name=name))
    return found


def test_each_command_has_a_page_and_each_page_a_command() -> None:
    names = [ctx.command_path.replace(" ", "-") for ctx in _contexts()]
    assert sorted(PAGES) == sorted(names)
    assert {f"cortex-snapshot-{name}" for name in COMMANDS} < set(names)


@pytest.mark.parametrize("ctx", _contexts(), ids=lambda ctx: ctx.command_path)
def test_a_page_has_every_option_word_and_exit_code_of_the_help(ctx: click.Context) -> None:
    read = _read(PAGES[ctx.command_path.replace(" ", "-")])
    for param in ctx.command.get_params(ctx):
        record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if record is not None:
            assert f"{record[0]} {' '.join(record[1].split())}".replace("`", "") in read
    found = parts(ctx.command.help or "")
    assert " ".join(ctx.command.collect_usage_pieces(ctx)) in read
    for paragraph in found.paragraphs:
        text = paragraph if isinstance(paragraph, str) else " ".join(" ".join(paragraph).split())
        assert text.replace("`", "") in read
    for example in found.examples:
        assert example in read
    for code in found.codes:
        assert f"{code.number} " in read
        assert code.meaning.replace("`", "") in read


def test_every_command_has_exit_codes_and_examples_on_its_page() -> None:
    for name in COMMANDS:
        text = PAGES[f"cortex-snapshot-{name}"].text
        assert ".SH EXIT STATUS" in text
        assert ".SH EXAMPLES" in text


def test_a_help_text_is_taken_apart() -> None:
    found = parts(
        """Does it.

        More. And more.

        \b
        cortex snapshot it
        cortex snapshot it --now

        \b
        REV is one of:
          latest   the newest

        Exit codes: 0 done, 1 failed, or a file is damaged, 10 no repository. With --now: 5 there is more. 0 means
        that all is well.
        """
    )
    assert found.paragraphs == ("Does it.", "More. And more.", ("REV is one of:", "  latest   the newest"))
    assert found.examples == ("cortex snapshot it", "cortex snapshot it --now")
    assert found.codes == (
        Code("0", "done"),
        Code("1", "failed, or a file is damaged"),
        Code("10", "no repository"),
        Code("5", "there is more", "With --now"),
    )
    assert found.remarks == ("0 means that all is well.",)


def test_nothing_in_a_text_is_taken_for_a_request() -> None:
    assert prose(".profile is read. 'tis so") == ["\\&.profile is read.", "\\(aqtis so"]
    assert prose("a\\b ~c ^ →") == ["a\\eb \\(tic \\(ha \\[u2192]"]
    assert prose("`gc -n` --dry-run") == ["\\fBgc \\-n\\fP \\fB\\-\\-dry\\-run\\fP"]
    assert literal("a-b") == "a\\-b"


@pytest.fixture(name="written")
def _written(tmp_path: Path) -> list[Path]:
    for page in PAGES.values():
        (tmp_path / page.file).write_text(page.text, encoding="ascii")
    return sorted(tmp_path.iterdir())


def test_mandoc_has_nothing_to_say(written: list[Path]) -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    line = ["mandoc", "-Tlint", *map(str, written)]
    done = subprocess.run(line, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_groff_has_nothing_to_say(written: list[Path]) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    line = ["groff", "-man", "-Tutf8", "-ww", "-z", *map(str, written)]
    done = subprocess.run(line, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_name_of_a_page_is_found_by_what_it_does(written: list[Path]) -> None:
    if shutil.which("lexgrog") is None:
        pytest.skip("lexgrog, of man-db, is not installed")
    done = subprocess.run(["lexgrog", *map(str, written)], capture_output=True, encoding="utf-8", check=False)
    lines = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert len(lines) == len(written)
    assert '"cortex-snapshot-create - record what is installed now"' in lines


def test_a_page_is_printed_by_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["snapshot", "restore"], ["restore"], ["cortex-snapshot-restore"]):
        assert CliRunner().invoke(cortex, ["man", *words]).output == PAGES["cortex-snapshot-restore"].text
    assert CliRunner().invoke(cortex, ["man"]).output == PAGES["cortex"].text
    monkeypatch.setattr(man, "place", lambda *_: "/nowhere")
    for wrong in (["rstore"], ["restore", "--install"], ["--install", "--remove"]):
        found = CliRunner().invoke(cortex, ["man", *wrong])
        assert (found.exit_code, "Traceback" in found.output) == (2, False)


def test_pages_are_installed_again_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "share/man/man1"
    monkeypatch.setattr(man, "place", lambda *_: str(directory))
    for _ in range(2):
        found = CliRunner().invoke(cortex, ["man", "--install"])
        assert (found.exit_code, f"wrote {len(PAGES)} pages to {directory}" in found.output) == (0, True)
    (directory / "another.1").write_text("")
    assert (directory / "cortex-snapshot.1").read_text() == PAGES["cortex-snapshot"].text
    assert CliRunner().invoke(cortex, ["man", "--remove"]).exit_code == 0
    assert [path.name for path in directory.iterdir()] == ["another.1"]
    assert "nothing was removed" in CliRunner().invoke(cortex, ["man", "--remove"]).output


def test_root_installs_for_all_and_a_user_for_herself() -> None:
    assert place({"XDG_DATA_HOME": "/d"}, 0, "/root") == "/usr/local/share/man/man1"
    assert place({}, 1000, "/home/ana") == "/home/ana/.local/share/man/man1"
    assert place({"XDG_DATA_HOME": "/d"}, 1000, "/home/ana") == "/d/man/man1"
    assert place({"XDG_DATA_HOME": "d"}, 1000, "/home/ana") == "/home/ana/.local/share/man/man1"


def test_the_page_of_the_program_names_the_variables_that_the_program_obeys() -> None:
    for variable in ("CORTEX_REPO", "CORTEX_CACHE", "NO_COLOR", *pager.VARIABLES):
        assert variable in _read(PAGES["cortex"])
