"""Which Pythons and environments there are, and how each is laid out."""
