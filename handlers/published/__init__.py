"""The contract, the pages and their static files."""
