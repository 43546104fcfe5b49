"""Handlers that can be told to misbehave."""
