"""The running server: a supervisor that prepares what workers need, and workers that answer requests.

One worker lives in the supervisor's own process; several are its children and share its listening socket.
"""
