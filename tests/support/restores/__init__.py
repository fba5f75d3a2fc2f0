"""Restores as tests drive and kill them."""
