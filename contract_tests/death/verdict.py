"""Journal against database: what was confirmed is there, and nothing is there by half."""

from __future__ import annotations

from collections import Counter

from contract_tests.death.calls import Fate
from contract_tests.death.journal import Family, Flow, Journal
from contract_tests.death.stored import Stored
from handlers import secret


def hold(journal: Journal, stored: Stored) -> None:
    """Compare everything. Raises AssertionError, or KeyError for a confirmed thing that is not there."""
    _registrations(journal, stored)
    _own_tokens(journal, stored)
    for flow in journal.flows:
        _flow(flow, stored)
    assert 0 <= len(stored.flows) - len(journal.flows) <= journal.flows_unknown
    for family in journal.families:
        _family(family, stored)
    _redemptions(journal, stored)
    _records(journal, stored)


def _registrations(journal: Journal, stored: Stored) -> None:
    used = Counter(row["registration_key_id"] for row in stored.instances.values())
    for key in journal.keys:
        row = stored.keys[secret.digest(key.text)]
        assert row["uses"] == used[row["id"]], "a use without its instance, or the other way round"
        assert key.confirmed <= row["uses"] <= key.confirmed + key.unknown
        assert key.max_uses is None or row["uses"] <= key.max_uses
    for instance in journal.instances:
        row = stored.instances[instance.client_id]
        assert row["client_secret_hash"] == secret.digest(instance.client_secret)
        assert row["workspace_id"] is not None


def _own_tokens(journal: Journal, stored: Stored) -> None:
    for token in journal.own_tokens:
        row = stored.access_row(token)
        assert row["session_id"] is None
        assert row["revoked_at"] is None
    surplus = sum(row["session_id"] is None for row in stored.access.values()) - len(journal.own_tokens)
    assert 0 <= surplus <= journal.own_tokens_unknown


def _flow(flow: Flow, stored: Stored) -> None:
    state = stored.flow_row(flow.device_code, flow.user_code)["state"]
    possible = {
        None: {"pending"},
        Fate.ABSENT: {"pending"},
        Fate.UNKNOWN: {"pending", "approved"},
        Fate.DONE: {"approved"},
    }[flow.approved]
    if flow.redeemed is Fate.DONE:
        possible = {"redeemed"}
    elif flow.redeemed is Fate.UNKNOWN:
        possible = {"approved", "redeemed"}
    assert state in possible, (flow, state)


def _family(family: Family, stored: Stored) -> None:
    sessions = {stored.access_row(token)["session_id"] for token in family.access}
    sessions |= {stored.refresh_row(token)["session_id"] for token in family.refresh}
    (session,) = sessions
    revoked = stored.sessions[session]["revoked_at"] is not None
    assert revoked in {None: (False,), Fate.UNKNOWN: (False, True), Fate.DONE: (True,)}[family.revoked]
    for spent, successor in zip(family.refresh, family.refresh[1:], strict=False):
        row = stored.refresh_row(spent)
        assert row["consumed_at"] is not None
        assert row["successor_hash"] == secret.digest(successor)
    newest = stored.refresh_row(family.refresh[-1])
    # Answers that never came: a whole further pair at most.
    further = newest["consumed_at"] is not None
    assert further <= (family.rotating is Fate.UNKNOWN)
    for table, known in ((stored.access, family.access), (stored.refresh, family.refresh)):
        assert sum(row["session_id"] == session for row in table.values()) == len(known) + further


def _redemptions(journal: Journal, stored: Stored) -> None:
    """Each redeemed code has made exactly one session of its instance with its first two tokens."""
    redeemed = Counter(row["instance_id"] for row in stored.flows.values() if row["state"] == "redeemed")
    signed_in = Counter(row["instance_id"] for row in stored.sessions.values())
    assert redeemed == signed_in
    for table in (stored.access, stored.refresh):
        families = {row["session_id"] for row in table.values()} - {None}
        assert families == stored.sessions.keys()
    assert len(journal.families) <= len(stored.sessions)


def _records(journal: Journal, stored: Stored) -> None:
    """What was confirmed was recorded, once; the clock and the record never one without the other."""
    assert stored.recorded == stored.clocks
    assert set(stored.recorded.values()) <= {1}
    for instance in journal.alive:
        assert (stored.instances[instance.client_id]["id"], "ping_alive") in stored.recorded
    for family in journal.families:
        if family.looked:
            identity = stored.instances[family.instance.client_id]["id"]
            assert (identity, "get_session") in stored.recorded
