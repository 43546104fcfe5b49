"""Sudden death: workers, PostgreSQL and the whole server are killed while instances and people use them.

The load keeps a journal of what it was told and what it was not; afterwards journal and database are held
against each other. What was confirmed is there, what was in flight happened as a whole or not at all, and
nothing that was used up works again.
"""
