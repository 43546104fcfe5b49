"""What the server does by itself, at times: the schedule, the jobs in it, and the worker that runs them.

A job takes no input, may be run twice or cut short without harm, and stands in `schedule.py`; there is no
other work in the background.
"""
