"""One call to a server that may die at any moment, and what its caller may believe afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum

import httpx

from contract_tests.harness.checking import AsyncCheckedClient

NOTHING_CHANGED = "Nothing was changed."
LIMIT_S = 30.0
"""No answer for so long is a hang. Without a worker a connection waits in the kernel until there is one, so
this also bounds how long the server may be gone."""


class Fate(Enum):
    """What a call came to, as far as its caller can know."""

    DONE = "done"  # answered, by anything but 503
    ABSENT = "absent"  # it was never taken, or the answer says that nothing was changed
    UNKNOWN = "unknown"  # no answer, or one that says that nobody knows


@dataclass(frozen=True, slots=True)
class Reply:
    """A call's fate, and its answer if there was one."""

    fate: Fate
    answer: httpx.Response | None = None

    @property
    def status(self) -> int:
        """The status of the answer; 0 without one."""
        return self.answer.status_code if self.answer is not None else 0

    def text(self, member: str) -> str:
        """A member of the answer's body."""
        assert self.answer is not None
        return str(self.answer.json()[member])


class Caller:
    """Calls a server and counts what it is answered. Every answer is held against the contract."""

    def __init__(self, url: str) -> None:
        self._http = AsyncCheckedClient(base_url=url, timeout=LIMIT_S)
        self.answers: dict[int, int] = {}
        self.slowest_s = 0.0
        self.broken = 0

    def forget(self) -> None:
        """Count anew."""
        self.answers = {}
        self.slowest_s = 0.0

    async def post(
        self,
        path: str,
        *,
        form: dict[str, str] | None = None,
        json: dict[str, object] | None = None,
        query: dict[str, str] | None = None,
        token: str = "",
    ) -> Reply:
        """POST. Raises httpx.TimeoutException for a hang, ContractBroken for an undeclared answer."""
        return await self._call("POST", path, data=form, json=json, params=query, token=token)

    async def get(self, path: str, *, token: str = "") -> Reply:
        """GET, with the same promises."""
        return await self._call("GET", path, token=token)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(self, method: str, path: str, *, token: str, **content: object) -> Reply:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        began = time.monotonic()
        try:
            answer = await self._http.request(method, path, headers=headers, **content)  # type: ignore[arg-type]
        except httpx.TimeoutException:
            raise
        except httpx.ConnectError:
            return Reply(Fate.ABSENT)
        except httpx.TransportError:
            self.broken += 1
            return Reply(Fate.UNKNOWN)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
        if answer.status_code != 503:
            return Reply(Fate.DONE, answer)
        assert int(answer.headers["Retry-After"]) > 0
        said = answer.json().get("error_description") or answer.json()["detail"]
        return Reply(Fate.ABSENT if NOTHING_CHANGED in said else Fate.UNKNOWN, answer)
