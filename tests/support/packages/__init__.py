"""Packages made by hand, and archives and registries that offer them."""
