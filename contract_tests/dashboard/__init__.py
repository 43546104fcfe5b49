"""The pages: as files, and in a real Chromium against a running server."""
