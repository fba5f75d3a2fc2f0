"""What a person sees while a restore runs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, cast

from cortexrepo.cli.screen.output import Output
from cortexrepo.cli.tasks.restoring import Session

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from cortexrepo.repository.repository import Repository
    from cortexrepo.restore.run.journal import Journal


def _session(form: str | None = None) -> Session:
    nothing = cast("Repository", None)
    return Session(Output(form=form), nothing, cast("Journal", None), nothing)


def test_without_a_terminal_stages_are_told_once_the_restore_has_begun(capsys: pytest.CaptureFixture[str]) -> None:
    session = _session()
    session._stage("looking")
    session.begin()
    session._stage("restoring apt\x1b: 3 packages")
    session._told("Removing x")
    session._told("note: a note")
    assert capsys.readouterr().err == "restoring apt\\x1b: 3 packages\n  note: a note\n"


def test_beside_a_document_no_stage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    session = _session("json")
    session.begin()
    session._stage("restoring apt")
    assert capsys.readouterr().err == ""


def test_an_urgent_line_is_written_past_the_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(tmp_path / "err", "w+", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stderr", file)
        file.write("in the buffer")
        Output().urgent("Ctrl-C: →")
        assert os.pread(file.fileno(), 99, 0) == b"\nCtrl-C: \\u2192\n"
