"""OAuth clients of other makers, unmodified, against the running server."""
