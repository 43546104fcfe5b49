"""Whoever runs language models for the assistant, under which keys, and which models of theirs there are."""
