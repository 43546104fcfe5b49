"""Passwords: what is refused, how they are stored, and the process that does both."""
