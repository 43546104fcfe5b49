"""What the logs of a whole run hold, and what they must not."""
