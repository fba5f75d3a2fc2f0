"""From a machine to a snapshot: collect, recall, keep files."""
