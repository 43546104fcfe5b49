"""Whoever answers the assistant's questions: what leaves, what comes back, and what becomes of failures."""
