"""What judges a whole run when it has ended, called as `scripts/test` calls it."""

from __future__ import annotations

import subprocess
import sys

from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.server import environment


def judged(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a package of the tests, `contract_tests.coverage` for instance, to its end."""
    return subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=REPOSITORY,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
