"""What a server pays that never asks a language model: nothing."""

from __future__ import annotations

import subprocess
import sys

from contract_tests.harness.contract import REPOSITORY

LOADED = (
    "import api.serve, api.wiring, sys; print(*sorted({'openai', 'httpx2', 'xllamacpp'} & set(sys.modules)))"
)


def test_what_asks_models_is_loaded_with_the_first_question() -> None:
    """It takes a second and 30 MB."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
