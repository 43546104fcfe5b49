"""Programs in JavaScript that use a client from npm, and what they report."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import httpx

from contract_tests.clients.conftest import Cloud, held_to_the_contract
from contract_tests.harness.npm import installed

HERE = Path(__file__).resolve().parent / "npm"
LIMIT_S = 60.0

Report = dict[str, Any]


def run(program: str, cloud: Cloud, **told: object) -> Report:
    """Run a program to its end, approving what it asks for, and check every answer that it got.

    Raises NodeMissing, ContractBroken, and AssertionError with what the program said when it failed.
    """
    installed(HERE)
    report: Report = {}
    process = subprocess.Popen(
        ["node", program],
        cwd=HERE,
        env=os.environ | {"NODE_EXTRA_CA_CERTS": str(cloud.authority)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    limit = threading.Timer(LIMIT_S, process.kill)
    limit.start()
    try:
        _say(process, told)
        for line in process.stdout:
            said = json.loads(line)
            if "answer" in said:
                _check(said["answer"])
            elif "approve" in said:
                cloud.allow(said["approve"])
                _say(process, {"approved": True})
            elif "visit" in said:
                _say(process, {"landed": cloud.visit(said["visit"])})
            else:
                report |= said
        complaint = process.stderr.read()
        assert process.wait() == 0, complaint
    finally:
        limit.cancel()
        process.kill()
        process.communicate()
    return report


def _say(process: subprocess.Popen[str], line: object) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(line) + "\n")
    process.stdin.flush()


def _check(answer: dict[str, Any]) -> None:
    headers = httpx.Headers([(name, value) for name, value in answer["headers"]])
    body = base64.b64decode(answer["body"])
    held_to_the_contract(answer["method"], answer["url"], answer["status"], headers, body)
