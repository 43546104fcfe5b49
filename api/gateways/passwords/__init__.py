"""Passwords, hashed and judged outside of the process that answers requests.

Each worker has one small process for it (`python -m api.gateways.passwords`), started with the first
password. So the lists of common passwords and argon2's memory are no part of a worker, a hash holds up no
other request, and hashes come one at a time, at a lower priority, whatever the number of people who sign in.

- `line` is the worker's end: the bounded waiting line, and the process kept alive behind it.
- `__main__` is the process.
- `hashing` and `guessing` do the work, there and on the command line.
"""
