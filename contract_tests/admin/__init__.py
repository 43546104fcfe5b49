"""The operator's command line, on the database of a running server and without one."""
