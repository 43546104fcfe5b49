"""Every operation over the running server: one test class each, named after the operation."""
