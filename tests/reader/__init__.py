"""A second reader of repositories, written from docs/format.md alone; it imports nothing of the product."""
