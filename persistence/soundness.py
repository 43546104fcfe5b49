"""Whether what belongs together is stored together: what can be half there only if an atomic change was not.

Each rule is one statement, so that it sees one moment of a database that is in use, and counts the rows that
break it. Rules hold whatever retention has taken away: they look at live sessions, or no further back than
rows are kept by the contract's `x-records`. Constraints of the tables themselves are not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text

from persistence.statement import Statement
from persistence.unit_of_work import UnitOfWork

_RULES: Final[Mapping[str, str]] = {
    # A session outlives the device authorization that it came from by a month.
    "redeemed device authorizations without their session": """
        SELECT coalesce(sum(redeemed - made), 0) FROM (
            SELECT count(*) AS redeemed,
                   (SELECT count(*) FROM session
                     WHERE session.instance_id = device_grant.instance_id
                       AND session.user_id = device_grant.user_id
                       AND NOT EXISTS (SELECT FROM authorization_request
                                        WHERE session_id = session.id)) AS made
              FROM device_grant
             WHERE state = 'redeemed' AND expires_at > now() - interval '1 day'
             GROUP BY instance_id, user_id
        ) AS counted WHERE redeemed > made
    """,
    "device authorizations whose decision is not complete": """
        SELECT count(*) FROM device_grant WHERE CASE state
            WHEN 'pending' THEN user_id IS NOT NULL OR granted_scopes <> '{}'
            WHEN 'denied' THEN user_id IS NULL OR granted_scopes <> '{}'
            ELSE user_id IS NULL OR granted_scopes = '{}' OR NOT granted_scopes <@ scopes
        END
    """,
    "authorization requests whose decision is not complete": """
        SELECT count(*) FROM authorization_request WHERE
            (code_hash IS NOT NULL) <> (state IN ('approved', 'redeemed'))
            OR (session_id IS NOT NULL) <> (state = 'redeemed')
            OR (client_state IS NOT NULL AND state <> 'pending')
            OR CASE state
                WHEN 'pending' THEN user_id IS NOT NULL OR granted_scopes <> '{}'
                WHEN 'denied' THEN user_id IS NULL OR granted_scopes <> '{}'
                ELSE user_id IS NULL OR granted_scopes = '{}' OR NOT granted_scopes <@ scopes
            END
    """,
    "redeemed authorization requests whose session is another's": """
        SELECT count(*) FROM authorization_request AS request JOIN session ON session.id = session_id
         WHERE session.instance_id <> request.instance_id OR session.user_id <> request.user_id
            OR session.scopes <> request.granted_scopes
    """,
    # The newest refresh token lasts as long as its session, and is the only one that was not used.
    "live sessions without their one refresh token": """
        SELECT count(*) FROM session
         WHERE revoked_at IS NULL AND expires_at > now() AND 'offline' = ANY (scopes)
           AND 1 <> (SELECT count(*) FROM refresh_token
                      WHERE session_id = session.id AND consumed_at IS NULL
                        AND refresh_token.expires_at = session.expires_at)
    """,
    "live sessions with more than one unused refresh token": """
        SELECT count(*) FROM (
            SELECT 1 FROM refresh_token JOIN session ON session.id = session_id
             WHERE consumed_at IS NULL AND revoked_at IS NULL
               AND refresh_token.expires_at > now()
             GROUP BY session_id HAVING count(*) > 1
        ) AS doubled
    """,
    "live sessions without offline access and without their access token": """
        SELECT count(*) FROM session
         WHERE revoked_at IS NULL AND expires_at > now() AND NOT 'offline' = ANY (scopes)
           AND NOT EXISTS (SELECT FROM access_token
                            WHERE session_id = session.id AND access_token.expires_at = session.expires_at)
    """,
    # Access tokens are kept for a day after they expire.
    "refresh tokens of the last day without the access token issued with them": """
        SELECT count(*) FROM refresh_token
         WHERE created_at > now() - interval '1 day'
           AND NOT EXISTS (SELECT FROM access_token
                            WHERE access_token.session_id = refresh_token.session_id
                              AND access_token.created_at = refresh_token.created_at)
    """,
    "refresh tokens that were used without a successor": """
        SELECT count(*) FROM refresh_token
         WHERE (consumed_at IS NULL) <> (successor_hash IS NULL)
            OR (consumed_at IS NULL AND successor_sealed IS NOT NULL)
    """,
    "refresh tokens whose successor belongs to another session": """
        SELECT count(*) FROM refresh_token JOIN refresh_token AS successor
            ON successor.token_hash = refresh_token.successor_hash
         WHERE successor.session_id <> refresh_token.session_id
    """,
    "access tokens that differ from their session": """
        SELECT count(*) FROM access_token JOIN session ON session.id = session_id
         WHERE access_token.instance_id <> session.instance_id OR NOT access_token.scopes <@ session.scopes
    """,
    "registration keys whose count of uses is too low or too high": """
        SELECT count(*) FROM registration_key
          LEFT JOIN (SELECT registration_key_id AS id, count(*) AS instances
                       FROM instance GROUP BY registration_key_id) AS opened USING (id)
         WHERE uses > max_uses OR (uses = 0) <> (last_used_at IS NULL) OR uses < coalesce(instances, 0)
    """,
    "instances that are claimed by half": """
        SELECT count(*) FROM instance
         WHERE (workspace_id IS NULL) <> (claimed_at IS NULL) OR (workspace_id IS NULL) <> (name IS NULL)
    """,
    # A browser's sign-in is a family of pairs as a session is.
    "live sign-ins without their one refresh token": """
        SELECT count(*) FROM sign_in
         WHERE revoked_at IS NULL AND expires_at > now()
           AND 1 <> (SELECT count(*) FROM sign_in_token
                      WHERE sign_in_id = sign_in.id AND consumed_at IS NULL
                        AND refresh_expires_at = sign_in.expires_at)
    """,
    "tokens of sign-ins that were used without a successor": """
        SELECT count(*) FROM sign_in_token
         WHERE (consumed_at IS NULL) <> (successor_hash IS NULL)
            OR (consumed_at IS NULL AND successor_sealed IS NOT NULL)
    """,
    "tokens of sign-ins whose successor belongs to another sign-in": """
        SELECT count(*) FROM sign_in_token AS used JOIN sign_in_token AS successor
            ON successor.refresh_hash = used.successor_hash
         WHERE successor.sign_in_id <> used.sign_in_id
    """,
    # An account comes with a workspace, of which its owner is a member, and keeps it.
    "accounts without a workspace of their own": """
        SELECT count(*) FROM account
         WHERE NOT EXISTS (SELECT FROM workspace WHERE workspace.owner_id = account.id)
    """,
    "workspaces that their owner is no member of": """
        SELECT count(*) FROM workspace
         WHERE NOT EXISTS (SELECT FROM workspace_member AS member
                            WHERE member.workspace_id = workspace.id AND member.user_id = workspace.owner_id)
    """,
    "sign-ups under a username that an account has had since before": """
        SELECT count(*) FROM sign_up JOIN account USING (username)
         WHERE account.created_at < sign_up.created_at AND account.updated_at < sign_up.created_at
    """,
    "authenticator apps that are being set up where one is in force": """
        SELECT count(*) FROM totp_setup JOIN totp USING (user_id)
    """,
    "mails that have ended by half": """
        SELECT count(*) FROM mail WHERE (state IN ('sent', 'failed', 'unknown')) <> (ended_at IS NOT NULL)
    """,
    # Recovery codes come with the first factor and go with the last; used ones stay among the ten.
    "accounts with a second factor and other than ten recovery codes": """
        SELECT count(*) FROM (SELECT user_id FROM totp UNION SELECT user_id FROM passkey) AS holder
         WHERE 10 <> (SELECT count(*) FROM recovery_code WHERE recovery_code.user_id = holder.user_id)
    """,
    "recovery codes without a second factor": """
        SELECT count(*) FROM recovery_code
         WHERE NOT EXISTS (SELECT FROM totp WHERE totp.user_id = recovery_code.user_id)
           AND NOT EXISTS (SELECT FROM passkey WHERE passkey.user_id = recovery_code.user_id)
    """,
    "calls of the assistant whose credits are held for an hour too long": """
        SELECT count(*) FROM credit_hold WHERE expires_at < now() - interval '1 hour'
    """,
    "interactions of the last day without their clock, or the other way round": """
        SELECT (SELECT count(*) FROM interaction
                 WHERE at > now() - interval '1 day'
                   AND NOT EXISTS (SELECT FROM interaction_clock AS clock
                                    WHERE clock.instance_id = interaction.instance_id
                                      AND clock.user_id IS NOT DISTINCT FROM interaction.user_id
                                      AND clock.operation = interaction.operation
                                      AND clock.at >= interaction.at))
             + (SELECT count(*) FROM interaction_clock AS clock
                 WHERE at > now() - interval '1 day'
                   AND NOT EXISTS (SELECT FROM interaction
                                    WHERE interaction.instance_id = clock.instance_id
                                      AND interaction.user_id IS NOT DISTINCT FROM clock.user_id
                                      AND interaction.operation = clock.operation
                                      AND interaction.at = clock.at))
    """,
}
_STATEMENTS: Final = {
    what: Statement(text(f"SELECT ({query})::bigint AS count")) for what, query in _RULES.items()
}
RULES: Final = tuple(_RULES)
"""What is looked for, in words that complete "3 …"."""


async def halves(store: UnitOfWork) -> dict[str, int]:
    """How many rows break which rule; empty when all is well. Reads whole tables. Raises StoreUnavailable."""
    found = {}
    for what, statement in _STATEMENTS.items():
        row = await store.row(statement)
        assert row is not None
        if row["count"]:
            found[what] = int(row["count"])
    return found
