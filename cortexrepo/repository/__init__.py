"""What makes a store a repository: refs, objects, revisions."""
