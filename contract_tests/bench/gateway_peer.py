"""The peer of `assistant`: the LiteLLM proxy, in an environment of its own, one process and no database."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from contract_tests.bench.bench import Bench
from contract_tests.bench.call import Call
from contract_tests.bench.subject import Program
from contract_tests.harness.contract import REPOSITORY

REQUIREMENTS: Final = REPOSITORY / "contract_tests" / "bench" / "litellm" / "requirements.txt"
ENVIRONMENT: Final = REPOSITORY / "reports" / "litellm"
PATH: Final = "/v1/chat/completions"


def is_installed() -> bool:
    """Whether its environment is there, with what is locked."""
    kept = ENVIRONMENT / "requirements.txt"
    return kept.exists() and kept.read_bytes() == REQUIREMENTS.read_bytes()


def install() -> None:
    """Make its environment from the locked list. Raises CalledProcessError."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    python = str(ENVIRONMENT / "bin" / "python")
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(REQUIREMENTS)], check=True
    )
    shutil.copy(REQUIREMENTS, ENVIRONMENT / "requirements.txt")


def gateway(bench: Bench, folder: Path, *, provider: int, model: str, body: str) -> Program:
    """The proxy before the provider on that port, to be entered."""
    key = f"sk-{secrets.token_hex(24)}"
    configuration = folder / "litellm.yaml"
    configuration.write_text(
        f"model_list:\n  - model_name: {model}\n    litellm_params:\n      model: openai/{model}\n"
        f"      api_base: http://127.0.0.1:{provider}/v1\n      api_key: sk-{secrets.token_hex(24)}\n"
        f"general_settings:\n  master_key: {key}\n"
    )
    program = str(ENVIRONMENT / "bin" / "litellm")
    options = ("--config", str(configuration), "--host", "127.0.0.1", "--num_workers", "1", "--port")
    return Program(
        "LiteLLM proxy",
        (program, *options),
        calls=[Call("POST", PATH, f"Bearer {key}", body, "application/json")],
        core=bench.cores.server,
        variables={"PYTHONPATH": "", "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )
