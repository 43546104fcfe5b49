"""Everything that proves Candor, over running servers and a real PostgreSQL."""
