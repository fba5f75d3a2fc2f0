"""Manifests, loose and in packs."""
