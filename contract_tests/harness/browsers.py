"""Browsers as the tests play them without one: the cookies of a person who signed in, and the `Origin` that a
page of the server sends along.

The cookies are kept by hand and not in the client's jar, so that one client can be several people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http.cookies import SimpleCookie

import httpx

SESSION, REFRESH = "candor_session", "candor_refresh"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15"


@dataclass(frozen=True, slots=True)
class Browser:
    """A person's browser at one server."""

    http: httpx.Client
    session: str
    refresh: str

    @classmethod
    def sign_in(cls, http: httpx.Client, login: str, password: str, *, user_agent: str = FIREFOX) -> Browser:
        """Sign in with a password. Raises AssertionError if that is refused."""
        answer = post_sign_in(http, login, password, user_agent=user_agent)
        assert answer.status_code == 200, answer.text
        return cls.of(http, answer)

    @classmethod
    def of(cls, http: httpx.Client, answer: httpx.Response) -> Browser:
        """The browser after an answer that set its cookies."""
        found = set_cookies(answer)
        return cls(http, found[SESSION], found[REFRESH])

    @property
    def origin(self) -> str:
        """What the server's own pages send as `Origin`."""
        return origin_of(self.http)

    @property
    def headers(self) -> dict[str, str]:
        """The header fields of a request from a page of the server."""
        return {"Cookie": f"{SESSION}={self.session}", "Origin": self.origin}

    @property
    def refresh_headers(self) -> dict[str, str]:
        """The same where the browser sends both cookies."""
        return {
            "Cookie": f"{SESSION}={self.session}; {REFRESH}={self.refresh}",
            "Origin": self.origin,
        }

    def get(self, path: str, **options: object) -> httpx.Response:
        """A GET from a page."""
        return self.http.get(path, headers=self.headers, **options)  # type: ignore[arg-type]

    def post(self, path: str, **options: object) -> httpx.Response:
        """A POST from a page."""
        return self.http.post(path, headers=self.headers, **options)  # type: ignore[arg-type]

    def patch(self, path: str, **options: object) -> httpx.Response:
        """A PATCH from a page."""
        return self.http.patch(path, headers=self.headers, **options)  # type: ignore[arg-type]

    def delete(self, path: str, **options: object) -> httpx.Response:
        """A DELETE from a page."""
        return self.http.delete(path, headers=self.headers, **options)  # type: ignore[arg-type]

    def renewed(self) -> Browser:
        """The browser after `refresh_sign_in`. Raises AssertionError if that is refused."""
        answer = self.ask_renewal()
        assert answer.status_code == 200, answer.text
        return Browser.of(self.http, answer)

    def ask_renewal(self) -> httpx.Response:
        """Use the refresh cookie."""
        return self.http.post("/api/v1/account/sign-in/refresh", headers=self.refresh_headers)

    def at(self, http: httpx.Client) -> Browser:
        """The same cookies through another client."""
        return replace(self, http=http)


def post_sign_in(
    http: httpx.Client, login: str, password: str, *, user_agent: str = FIREFOX
) -> httpx.Response:
    """Try to sign in from the server's own page."""
    return http.post(
        "/api/v1/account/sign-in",
        json={"login": login, "password": password},
        headers={"Origin": origin_of(http), "User-Agent": user_agent},
    )


def origin_of(http: httpx.Client) -> str:
    """The origin of the server that a client speaks to."""
    return str(http.base_url).rstrip("/")


def set_cookies(answer: httpx.Response) -> dict[str, str]:
    """The values of the cookies that an answer sets."""
    found = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        found.load(line)
    return {name: morsel.value for name, morsel in found.items()}
