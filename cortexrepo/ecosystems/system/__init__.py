"""What the machine itself is: release, kernel, sources, keyrings."""
