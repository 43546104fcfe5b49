"""Secrets where nobody may find them: compared whole, sealed under one token, never said in the log."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag

from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, approve
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from handlers import secret
from handlers.oauth2.rotation import TokenPair, seal, unseal


@pytest.mark.parametrize("place", [0, 1, 15, 31])
def test_a_digest_that_differs_in_one_byte_is_another(place: int) -> None:
    stored = bytearray(secret.digest("ccs_right"))
    assert secret.matches("ccs_right", bytes(stored))
    stored[place] ^= 1
    assert not secret.matches("ccs_right", bytes(stored))


def test_a_sealed_successor_opens_with_the_token_before_it_only() -> None:
    pair = TokenPair("cat_a", datetime(2030, 1, 1, tzinfo=UTC), "crt_b", ("offline",))
    sealed = seal(pair, under="crt_a")
    assert unseal(sealed, under="crt_a") == pair
    with pytest.raises(InvalidTag):
        unseal(sealed, under="crt_b")


@pytest.mark.promise("C3")
def test_the_log_holds_no_secret_of_a_whole_sign_in(
    server: ServerProcess, client: CheckedClient, ada: Person
) -> None:
    instance = Instance.register(client, key=ada.key)
    flow = instance.start_device_flow()
    approve(client, ada.pat, flow.user_code)
    tokens = instance.poll(flow).json()
    fresh = instance.refresh(tokens["refresh_token"]).json()
    instance.refresh("crt_" + "0" * 49)
    instance.revoke(fresh["refresh_token"])
    secrets = {
        *(instance.client_secret, ada.key, ada.pat, flow.device_code, flow.user_code),
        *(each[name] for each in (tokens, fresh) for name in ("access_token", "refresh_token")),
    }
    assert not [each for each in secrets if each in server.stderr]
