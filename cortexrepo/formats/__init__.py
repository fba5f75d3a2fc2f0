"""Results to text. Pure."""
