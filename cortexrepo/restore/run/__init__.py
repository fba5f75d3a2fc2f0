"""What carries a plan out, and goes on after a kill."""
