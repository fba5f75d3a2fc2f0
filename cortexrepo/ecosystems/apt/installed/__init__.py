"""Whether the files that dpkg installed are those of their packages."""
