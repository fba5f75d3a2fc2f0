"""Many objects in one pack, many refs in one segment."""
