"""Package managers to manifests, by reading their files."""
