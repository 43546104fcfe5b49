"""`doctor` finds each thing that is stored by half: every rule is broken, in a transaction that is undone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from sqlalchemy import text

from contract_tests.admin.typed import typed
from contract_tests.conftest import StartServer
from contract_tests.harness import code_flow
from contract_tests.harness.administration import Administration
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.newcomers import Newcomer
from contract_tests.harness.people import Person
from contract_tests.harness.second_factors import Holder
from contract_tests.harness.stored import execute
from contract_tests.storage.cluster import SharedCluster
from persistence import soundness
from persistence.database import Database
from persistence.statement import Statement

BREAKS = {
    "redeemed device authorizations without their session": [
        "DELETE FROM session WHERE id = (SELECT id FROM session ORDER BY id LIMIT 1)"
    ],
    "device authorizations whose decision is not complete": [
        "UPDATE device_grant SET user_id = NULL WHERE state = 'approved'",
        "UPDATE device_grant SET granted_scopes = '{}' WHERE state = 'redeemed'",
        "UPDATE device_grant SET granted_scopes = '{assistant}' WHERE state = 'pending'",
        "UPDATE device_grant SET user_id = NULL WHERE state = 'denied'",
    ],
    "authorization requests whose decision is not complete": [
        "UPDATE authorization_request SET user_id = NULL WHERE state = 'approved'",
        "UPDATE authorization_request SET granted_scopes = '{assistant}' WHERE state = 'pending'",
        "UPDATE authorization_request SET granted_scopes = '{billing:write}' WHERE state = 'approved'",
        "UPDATE authorization_request SET user_id = NULL WHERE state = 'denied'",
        "UPDATE authorization_request SET code_hash = NULL WHERE state = 'approved'",
        "UPDATE authorization_request SET session_id = NULL WHERE state = 'redeemed'",
        "UPDATE authorization_request SET client_state = 'x' WHERE state = 'denied'",
    ],
    "redeemed authorization requests whose session is another's": [
        "UPDATE authorization_request SET instance_id = (SELECT id FROM instance"
        " WHERE id <> instance_id LIMIT 1) WHERE state = 'redeemed'",
        "UPDATE authorization_request SET granted_scopes = '{profile:read}' WHERE state = 'redeemed'",
    ],
    "live sessions without their one refresh token": [
        "UPDATE session SET expires_at = expires_at + interval '1 day' WHERE 'offline' = ANY (scopes)"
    ],
    "live sessions with more than one unused refresh token": [
        "UPDATE refresh_token SET consumed_at = NULL, successor_hash = NULL, successor_sealed = NULL,"
        " expires_at = expires_at + interval '1 second' WHERE consumed_at IS NOT NULL"
    ],
    "live sessions without offline access and without their access token": [
        "DELETE FROM access_token USING session"
        " WHERE session.id = session_id AND NOT 'offline' = ANY (session.scopes)"
    ],
    "refresh tokens of the last day without the access token issued with them": [
        "UPDATE access_token SET created_at = created_at - interval '1 second' WHERE session_id IS NOT NULL"
    ],
    "refresh tokens that were used without a successor": [
        "UPDATE refresh_token SET successor_hash = NULL WHERE consumed_at IS NOT NULL"
    ],
    "refresh tokens whose successor belongs to another session": [
        "UPDATE refresh_token SET successor_hash = (SELECT token_hash FROM refresh_token AS other"
        " WHERE other.session_id <> refresh_token.session_id LIMIT 1) WHERE consumed_at IS NOT NULL"
    ],
    "access tokens that differ from their session": [
        "UPDATE access_token SET scopes = '{instance}' WHERE session_id IS NOT NULL",
        "UPDATE access_token SET instance_id = (SELECT id FROM instance WHERE id <> instance_id LIMIT 1)"
        " WHERE session_id IS NOT NULL",
    ],
    "registration keys whose count of uses is too low or too high": [
        "UPDATE registration_key SET uses = uses - 1",
        "UPDATE registration_key SET max_uses = uses - 1",
        "UPDATE registration_key SET last_used_at = NULL",
    ],
    "instances that are claimed by half": [
        "UPDATE instance SET claimed_at = NULL",
        "UPDATE instance SET workspace_id = NULL",
    ],
    "live sign-ins without their one refresh token": [
        "UPDATE sign_in SET expires_at = expires_at + interval '1 day'",
        "DELETE FROM sign_in_token WHERE consumed_at IS NULL",
        "UPDATE sign_in_token SET consumed_at = now(), successor_hash = refresh_hash"
        " WHERE consumed_at IS NULL",
    ],
    "tokens of sign-ins that were used without a successor": [
        "UPDATE sign_in_token SET successor_hash = NULL WHERE consumed_at IS NOT NULL",
        "UPDATE sign_in_token SET consumed_at = NULL WHERE consumed_at IS NOT NULL",
    ],
    "tokens of sign-ins whose successor belongs to another sign-in": [
        "UPDATE sign_in_token SET successor_hash = (SELECT refresh_hash FROM sign_in_token AS other"
        " WHERE other.sign_in_id <> sign_in_token.sign_in_id LIMIT 1) WHERE consumed_at IS NOT NULL"
    ],
    "accounts without a workspace of their own": ["DELETE FROM workspace"],
    "workspaces that their owner is no member of": ["DELETE FROM workspace_member"],
    "sign-ups under a username that an account has had since before": [
        "UPDATE sign_up SET username = (SELECT username FROM account LIMIT 1)"
    ],
    "authenticator apps that are being set up where one is in force": [
        "INSERT INTO totp_setup (user_id, secret_sealed, created_at)"
        " SELECT user_id, secret_sealed, confirmed_at FROM totp"
    ],
    "mails that have ended by half": [
        "UPDATE mail SET ended_at = NULL WHERE state = 'sent'",
        "UPDATE mail SET ended_at = now(), state = 'queued' WHERE state = 'sent'",
    ],
    "accounts with a second factor and other than ten recovery codes": [
        "DELETE FROM recovery_code WHERE code_hash = (SELECT code_hash FROM recovery_code LIMIT 1)",
        "DELETE FROM recovery_code",
    ],
    "recovery codes without a second factor": ["DELETE FROM totp"],
    "calls of the assistant whose credits are held for an hour too long": [
        "INSERT INTO credit_hold SELECT repeat('H', 26), id, 'demo', 1, 0, now(),"
        " now() - interval '61 minutes' FROM account LIMIT 1"
    ],
    "interactions of the last day without their clock, or the other way round": [
        "DELETE FROM interaction",
        "DELETE FROM interaction_clock",
    ],
}


def a_used_server(start_server: StartServer, url: str) -> Path:
    """Every kind of grant, once at least; where its key lies."""
    server = start_server(database_url=url)
    person = Person.with_password(Administration(url), "ada")
    with server.client() as client:
        browser = person.browser(client).renewed()
        her = browser.headers
        Newcomer.invented("ines").sign_up(client)
        Holder.sign_in(client, person).with_totp()
        Mailbox.of(server).arrives(person.email)
        instance, other = (Instance.register(client, key=person.key) for _ in range(2))
        client.post("/instance/alive", headers=bearer(instance.own_token()))
        tokens = instance.sign_in(person.pat)
        assert instance.refresh(tokens.refresh_token).status_code == 200
        other.sign_in(person.pat)
        other.sign_in(person.pat, scope="profile:read")
        instance.start_device_flow()
        for decision in ("approve", "deny"):
            code = instance.start_device_flow().user_code
            answer = client.post(
                f"/oauth2/device/{decision}", params={"user_code": code}, headers=bearer(person.pat)
            )
            assert answer.status_code == 200
        tool, proof = code_flow.register(client, key=person.key), code_flow.Proof()
        code_flow.sign_in(tool, her)
        code_flow.granted(tool, proof, her)
        code_flow.deny(client, her, code_flow.started(tool, proof))
        code_flow.started(tool, proof, state="ours")
    assert server.stop() == 0
    return server.data_dir


async def test_each_rule_finds_what_it_is_for(
    start_server: StartServer, cluster: SharedCluster, migrated: str
) -> None:
    url = cluster.create_database("halves", like=migrated)
    data_dir = a_used_server(start_server, url)
    assert BREAKS.keys() == set(soundness.RULES)
    database = await Database.connect(url, pool_size=1)
    try:
        store = database.unit_of_work()
        assert await soundness.halves(store) == {}
        for rule, breaks in BREAKS.items():
            for each in breaks:
                await store.write(Statement(text(each)))
                assert rule in await soundness.halves(store), each
                await store.rollback()
    finally:
        await database.close()
    await asyncio.to_thread(doctor_names_it, url, data_dir)


def doctor_names_it(url: str, data_dir: Path) -> None:
    execute(url, "UPDATE instance SET claimed_at = NULL")
    ended = typed("doctor", "--json", f"--database-url={url}", f"--data-dir={data_dir}")
    assert ended.code == 1
    (found,) = [each for each in json.loads(ended.stdout)["checks"] if each["state"] == "fail"]
    assert found["check"] == "grants"
    assert "3 instances that are claimed by half" in found["detail"]
