"""pip's way back."""
