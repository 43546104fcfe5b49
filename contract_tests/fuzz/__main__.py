"""`scripts/fuzz`: Schemathesis against a server of its own or one that runs already, as long as one likes."""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from contract_tests.fuzz.credentials import ANONYMOUS, FuzzCredentials, kinds
from contract_tests.fuzz.preparation import prepare
from contract_tests.fuzz.run import SERVER_FLAGS, SERVER_VARIABLES, command
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.memory import resident_mib
from contract_tests.harness.server import ServerProcess, environment
from contract_tests.storage.cluster import shared_cluster


def main() -> int:
    """Fuzz with every kind of credential in turn; 0 if nothing was found."""
    options = _options()
    seed = options.seed if options.seed is not None else secrets.randbelow(2**31)
    print(f"seed {seed}", flush=True)
    with _server(options) as given:
        held = [options.credential] if options.credential else kinds()
        if options.url and options.pat is None and not options.credential:
            print("without --pat only anonymous requests are made", flush=True)
            held = [ANONYMOUS]
        found = []
        for kind in held:
            print(f"\n##### credential: {kind}", flush=True)
            credentials = given(kind)
            done = subprocess.run(
                command(credentials, seed=seed, max_examples=options.max_examples),
                cwd=REPOSITORY,
                env={**environment(), **credentials.as_variable()},
            )
            found += [kind] if done.returncode else []
    print(f"\nseed {seed}: " + (f"failures with {', '.join(found)}" if found else "nothing found"))
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat a run (default: a new one, which is printed)")
    parser.add_argument("--max-examples", type=int, metavar="N", help="per operation and phase (default 100)")
    parser.add_argument("--credential", choices=kinds(), help="only this kind (default: one after the other)")
    parser.add_argument("--url", help="a running server (default: one of its own, with a fresh database)")
    parser.add_argument("--pat", help="with --url: a person's token there; its sessions are ended")
    parser.add_argument("--registration-key", help="with --url: a reusable key of that person's workspace")
    parser.add_argument("--login", help="with --url: that person's name; the password is read from stdin")
    return parser.parse_args()


@contextmanager
def _server(options: argparse.Namespace) -> Iterator[Callable[[str], FuzzCredentials]]:
    if options.url:
        given = FuzzCredentials(
            ANONYMOUS,
            options.url.rstrip("/"),
            options.pat,
            options.registration_key,
            options.login,
            sys.stdin.readline().rstrip("\n") if options.login else None,
        )
        yield lambda kind: replace(given, kind=kind)
        return
    with shared_cluster() as cluster, tempfile.TemporaryDirectory() as directory:
        database_url = cluster.create_database("fuzzed")
        server = ServerProcess(
            Path(directory, "data"),
            flags={"database-url": database_url, **SERVER_FLAGS},
            variables=SERVER_VARIABLES,
        )
        try:
            prepared = prepare(server.until_ready().url, database_url)
            yield prepared.credentials
            print(f"\nresident after it: {resident_mib(server.process.pid):.1f} MiB in one worker")
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
