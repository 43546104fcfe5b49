"""Programs that use an embedded server, as processes of their own, to be left alone, interrupted and
killed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from persistence.address import Address
from persistence.embedded import EmbeddedPostgres
from persistence.embedded.layout import Layout

REPOSITORY: Final = Path(__file__).parents[2]
QUICK: Final = {"fsync": "off", "full_page_writes": "off"}

_PROGRAM: Final = """
import sys
from pathlib import Path
from persistence.embedded import EmbeddedPostgres, EmbeddedPostgresError

server = EmbeddedPostgres(Path(sys.argv[1]), extra_settings={"fsync": "off"})
try:
    server.start(lambda progress: print(progress, file=sys.stderr))
except EmbeddedPostgresError as refusal:
    sys.exit(f"refused: {refusal}")
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""


class User:
    """A process that has the server started and stops using it when told."""

    def __init__(self, data_dir: Path, *, wrapper: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, "-c", _PROGRAM, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        assert line == "ready\n", self.process.stderr.read()

    def refusal(self) -> str:
        """The sentence with which the program gave up."""
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 1, errors
        return errors.strip().splitlines()[-1].removeprefix("refused: ")

    def leave(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """The server, used by this process; the URL."""
    server = EmbeddedPostgres(data_dir, extra_settings=QUICK)
    try:
        yield server.start(lambda progress: print(progress, file=sys.stderr))
    finally:
        server.stop()


def postmaster(data_dir: Path) -> int:
    """The process id of the server."""
    return int(Layout(data_dir).process_file.read_text().splitlines()[0])


def exists(process: int) -> bool:
    """Whether the process lives; one that has ended and was not waited for does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def ask(url: str, query: str) -> object:
    """One value from the database."""

    async def run() -> object:
        connection = await Address.parse(url).open()
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(run())


def is_root() -> bool:
    return os.geteuid() == 0
