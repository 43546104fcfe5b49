"""What a person's own credential opens."""
