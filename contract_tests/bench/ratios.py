"""The rows that compare two sides, one function each: what runs on either side, and how much is expected.

The sides of a row with a database work on the same PostgreSQL server, one process and ten connections each,
and are driven one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contract_tests.bench.bench import Bench
from contract_tests.bench.call import Call, as_client, with_token
from contract_tests.bench.connection import NotAnswered
from contract_tests.bench.measured_call import CALLS, PATH
from contract_tests.bench.peer import FOLDER, peer
from contract_tests.bench.results import NotMeasured, Ratio, Result, Side
from contract_tests.bench.rounds import run_rounds
from contract_tests.bench.subject import Subject, answer_of, members_of
from contract_tests.bench.whole_server import WholeServer
from contract_tests.harness.instances import Instance
from contract_tests.harness.npm import NodeMissing, installed

_BARE_DATABASE = "contract_tests.bench.bare_database_server"
_CLIENTS = 16  # of which each call takes the next
_LATER = "UPDATE interaction_clock SET at = at - interval '1 hour'"


def overhead(bench: Bench) -> Iterator[Result]:
    """A bearer-protected GET, request and response validated, against bare Starlette with the same JSON.

    Then, for information, the same GET on the whole server, whose token and row come from PostgreSQL.
    """
    with bench.module("bare Starlette", "contract_tests.bench.bare_server", calls=CALLS) as bare:
        engine = bench.module(
            "the contract, no database", "contract_tests.bench.contract_server", calls=CALLS
        )
        with engine:
            if answer_of(bare) != answer_of(engine):
                raise NotAnswered("The two sides do not answer the same JSON.")
            yield _ratio("overhead", bench, engine, bare, least=0.7)
        with bench.whole_server(bench.store.migrated("overhead")) as whole:
            whole.name = "the same with PostgreSQL"
            with whole.client() as client:
                token = Instance.register(client, key=whole.person().key).own_token()
            whole.calls = (with_token("GET", PATH, token),)
            answer_of(whole)
            yield _ratio("overhead", bench, whole, bare)


def token(bench: Bench) -> Iterator[Result]:
    """`token` with client_credentials, against a bare ASGI application that does the same two statements."""
    with bench.whole_server(bench.store.migrated("token")) as whole:
        whole.calls = _grants(whole.clients(_CLIENTS))
        bare = bench.module("bare ASGI on asyncpg", _BARE_DATABASE, whole.database_url, calls=whole.calls)
        with bare:
            _refuse_other_members(whole, bare)
            yield _ratio("token", bench, whole, bare, least=0.6)


def against_peer(bench: Bench) -> Iterator[Result]:
    """The same grant, against node-oidc-provider, or the reason why it cannot run here."""
    try:
        installed(FOLDER)
    except NodeMissing as reason:
        yield NotMeasured("peer", str(reason))
        return
    with bench.whole_server(bench.store.migrated("beside_peer")) as whole:
        instances = whole.clients(_CLIENTS)
        whole.calls = _grants(instances)
        with peer(bench, instances) as other:
            _refuse_other_members(whole, other)
            yield _ratio("peer", bench, whole, other, least=1.0)


def get_session(bench: Bench) -> Iterator[Result]:
    """`get_session` with its hourly record, against a bare ASGI application that reads one row by its key.

    Every round begins an hour after the one before, as far as the record is concerned: the first call with
    each token is recorded, the others find that they need not be.
    """
    name = "get_session"
    with bench.whole_server(bench.store.migrated(name)) as whole:
        person = whole.person()
        with whole.client() as client:
            tokens = [
                Instance.register(client, key=person.key).sign_in(person.pat).access_token
                for _ in range(_CLIENTS)
            ]
        whole.calls = tuple(with_token("GET", "/instance/user/session", each) for each in tokens)
        bare = bench.module("bare ASGI on asyncpg", _BARE_DATABASE, whole.database_url, calls=whole.calls)
        with bare:
            _refuse_other_members(whole, bare)
            rounds = run_rounds(
                whole, bare, pace=bench.pace, before=lambda: bench.store.run(_LATER, database=name)
            )
            yield Ratio(name, Side(whole.name, rounds[0]), Side(bare.name, rounds[1]), least=0.5)


def _ratio(
    row: str, bench: Bench, subject: Subject, baseline: Subject, *, least: float | None = None
) -> Ratio:
    mine, theirs = run_rounds(subject, baseline, pace=bench.pace)
    return Ratio(row, Side(subject.name, mine), Side(baseline.name, theirs), least=least)


def _grants(instances: Sequence[Instance]) -> tuple[Call, ...]:
    return tuple(
        as_client(
            "/oauth2/token",
            client_id=each.client_id,
            client_secret=each.client_secret,
            grant_type="client_credentials",
            scope="instance",
        )
        for each in instances
    )


def _refuse_other_members(one: WholeServer, other: Subject) -> None:
    """Both sides must answer the same members. Raises NotAnswered."""
    if members_of(one).keys() != members_of(other).keys():
        raise NotAnswered(f"{one.name} and {other.name} do not answer the same members.")
