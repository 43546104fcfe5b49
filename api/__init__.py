"""The shell: makes the contract a running server, and reaches the outside world."""
