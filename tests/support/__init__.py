"""What the tests share, importable from child processes too."""
