"""Files of packages that are kept."""
