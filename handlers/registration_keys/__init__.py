"""The keys with which instances register into a workspace."""
