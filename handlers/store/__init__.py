"""The plugin store."""
