"""A worker that is born again and again: everything is loaded once, and each life is a copy of this process.

`python -m contract_tests.completions.mayfly LISTENER`, with the server's settings in the environment. Each
line on standard input begins a life, whose process id is printed once it accepts requests; the next begins
when it has ended. The code that runs is a server's own worker.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import socket
import sys

import uvloop

from api.contract.document import load
from api.logs import Logs
from api.metrics import Metrics
from api.serve.worker import Worker
from api.settings import CONTRACT, Settings


def main() -> None:
    """Load, then live."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    logs = Logs()
    worker = Worker(Settings.from_environment(), load(CONTRACT), metrics=Metrics(), logs=logs)
    importlib.import_module("api.gateways.assistant.call")  # which a server loads when it first asks
    print("loaded", flush=True)
    for _ in sys.stdin:
        life = os.fork()
        if not life:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_live(worker, listener))
        os.waitpid(life, 0)


async def _live(worker: Worker, listener: socket.socket) -> None:
    await worker.start(listener)
    print(os.getpid(), flush=True)
    await worker.stopped()


if __name__ == "__main__":
    main()
