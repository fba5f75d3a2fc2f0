"""Where Python environments and node's global packages are known to be, after the documents of the tools and habits.

Each row is a place, how it looks on disk, and what leads there. `SEEN` is recorded by every look. `WALKED` is found by
a walk alone. `NAMED` is never read, and is named as not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from support.machines.installed import distribution, put

if TYPE_CHECKING:
    from pathlib import Path

HOME = "/home/ada"
SEEN, WALKED, NAMED = "seen", "walked", "named"
VENV, BARE, CONDA, SITE, NODE, OTHER = "venv", "bare", "conda", "site", "node", "other"
YARN, PNPM, BUN = "yarn", "pnpm", "bun"


class Known(NamedTuple):
    """A place; `path` is below the home where it begins with `~`, and `name` is that of the environment, if another."""

    tool: str
    path: str
    kind: str = VENV
    what: str = SEEN
    files: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


PLACES = (
    Known("Debian's Python", "/usr/lib/python3/dist-packages", SITE),
    Known("Debian's pip", "/usr/local/lib/python3.12/dist-packages", SITE),
    Known("pip --user", "~/.local/lib/python3.12/site-packages", SITE),
    Known("venv in the home", "~/.venv"),
    Known("venv of a project", "~/app/.venv"),
    Known("venv that is called env", "~/app2/env"),
    Known("venv that is called like its project", "~/app3/app3env"),
    Known("uv's or poetry's, in a project", "~/src/app/.venv"),
    Known("project two levels down", "~/Documents/thesis/.venv"),
    Known("environment two levels down, of any name", "~/python/flask"),
    Known("environment beside sources", "~/clients/shop/shop-venv"),
    Known("venvs", "~/venvs/a"),
    Known("envs", "~/envs/a"),
    Known(".venvs", "~/.venvs/a"),
    Known("virtualenvwrapper", "~/.virtualenvs/a"),
    Known("virtualenvwrapper's example", "~/Envs/a"),
    Known("virtualenvs", "~/virtualenvs/a"),
    Known("poetry", "~/.cache/pypoetry/virtualenvs/app-AbCd-py3.12"),
    Known("pipenv", "~/.local/share/virtualenvs/app-AbCd"),
    Known("pdm", "~/.local/share/pdm/venvs/app-x-3.12"),
    Known("pdm's Pythons", "~/.local/share/pdm/python/cpython@3.12", BARE),
    Known("hatch", "~/.local/share/hatch/env/virtual/app/h4sh/app"),
    Known("hatch's Pythons", "~/.local/share/hatch/pythons/3.12/python", BARE, WALKED),
    Known("pipx", "~/.local/share/pipx/venvs/a"),
    Known("pipx before 1.3", "~/.local/pipx/venvs/b"),
    Known("pipx's shared packages", "~/.local/share/pipx/shared"),
    Known("pipx for everybody", "/opt/pipx/venvs/a"),
    Known("uv tool", "~/.local/share/uv/tools/a"),
    Known("uv's Pythons", "~/.local/share/uv/python/cpython-3.12", BARE),
    Known("uv run of a script", "~/.cache/uv/environments-v2/a"),
    Known("rye's Pythons", "~/.rye/py/cpython@3.12", BARE),
    Known("pyenv", "~/.pyenv/versions/3.12.1", BARE),
    Known("pyenv-virtualenv", "~/.pyenv/versions/3.12.1/envs/a"),
    Known("pyenv for everybody", "/opt/pyenv/versions/3.12.1", BARE),
    Known("asdf's Python", "~/.asdf/installs/python/3.12.1", BARE),
    Known("mise's Python", "~/.local/share/mise/installs/python/3.12.1", BARE),
    Known("Miniconda", "~/miniconda3", CONDA),
    Known("conda's environments", "~/miniconda3/envs/a", CONDA),
    Known("Anaconda for everybody", "/opt/anaconda3", CONDA),
    Known("Miniforge for everybody", "/opt/miniforge3/envs/a", CONDA),
    Known("conda's environments in the home", "~/.conda/envs/a", CONDA),
    Known("conda's register", "/data/conda-x", CONDA, SEEN, (("~/.conda/environments.txt", "/data/conda-x\n"),)),
    Known("micromamba", "~/micromamba/envs/a", CONDA),
    Known("mamba 2", "~/.local/share/mamba/envs/a", CONDA),
    Known("pixi global", "~/.pixi/envs/a", CONDA),
    Known("pixi in a project", "~/src/pix/.pixi/envs/default", CONDA),
    Known("dh-virtualenv", "/opt/venvs/a"),
    Known("an application in /opt", "/opt/odoo/odoo-venv"),
    Known("certbot-auto", "/opt/eff.org/certbot/venv"),
    Known("a service in /srv", "/srv/homeassistant"),
    Known("image with /venv", "/venv"),
    Known("image with /app/.venv", "/app/.venv"),
    Known("image with /usr/src/app", "/usr/src/app/.venv"),
    Known("dev container", "/workspace/.venv"),
    Known(
        "Python built from source",
        "/data/py312",
        BARE,
        SEEN,
        (),
        (("/usr/local/bin/python3.12", "/data/py312/bin/python3.12"),),
    ),
    Known(
        "script in /usr/local/bin",
        "/data/tool/v",
        VENV,
        SEEN,
        (("/usr/local/bin/tool", "#!/data/tool/v/bin/python\n"),),
    ),
    Known(
        "script in ~/.local/bin",
        "~/.hidden/deep/v",
        VENV,
        SEEN,
        (("~/.local/bin/x", "#!{home}/.hidden/deep/v/bin/python3\n"),),
    ),
    Known("link in ~/bin", "~/.hidden/linked", VENV, SEEN, (), (("~/bin/y", "../.hidden/linked/bin/y"),)),
    Known(
        "script with a long path",
        "/data/a b/v",
        VENV,
        SEEN,
        (("/usr/local/bin/long", '#!/bin/sh\n\'\'\'exec\' "/data/a b/v/bin/python" "$0" "$@"\n'),),
    ),
    Known(
        "unit of the system",
        "/var/lib/awx/venv/awx",
        VENV,
        SEEN,
        (("/etc/systemd/system/awx.service", "[Service]\nExecStart=/var/lib/awx/venv/awx/bin/gunicorn app\n"),),
    ),
    Known(
        "addition to a unit",
        "/var/lib/web/v",
        VENV,
        SEEN,
        (("/etc/systemd/system/web.service.d/a.conf", "[Service]\nExecStart=-/var/lib/web/v/bin/uvicorn x\n"),),
    ),
    Known(
        "directory of a unit",
        "/var/lib/work/.venv",
        VENV,
        SEEN,
        (
            (
                "/etc/systemd/system/work.service",
                "[Service]\nWorkingDirectory=/var/lib/work\nExecStart=/usr/bin/uv run a\n",
            ),
        ),
    ),
    Known(
        "unit of a user",
        "~/.hidden/unit",
        VENV,
        SEEN,
        (("~/.config/systemd/user/a.service", "[Service]\nExecStart=%h/.hidden/unit/bin/python a\n"),),
    ),
    Known(
        "crontab",
        "/data/cron/v",
        VENV,
        SEEN,
        (("/etc/cron.d/a", "5 4 * * * root /data/cron/v/bin/python /data/a.py\n"),),
    ),
    Known(
        "crontab that changes its directory",
        "/data/cd/venv",
        VENV,
        SEEN,
        (("/etc/crontab", "5 4 * * * root cd /data/cd && ./run\n"),),
    ),
    Known(
        "Jupyter's kernel",
        "~/.hidden/kernel",
        VENV,
        SEEN,
        (
            (
                "~/.local/share/jupyter/kernels/a/kernel.json",
                '{{"argv": ["{home}/.hidden/kernel/bin/python", "-m", "ipykernel"]}}',
            ),
        ),
    ),
    Known(
        "Python below a virtual environment",
        "/data/below",
        BARE,
        SEEN,
        (
            ("~/below/pyvenv.cfg", "home = /data/below/bin\nversion = 3.12.1\n"),
            ("~/below/lib/python3.12/site-packages/one.py", ""),
        ),
    ),
    Known(
        "PATH of a shell",
        "~/.hidden/shell",
        VENV,
        SEEN,
        (("~/.bashrc", 'export PATH="$HOME/.hidden/shell/bin:$PATH"\n'),),
    ),
    Known("tox", "~/src/tox/.tox/py312", VENV, WALKED),
    Known("nox", "~/src/nox/.nox/tests", VENV, WALKED),
    Known("project deep down", "~/a/b/c/d/.venv", VENV, WALKED),
    Known("on another disk", "/mnt/data/ml/env", VENV, WALKED),
    Known("web server", "/var/www/shop/venv", VENV, WALKED),
    Known("pre-commit", "~/.cache/pre-commit/repo1/py_env-python3", VENV, NAMED),
    Known("Nix", "/nix/store/abc-python3-3.12", BARE, NAMED),
    Known("Guix", "/gnu/store/abc-python-3.12", BARE, NAMED),
    Known("Docker", "/var/lib/docker/overlay2/a/merged/venv", VENV, NAMED),
    Known("systemd-nspawn", "/var/lib/machines/a/venv", VENV, NAMED),
    Known("Deno", "~/.deno/bin", OTHER, NAMED),
    Known("Debian's npm, and NodeSource's", "/usr", NODE),
    Known("node in /usr/local, and n's", "/usr/local", NODE),
    Known("node unpacked in /opt", "/opt/node-v20", NODE),
    Known("node as its documents unpack it", "/usr/local/lib/nodejs/node-v20", NODE),
    Known("npm's prefix in the home", "~/.npm-global", NODE),
    Known("npm's prefix that .npmrc names", "~/js", NODE, SEEN, (("~/.npmrc", "prefix=${{HOME}}/js\n"),)),
    Known("nvm", "~/.nvm/versions/node/v20.1.0", NODE),
    Known("nvm by XDG", "~/.config/nvm/versions/node/v20.1.0", NODE),
    Known("nvm for everybody", "/usr/local/share/nvm/versions/node/v20.1.0", NODE),
    Known("fnm", "~/.local/share/fnm/node-versions/v20.1.0/installation", NODE),
    Known("volta", "~/.volta/tools/image/packages/cowsay", NODE),
    Known("n in the home", "~/n", NODE),
    Known("nodenv", "~/.nodenv/versions/20.1.0", NODE),
    Known("asdf's node", "~/.asdf/installs/nodejs/20.1.0", NODE),
    Known("mise's node", "~/.local/share/mise/installs/node/20.1.0", NODE),
    Known("nvs", "~/.nvs/node/20.1.0/x64", NODE),
    Known("proto", "~/.proto/tools/node/20.1.0", NODE),
    Known("nodebrew", "~/.nodebrew/node/v20.1.0", NODE),
    Known("snap's node", "/snap/node/current", NODE),
    Known("Homebrew", "/home/linuxbrew/.linuxbrew", NODE),
    Known("yarn global", "~/.config/yarn/global", YARN),
    Known("yarn global of root", "/usr/local/share/.config/yarn/global", YARN),
    Known("pnpm add --global", "~/.local/share/pnpm/global/5", PNPM),
    Known("bun add --global", "~/.bun/install/global", BUN),
    Known("pnpm's nodes", "~/.local/share/pnpm/nodejs/20.1.0", NODE),
    Known(
        "node that a link leads to", "/data/node22", NODE, SEEN, (), (("/usr/local/bin/node", "/data/node22/bin/node"),)
    ),
    Known(
        "node of a unit",
        "/data/node18",
        NODE,
        SEEN,
        (("/etc/systemd/system/js.service", "[Service]\nExecStart=/data/node18/bin/node /srv/a.js\n"),),
    ),
)


def place(known: Known, home: str = HOME) -> str:
    """Returns the path of a place."""
    return known.path.replace("~", home, 1)


def make(root: Path, known: Known, home: str = HOME) -> None:
    """Makes a place as it looks on disk, and what leads there."""
    for path, content in known.files:
        put(root / path.replace("~", home, 1)[1:], content.format(home=home) if "{" in content else content)
    for path, target in known.links:
        link = root / path.replace("~", home, 1)[1:]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    _MADE[known.kind](root / place(known, home)[1:])


def _venv(path: Path) -> None:
    put(path / "pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n")
    distribution(path / "lib/python3.12/site-packages", "alpha", {"alpha.py": "1\n"})


def _bare(path: Path) -> None:
    put(path / "bin/python3.12", "")
    distribution(path / "lib/python3.12/site-packages", "alpha", {"alpha.py": "1\n"})


def _conda(path: Path) -> None:
    put(path / "conda-meta/history", "")
    _bare(path)


def _site(path: Path) -> None:
    distribution(path, "alpha", {"alpha.py": "1\n"})


def _node(path: Path) -> None:
    put(path / "lib/node_modules/alpha/package.json", '{"name": "alpha", "version": "1.0.0"}')


def _package(path: Path, name: str = "alpha") -> None:
    put(path / "package.json", f'{{"name": "{name}", "version": "1.0.0"}}')


def _yarn(path: Path) -> None:
    put(path / "package.json", '{"dependencies": {"alpha": "1.0.0"}}')
    put(path / "yarn.lock", "")
    _package(path / "node_modules/alpha")


def _bun(path: Path) -> None:
    put(path / "bun.lock", "")
    _package(path / "node_modules/alpha")


def _pnpm(path: Path) -> None:
    """As pnpm 9 lays it out: `alpha` was asked for, and needs `beta`."""
    put(path / "pnpm-lock.yaml", "")
    _package(path / ".pnpm/alpha@1.0.0/node_modules/alpha")
    _package(path / ".pnpm/beta@1.0.0/node_modules/beta", "beta")
    (path / ".pnpm/alpha@1.0.0/node_modules/beta").symlink_to("../../beta@1.0.0/node_modules/beta")
    (path / "node_modules").mkdir()
    (path / "node_modules/alpha").symlink_to("../.pnpm/alpha@1.0.0/node_modules/alpha")


def _other(path: Path) -> None:
    path.mkdir(parents=True)


_MADE = {
    VENV: _venv,
    BARE: _bare,
    CONDA: _conda,
    SITE: _site,
    NODE: _node,
    OTHER: _other,
    YARN: _yarn,
    BUN: _bun,
    PNPM: _pnpm,
}
