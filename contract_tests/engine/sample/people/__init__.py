"""Handlers of the test contract with the tag people."""
