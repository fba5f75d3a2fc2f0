"""dpkg's and apt's own files as text: what they say, and what is damaged in them."""
