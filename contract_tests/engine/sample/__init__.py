"""Handlers of the test contract: one package per tag, as the real ones."""
