"""The workspaces that a person is a member of."""
