"""Encryption at rest: the key file, what is sealed under it, and servers that have lost it."""
