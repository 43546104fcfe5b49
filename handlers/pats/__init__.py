"""A person's credentials for scripts."""
