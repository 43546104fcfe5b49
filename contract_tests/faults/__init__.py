"""Seeded faults: harmful changes to the product, each of which the named tests must catch."""
