"""The README's commands, run as they stand."""
