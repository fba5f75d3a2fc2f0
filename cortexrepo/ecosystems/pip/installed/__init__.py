"""Whether the files of Python distributions are those that they brought."""
