"""Machines: roots, beds, and what is installed in them."""
