"""Where tools and people keep nodes and npm's global packages, as constants."""

from __future__ import annotations

SHARED_NVM = ("/usr/local/nvm/versions/node", "/usr/local/share/nvm/versions/node")
FIXED = (
    ("system", "/usr"),
    ("local", "/usr/local"),
    ("homebrew", "/home/linuxbrew/.linuxbrew"),
    ("snap", "/snap/node/current"),
)
OF_ALL = (("opt", "/usr/local/lib/nodejs", ""), ("n", "/usr/local/n/versions/node", ""))
"""Directories of nodes for everybody: where node's own instructions unpack it, and n's."""
IN_HOME = (
    ("home", ".npm-global"),
    ("home", ".npm-packages"),
    ("home", "npm-global"),
    ("home", ".local"),
    ("n", "n"),
    ("n", ".n"),
)
EACH_IN_HOME = (
    ("nvm", ".nvm/versions/node", ""),
    ("nvm", ".config/nvm/versions/node", ""),
    ("volta", ".volta/tools/image/node", ""),
    ("volta", ".volta/tools/image/packages", ""),
    ("fnm", ".fnm/node-versions", "/installation"),
    ("fnm", ".local/share/fnm/node-versions", "/installation"),
    ("nodenv", ".nodenv/versions", ""),
    ("asdf", ".asdf/installs/nodejs", ""),
    ("mise", ".local/share/mise/installs/node", ""),
    ("nvs", ".nvs/node", "/x64"),
    ("nvs", ".nvs/node", "/arm64"),
    ("proto", ".proto/tools/node", ""),
    ("nodebrew", ".nodebrew/node", ""),
    ("pnpm-env", ".local/share/pnpm/nodejs", ""),
)
VARIABLES = (("n", "N_PREFIX"), ("environment", "PREFIX"))
EACH_BELOW_VARIABLE = (
    ("nvm", "NVM_DIR", "versions/node", ""),
    ("nvm", "XDG_CONFIG_HOME", "nvm/versions/node", ""),
    ("fnm", "XDG_DATA_HOME", "fnm/node-versions", "/installation"),
    ("mise", "XDG_DATA_HOME", "mise/installs/node", ""),
    ("volta", "VOLTA_HOME", "tools/image/node", ""),
    ("volta", "VOLTA_HOME", "tools/image/packages", ""),
    ("fnm", "FNM_DIR", "node-versions", "/installation"),
    ("nodenv", "NODENV_ROOT", "versions", ""),
    ("asdf", "ASDF_DATA_DIR", "installs/nodejs", ""),
    ("mise", "MISE_DATA_DIR", "installs/node", ""),
    ("nvs", "NVS_HOME", "node", "/x64"),
    ("proto", "PROTO_HOME", "tools/node", ""),
)
