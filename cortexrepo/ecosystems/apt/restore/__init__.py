"""apt's way back."""
