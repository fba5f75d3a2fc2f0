"""Results as JSON documents: docs/json.md."""
