"""A directory on a file system as a store."""
