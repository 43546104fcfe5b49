"""Instances as people look after them: a person those in the person's workspaces, the operator all."""
