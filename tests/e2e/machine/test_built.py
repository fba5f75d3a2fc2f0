"""What is built of a checkout: the wheel and the sdist."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from cortexrepo import __version__
from cortexrepo.cli.main import cortex
from cortexrepo.cli.manual.pages import pages

PAGES = tuple(pages(cortex, "cortex"))
ROOT = Path(__file__).resolve().parents[3]
_SOURCES = ("cortexrepo", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "SECURITY.md", "docs", "tox.ini")
OTHER = "9.8.7"


@pytest.fixture(name="built", scope="module")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the wheel and the sdist of a checkout in which one line was changed: the version."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    checkout = tmp_path_factory.mktemp("checkout")
    for name in _SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, checkout / name)
    place = checkout / "cortexrepo/version.py"
    place.write_text(place.read_text().replace(__version__, OTHER))
    line = [sys.executable, "-m", "hatchling", "build", "-d", str(checkout / "dist")]
    done = subprocess.run(line, cwd=checkout, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return checkout / "dist"


def test_the_version_has_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    assert importlib.metadata.version("cortexrepo") == __version__


def test_a_version_that_was_changed_in_its_place_is_changed_everywhere(built: Path) -> None:
    wheel = built / f"cortexrepo-{OTHER}-py3-none-any.whl"
    with tarfile.open(built / f"cortexrepo-{OTHER}.tar.gz") as sdist:
        told = sdist.extractfile(f"cortexrepo-{OTHER}/PKG-INFO")
        assert told is not None
        texts = [told.read().decode(), zipfile.ZipFile(wheel).read(f"cortexrepo-{OTHER}.dist-info/METADATA").decode()]
    assert [re.findall(r"^Version: (.*)$", text, flags=re.MULTILINE) for text in texts] == [[OTHER], [OTHER]]
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); from cortexrepo.cli.main import cortex; cortex()"
    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, encoding="utf-8", check=False)
    assert (done.stdout, done.stderr) == (f"cortex {OTHER}\n", "")


def test_the_wheel_brings_the_manual_pages_that_the_program_prints(built: Path) -> None:
    wheel = zipfile.ZipFile(built / f"cortexrepo-{OTHER}-py3-none-any.whl")
    found = {name.rpartition("/")[2]: name for name in wheel.namelist() if "/share/man/man1/" in name}
    here = {page.file: page.text.replace(f'"cortex {__version__}"', f'"cortex {OTHER}"') for page in PAGES}
    assert {file: wheel.read(name).decode() for file, name in found.items()} == here
