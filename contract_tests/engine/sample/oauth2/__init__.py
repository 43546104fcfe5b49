"""Handlers of the test contract with the tag oauth2."""
