"""Manual pages, made of the same texts as the help."""
