"""What a flood of passwords does to a server: nothing to others. And what the death of the process does."""

from __future__ import annotations

import asyncio
import os
import signal

import httpx
import pytest

from api.gateways.passwords.line import WAITING_MOST
from contract_tests.conftest import GENEROUS, StartServer
from contract_tests.death.processes import children
from contract_tests.harness.browsers import post_sign_in
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.lanes import opened
from contract_tests.harness.memory import LIMIT_MIB, most_resident_mib
from contract_tests.harness.server import ServerProcess
from contract_tests.passwords.test_line import of
from contract_tests.races.crowd import told

HASHING_LIMIT_MIB = 50.0
SIGN_IN = "/api/v1/account/sign-in"
BODY = {"login": "nobody@example.org", "password": "seven herons over still lakes"}


@pytest.fixture
def server(start_server: StartServer) -> ServerProcess:
    return start_server(variables=GENEROUS)


def the_process(server: ServerProcess, client: CheckedClient) -> int:
    """The one that hashes passwords, which a sign-in has started."""
    assert post_sign_in(client, BODY["login"], BODY["password"]).status_code == 401
    (found,) = (
        each for each in children(server.process.pid) if b"api.gateways.passwords" in of(each, "cmdline")
    )
    return found


async def test_while_no_password_is_hashed_the_line_is_bounded_and_others_are_answered(
    server: ServerProcess,
) -> None:
    with server.client() as client:
        process = the_process(server, client)
        beyond = 20
        async with opened(server.url, 1 + WAITING_MOST + beyond) as crowd:
            os.kill(process, signal.SIGSTOP)  # as slow as hashing can be
            try:
                calls = {
                    asyncio.create_task(crowd.post(SIGN_IN, json=BODY))
                    for _ in range(1 + WAITING_MOST + beyond)
                }
                refused: set[asyncio.Task[httpx.Response]] = set()
                while len(refused) < beyond:
                    done, _ = await asyncio.wait(calls - refused, return_when=asyncio.FIRST_COMPLETED)
                    refused |= done
                assert {each.result().status_code for each in refused} == {503}
                assert {each.result().json()["error"] for each in refused} == {"passwords_busy"}
                assert client.get("/health").status_code == 200
                assert client.get("/instance/owner").status_code == 401
            finally:
                os.kill(process, signal.SIGCONT)
            answers = await asyncio.gather(*(calls - refused))
        assert {each.status_code for each in answers} == {401}
        assert most_resident_mib(server.process.pid) < LIMIT_MIB
        assert most_resident_mib(process) < HASHING_LIMIT_MIB  # beside the worker


async def test_the_death_of_the_process_is_told_once_and_the_next_in_line_finds_another(
    server: ServerProcess,
) -> None:
    with server.client() as client:
        process = the_process(server, client)
        number = 1 + WAITING_MOST + 1
        async with opened(server.url, number) as crowd:
            os.kill(process, signal.SIGSTOP)
            calls = [asyncio.create_task(crowd.post(SIGN_IN, json=BODY)) for _ in range(number)]
            # One is refused when the line is full, which it is when the process has been handed its first.
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            os.kill(process, signal.SIGKILL)
            answers = told(await asyncio.gather(*calls))
        assert answers == {
            "503 passwords_busy": 1,
            "503 passwords_interrupted": 1,
            "401 wrong_password": WAITING_MOST,
        }
        interrupted = [each for each in server.events if each["event"] == "passwords_interrupted"]
        assert [each["operation_id"] for each in interrupted] == ["sign_in"]
        assert the_process(server, client) != process
