"""oidc-agent from Debian, as a person at a desk runs it: an agent in the background and commands that ask it.

Everything that it keeps lies in a directory of the test's, and it trusts the authority of the test's server
through its own option.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from contract_tests.clients.conftest import Cloud
from contract_tests.harness.instances import Instance

LIMIT_S = 30.0
ACCOUNT = "lab"
_USER_CODE = re.compile(r"\b[A-Z]{4}-[A-Z]{4}\b")


def is_installed() -> bool:
    return shutil.which("oidc-agent") is not None


class DesktopAgent:
    """A running agent, for a `with` block, and the commands of its user."""

    def __init__(self, home: Path) -> None:
        home.mkdir(exist_ok=True)
        # The directory of a test may be too long a name for a socket.
        self._run = tempfile.TemporaryDirectory(prefix="oidc-")
        self._socket = Path(self._run.name, "agent")
        self._variables = os.environ | {
            "HOME": str(home),
            "OIDC_CONFIG_DIR": str(home),
            "OIDC_SOCK": str(self._socket),
            "OIDC_ENCRYPTION_PW": "only a test",
        }

    def __enter__(self) -> DesktopAgent:
        """Start it."""
        self._process = subprocess.Popen(
            ["oidc-agent", "--console", f"--socket-path={self._socket}", "--no-webserver"],
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # it is two processes
        )
        until = time.monotonic() + LIMIT_S
        while not self._socket.exists():
            assert self._process.poll() is None, "oidc-agent ended"
            assert time.monotonic() < until, "oidc-agent makes no socket"
            time.sleep(0.05)  # its socket is all that it says
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, both of its processes."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(LIMIT_S)
        self._run.cleanup()

    def sign_in(self, cloud: Cloud, instance: Instance, scope: str) -> None:
        """`oidc-gen`: the device flow of a registered client. Raises AssertionError with what it said."""
        options = [
            f"--iss={cloud.url}",
            f"--client-id={instance.client_id}",
            f"--client-secret={instance.client_secret}",
            f"--scope={scope}",
            f"--cp={cloud.authority}",
            "--flow=device",
        ]
        generating = subprocess.Popen(
            ["oidc-gen", ACCOUNT, *options, "--pw-env", "--prompt=none", "--confirm-default"],
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert generating.stdout is not None
        said = ""
        for line in generating.stdout:
            said += line
            if code := _USER_CODE.search(line):
                cloud.allow(code.group())
                break
        said += generating.communicate(timeout=LIMIT_S)[0]
        assert generating.returncode == 0, said

    def load(self) -> None:
        """`oidc-add`: what a person types after they have logged in again."""
        self._command("oidc-add", ACCOUNT, "--pw-env")

    def token(self, *options: str) -> str:
        """`oidc-token`: what programs ask."""
        return self._command("oidc-token", *options, ACCOUNT)

    def forget(self) -> None:
        """`oidc-gen --delete`: end the account, at the server too."""
        self._command("oidc-gen", "--delete", ACCOUNT, "--confirm-yes", "--pw-env")

    def _command(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
        return done.stdout.strip()
