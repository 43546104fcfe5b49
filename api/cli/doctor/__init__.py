"""`doctor`: whether this server could run here, and what to do about it if not. It repairs nothing and
stores nothing.

The host is looked at before the database is started, because starting tightens permissions that are too
wide.
"""
