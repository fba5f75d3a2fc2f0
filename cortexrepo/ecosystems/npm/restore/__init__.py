"""npm's way back."""
