"""Calls of the assistant over HTTP: admitted, paid in advance, asked of a simulated provider, settled, and
nothing of what was said kept.
"""
