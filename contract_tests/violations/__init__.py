"""A handler that answers outside its contract, over a real database: nothing of what it did stays."""
