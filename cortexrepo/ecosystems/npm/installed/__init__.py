"""Whether the files of npm's global packages are those that they brought."""
