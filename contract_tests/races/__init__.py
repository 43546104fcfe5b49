"""Fifty at once at everything that works once, against servers of one worker and of two: who wins, what the
others are told, and what the database says afterwards.
"""
