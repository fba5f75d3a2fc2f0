"""Where tools and people keep Python environments, as constants."""

from __future__ import annotations

CONDA = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "miniconda", "anaconda", "miniforge", "micromamba")
"""What people call the prefix of conda in their homes."""
CONDA_OF_ALL = ("/opt/conda", *(f"/opt/{name}" for name in CONDA), *(f"/usr/local/{name}" for name in CONDA))
CONDA_FOLDERS = (".conda/envs", ".local/share/mamba/envs", ".pixi/envs")
"""Where conda, mamba and pixi keep environments in a home, beside those in their prefixes."""
OF_PIXI = ".pixi/envs"
"""Where pixi keeps the environments of a project, in its directory."""
FOLDERS = (".virtualenvs", ".venvs", "venvs", "envs", "Envs", "virtualenvs", ".envs", ".virtualenv")
"""What people call a directory of virtual environments in their homes."""
FOLDERS_OF_ALL = ("/opt/venvs", "/opt/virtualenvs", "/opt/envs", "/srv/venvs", "/usr/share/python")
"""Where administrators, and packages that bring an environment, keep several."""
MANAGED = (
    ".cache/pypoetry/virtualenvs",
    ".local/share/virtualenvs",
    ".local/share/pdm/venvs",
    ".cache/uv/environments-v2",
    ".rye/tools",
)
"""Where poetry, pipenv, pdm, uv (for scripts) and rye keep virtual environments in a home."""
INSTALLED = (
    (".asdf/installs/python", "prefix"),
    (".local/share/mise/installs/python", "prefix"),
    (".local/share/pdm/python", "prefix"),
    (".local/share/hatch/pythons", "prefix"),
    (".rye/py", "prefix"),
)
"""Where version managers other than pyenv and uv install Pythons in a home, and the kind."""
PYENV_OF_ALL = ("/opt/pyenv", "/usr/local/pyenv")
"""Where an administrator has pyenv for everybody."""
PROJECTS = ("src", "code", "Code", "dev", "git", "projects", "Projects", "repos", "work", "workspace")
"""What people call a directory of projects in their homes."""
HATCH = "/env/virtual"
"""Where hatch has virtual environments below its data: in a project's directory, then one for its path."""
HATCH_LEVELS = 3
HATCH_HOMES = (("HATCH_DATA_DIR", ""), ("XDG_DATA_HOME", "/hatch"))
"""Variables that say where hatch keeps its data, and the directory below them."""
OF_IMAGES = (
    "/venv",
    "/.venv",
    "/env",
    "/app/.venv",
    "/app/venv",
    "/code/.venv",
    "/workspace/.venv",
    "/usr/src/app/.venv",
    "/usr/src/app/venv",
)
"""Where images have the one environment that they are made for."""
VARIABLES = (
    ("PYENV_ROOT", "/versions", "pyenv"),
    ("PIPX_HOME", "/venvs", "pipx"),
    ("UV_TOOL_DIR", "", "uv-tool"),
    ("UV_PYTHON_INSTALL_DIR", "", "uv-python"),
    ("WORKON_HOME", "", "venv"),
    ("POETRY_VIRTUALENVS_PATH", "", "venv"),
    ("POETRY_CACHE_DIR", "/virtualenvs", "venv"),
    ("XDG_CACHE_HOME", "/pypoetry/virtualenvs", "venv"),
    ("XDG_DATA_HOME", "/virtualenvs", "venv"),
    ("XDG_DATA_HOME", "/pdm/venvs", "venv"),
    ("XDG_DATA_HOME", "/pipx/venvs", "pipx"),
    ("XDG_DATA_HOME", "/uv/tools", "uv-tool"),
    ("XDG_DATA_HOME", "/uv/python", "uv-python"),
    ("ASDF_DATA_DIR", "/installs/python", "prefix"),
    ("MISE_DATA_DIR", "/installs/python", "prefix"),
    ("XDG_DATA_HOME", "/mise/installs/python", "prefix"),
)
"""Variables that name a directory, the directory below it in which environments are, and their kind."""
SHARED = "/shared"
"""The environment beside those of the applications, whose packages pipx lets all of them use."""
PIPX_HOMES = (("PIPX_HOME", ""), ("XDG_DATA_HOME", "/pipx"))
"""Variables that say where pipx keeps everything, and the directory below them."""
USER_BASE = "PYTHONUSERBASE"
"""The variable that says where `pip install --user` puts packages."""
BARE = frozenset({"prefix", "pyenv", "uv-python"})
"""The kinds that need no `pyvenv.cfg`."""
