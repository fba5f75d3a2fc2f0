"""Repositories: what they hold, what is done to them, and the bugs that are planted in them."""
