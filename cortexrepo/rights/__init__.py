"""Who could change what is at a path, and processes that have another user's rights and no others."""
