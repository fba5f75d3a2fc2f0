"""Values to bytes, bytes to ids. The only code that knows msgpack and BLAKE3."""
