"""`python -m api.gateways.passwords`: answers one request after the other, a line of JSON each, until its
standard input ends, which it does when the worker ends, however that comes about.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict

from api.gateways.passwords import hashing
from handlers.user.password import UnusablePassword

_NICER = 10  # than the worker: signing in may wait, what instances ask for may not


def answered(request: dict[str, object]) -> dict[str, object]:
    """The answer to one request, which `line` has made."""
    password = str(request["password"])
    if "about" in request:
        try:
            return {"hash": hashing.hashed(password, about=tuple(request["about"]))}  # type: ignore[arg-type]
        except UnusablePassword as refusal:
            return {"refused": refusal.error}
    stored = request["stored"]
    return asdict(hashing.verified(password, str(stored) if stored is not None else None))


def main() -> None:
    """Serve until the other end is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the worker finishes its requests first
    os.nice(_NICER)
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(json.dumps(answered(json.loads(line))).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
