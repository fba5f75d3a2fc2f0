"""pip and its environments."""
