"""A load like that of a small fleet, held to a rate: what instances call all day, and what goes wrong.

Three callers, each an instance with a person signed in to it, walk the same round: alive, session, profile,
tokens by client credentials and by rotation, introspection, revocation, a question to the assistant, a page,
a new device flow now and then, a new registration more rarely, and requests that are refused in each of the
usual ways.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from secrets import token_hex
from types import TracebackType
from typing import Final, Self

import httpx

from contract_tests.harness.instances import Instance, Tokens, bearer
from contract_tests.harness.people import Person

CALLERS: Final = 3
_SIGN_IN_EVERY, _REGISTER_EVERY = 5, 20  # rounds


class SteadyLoad:
    """Runs from `with` to its end. `requests` and `answers` may be read meanwhile."""

    def __init__(self, url: str, owner: Person, *, per_second: float) -> None:
        self._url = url
        self._owner = owner
        self._pause_s = CALLERS / per_second
        self._over = threading.Event()
        self._callers: list[Future[None]] = []
        self._counts: list[Counter[str]] = []

    @property
    def requests(self) -> int:
        """How many were answered so far."""
        return sum(count.total() for count in list(self._counts))

    @property
    def answers(self) -> dict[str, int]:
        """How many of each status."""
        return dict(sorted(sum(list(self._counts), Counter[str]()).items()))

    def fails_if_it_failed(self) -> None:
        """Raise what ended a caller, if something did."""
        for caller in self._callers:
            if caller.done():
                caller.result()

    def __enter__(self) -> Self:
        """Begin."""
        self._threads = ThreadPoolExecutor(CALLERS)
        self._callers = [self._threads.submit(self._call) for _ in range(CALLERS)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._over.set()
        self._threads.shutdown()
        if failure is None:
            self.fails_if_it_failed()

    def _call(self) -> None:
        counted: Counter[str] = Counter()
        self._counts.append(counted)
        with httpx.Client(base_url=self._url, timeout=60) as client:
            paced = _Paced(client, self._pause_s, counted)
            instance = Instance.register(paced.client, key=self._owner.key)
            tokens, number = instance.sign_in(self._owner.pat), 0
            while not self._over.is_set():
                number += 1
                if number % _REGISTER_EVERY == 0:
                    instance = Instance.register(paced.client, key=self._owner.key)
                if number % min(_SIGN_IN_EVERY, _REGISTER_EVERY) == 0:
                    tokens = instance.sign_in(self._owner.pat)
                for step in self._round(paced.client, instance, tokens):
                    if self._over.is_set():
                        return
                    tokens = step() or tokens

    def _round(
        self, http: httpx.Client, instance: Instance, tokens: Tokens
    ) -> Iterator[Callable[[], Tokens | None]]:
        """One request after the other; one that rotates returns the new tokens."""
        own = instance.own_token()

        def ask(method: str, path: str, token: str) -> Callable[[], None]:
            return lambda: _told(http.request(method, path, headers=bearer(token)))

        def rotate() -> Tokens:
            answer = instance.refresh(tokens.refresh_token)
            assert answer.status_code == 200, answer.text
            return Tokens(answer.json()["access_token"], answer.json()["refresh_token"])

        yield ask("POST", "/instance/alive", own)
        yield ask("GET", "/instance/user/session", tokens.access_token)
        yield ask("GET", "/instance/user/profile", tokens.access_token)
        yield lambda: _told(_question(http, tokens))
        yield ask("GET", "/instance/assistant/usage", tokens.access_token)
        yield lambda: _told(http.get("/transparency", headers=_BROWSER))
        yield lambda: _told(http.get("/nowhere", headers=_BROWSER))
        yield ask("GET", "/instance/user/session", "candor_at_unknown")
        yield ask("GET", "/instance/user/session", own)
        yield ask("GET", "/nowhere", own)
        yield ask("DELETE", "/instance/alive", own)
        yield lambda: _told(http.post("/oauth2/register", content=b'{"grant_types": [', headers=_JSON))
        yield lambda: _told(http.post("/oauth2/register", json={"grant_types": "x" * 5_000}))
        yield lambda: _told(instance.ask_token(grant_type="refresh_token", refresh_token="x"))
        yield lambda: _told(instance.revoke(own))
        yield rotate


_JSON: Final = {"Content-Type": "application/json"}
_BROWSER: Final = {"Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "gzip"}


def _question(http: httpx.Client, tokens: Tokens) -> httpx.Response:
    """Each has a key of its own, for which the server remembers the answer a while."""
    headers = bearer(tokens.access_token) | {"Idempotency-Key": token_hex(8)}
    body = {"model": "demo", "messages": [{"role": "user", "content": "What lives here?"}]}
    return http.post("/instance/assistant/complete", json=body, headers=headers)


class _Paced:
    """A client whose requests are that far apart, counted by status."""

    def __init__(self, client: httpx.Client, pause_s: float, counted: Counter[str]) -> None:
        self.client = client
        self._pause_s = pause_s
        self._next = time.monotonic()
        client.event_hooks = {
            "request": [self._wait],
            "response": [lambda answer: counted.update([str(answer.status_code)])],
        }

    def _wait(self, request: httpx.Request) -> None:
        now = time.monotonic()
        self._next = max(self._next + self._pause_s, now - 1)
        if self._next > now:
            threading.Event().wait(self._next - now)


def _told(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
