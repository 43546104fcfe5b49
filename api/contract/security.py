"""Who may call an operation: the contract's `security`, compiled, decided with one look-up per request.

Alternatives (`pat` or `access_token(profile:read)`) are one question and not several: the credential is
looked up once, then any alternative that admits the caller's kind and scopes opens the operation. A
credential that is presented and is not good is 401 even where anonymous calls are allowed, and a store that
fails is a 503 and never a 401. Operations with `security: []` do not look at `Authorization` at all.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from api.contract.cookies import values_of
from api.contract.document import ContractError
from api.contract.lean_connexion import AbstractSecurityHandler, SecurityHandlerFactory
from api.contract.origin import changes_something, refuse_foreign
from api.contract.refusals import refused
from api.contract.surroundings import Authenticator
from handlers.caller import ANONYMOUS, Caller
from handlers.errors import (
    CredentialsMissing,
    InsufficientScope,
    InvalidClient,
    InvalidToken,
    SignInInvalid,
)

REALM = 'realm="candor"'
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # b64token, RFC 6750 section 2.1
_LONGEST_CREDENTIAL = 4096  # characters


@dataclass(frozen=True, slots=True)
class BearerAlternative:
    """A bearer scheme with the scopes that an operation asks of it. `kind` is the caller's kind that it
    admits."""

    kind: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class BasicAlternative:
    """Client authentication with HTTP Basic (RFC 6749 section 2.3.1)."""


@dataclass(frozen=True, slots=True)
class CookieAlternative:
    """A cookie that a browser holds for a person. `kind`, the scheme's own name, is the caller's kind."""

    kind: str
    cookie: str


class _BearerHandler(AbstractSecurityHandler):  # type: ignore[misc]  # connexion publishes no types
    """What Connexion's security factory makes of an http bearer scheme: its alternative."""

    def get_fn(self, security_scheme: dict[str, Any], required_scopes: list[str]) -> BearerAlternative | None:
        kind = security_scheme.get("bearerFormat")
        return BearerAlternative(kind, frozenset(required_scopes)) if isinstance(kind, str) else None


class _BasicHandler(AbstractSecurityHandler):  # type: ignore[misc]  # connexion publishes no types
    """What Connexion's security factory makes of the http basic scheme: its alternative."""

    def get_fn(self, security_scheme: dict[str, Any], required_scopes: list[str]) -> BasicAlternative | None:
        return BasicAlternative()


class _CookieHandler(AbstractSecurityHandler):  # type: ignore[misc]  # connexion publishes no types
    """What Connexion's security factory makes of an apiKey scheme: the name of its cookie."""

    def get_fn(self, security_scheme: dict[str, Any], required_scopes: list[str]) -> str | None:
        return str(security_scheme["name"]) if security_scheme.get("in") == "cookie" else None


SECURITY_MAP = {"bearer": _BearerHandler, "basic": _BasicHandler, "apiKey": _CookieHandler}


@dataclass(frozen=True, slots=True)
class SecurityPlan:
    """How an operation decides who calls. A `public` one looks at no credential at all.

    `changes` says that its method may change something, `own_pages` that it refuses pages of other sites
    even where no cookie is asked for (the contract's `x-origin: own`).
    """

    operation_id: str
    bearer: tuple[BearerAlternative, ...]
    cookies: tuple[CookieAlternative, ...]
    basic: bool
    anonymous: bool
    public: bool
    changes: bool
    own_pages: bool

    async def caller(
        self,
        headers: Mapping[bytes, bytes],
        repeated: frozenset[bytes],
        authenticator: Authenticator,
        *,
        store: Any,
        now: datetime,
        origin: str,
    ) -> Caller:
        """Who calls. Raises 401 and 403 failures, 400 for a doubled header; `StoreUnavailable` passes
        through. `origin` is the server's own."""
        if self.own_pages:
            refuse_foreign(headers, origin, required=False)
        if self.public:
            return ANONYMOUS
        header = headers.get(b"authorization") if self.bearer or self.basic else None
        if header is None:
            return await self._without_header(headers, authenticator, store=store, now=now, origin=origin)
        if b"authorization" in repeated:
            raise refused("/header/Authorization", "repeated")
        scheme, _, credential = header.decode("latin-1").strip(" ").partition(" ")
        credential = credential.strip(" ")
        if len(credential) > _LONGEST_CREDENTIAL:
            credential = ""
        if scheme.lower() == "bearer" and self.bearer:
            return await self._by_bearer(credential, authenticator, store=store, now=now)
        if scheme.lower() == "basic" and self.basic:
            return authenticator.basic(*_client_credentials(credential))
        raise self._wrong()

    @property
    def challenge(self) -> str:
        """How to authenticate here, for a request that did not (RFC 6750 section 3)."""
        return ", ".join(
            [
                *(["Bearer " + REALM] if self.bearer else []),
                *(["Basic " + REALM] if self.basic else []),
                *(f'Cookie {REALM}, cookie-name="{each.cookie}"' for each in self.cookies),
            ]
        )

    async def _without_header(
        self,
        headers: Mapping[bytes, bytes],
        authenticator: Authenticator,
        *,
        store: Any,
        now: datetime,
        origin: str,
    ) -> Caller:
        if self.cookies and b"cookie" in headers:
            caller = await self._by_cookie(headers, authenticator, store=store, now=now, origin=origin)
            if caller is not None:
                return caller
        if self.anonymous:
            return ANONYMOUS
        raise CredentialsMissing(headers={"WWW-Authenticate": self.challenge})

    async def _by_cookie(
        self,
        headers: Mapping[bytes, bytes],
        authenticator: Authenticator,
        *,
        store: Any,
        now: datetime,
        origin: str,
    ) -> Caller | None:
        """The person behind the first cookie that opens something; None when there is none of ours."""
        found = values_of(headers[b"cookie"])
        refused_cookie = None
        for each in self.cookies:
            values = found.get(each.cookie)
            if values is None:
                continue
            if len(values) > 1:
                raise refused(f"/cookie/{each.cookie}", "repeated")
            if self.changes and refused_cookie is None:
                refuse_foreign(headers, origin, required=True)
            caller = await authenticator.cookie(each.kind, values[0], store=store, now=now)
            if caller is not None:
                return caller
            refused_cookie = each.cookie
        if refused_cookie is not None:
            raise SignInInvalid(refused_cookie)
        return None

    async def _by_bearer(
        self, token: str, authenticator: Authenticator, *, store: Any, now: datetime
    ) -> Caller:
        if not _TOKEN.fullmatch(token):
            raise InvalidToken
        caller = await authenticator.bearer(token, store=store, now=now, operation_id=self.operation_id)
        for each in self.bearer:
            if each.kind == caller.kind and each.scopes <= caller.scopes:
                return caller
        raise InsufficientScope(tuple(sorted(self._missing(caller))))

    def _missing(self, caller: Caller) -> frozenset[str]:
        """The scopes to ask for: those of the caller's own kind, or else of the first alternative that has
        any."""
        own = [each.scopes for each in self.bearer if each.kind == caller.kind]
        return next(
            (scopes for scopes in (*own, *(each.scopes for each in self.bearer)) if scopes), frozenset()
        )

    def _wrong(self) -> Exception:
        return InvalidToken() if self.bearer else InvalidClient()


def _client_credentials(encoded: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
        client_id, colon, secret = text.partition(":")
        if not colon:
            raise ValueError
        parts = (unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict"))
    except (binascii.Error, ValueError) as failure:
        raise InvalidClient from failure
    if not parts[0] or "\x00" in parts[0] or "\x00" in parts[1]:
        raise InvalidClient
    return parts


def compile_security(
    operation_id: str,
    security: object,
    schemes: Mapping[str, dict[str, Any]],
    factory: SecurityHandlerFactory,
    *,
    method: str,
    own_pages: bool = False,
) -> SecurityPlan:
    """The plan of an operation's explicit `security`. `own_pages`: it says `x-origin: own`.

    Raises `ContractError` when it is missing, names an unknown scheme, or asks for two schemes at once.
    """
    if not isinstance(security, list):
        raise ContractError(
            f"The operation {operation_id} has no `security` of its own; write [] for a public one."
        )
    bearer: list[BearerAlternative] = []
    cookies: list[CookieAlternative] = []
    basic = False
    anonymous = not security
    for requirement in security:
        if not requirement:
            anonymous = True
            continue
        if len(requirement) > 1:
            raise ContractError(
                f"The operation {operation_id} asks for several security schemes at once: "
                f"{', '.join(requirement)}."
            )
        ((name, scopes),) = requirement.items()
        alternative = _alternative(operation_id, name, list(scopes), schemes, factory)
        if isinstance(alternative, BearerAlternative):
            bearer.append(alternative)
        elif isinstance(alternative, CookieAlternative):
            cookies.append(alternative)
        else:
            basic = True
    return SecurityPlan(
        operation_id,
        bearer=tuple(bearer),
        cookies=tuple(cookies),
        basic=basic,
        anonymous=anonymous,
        public=anonymous and not bearer and not basic and not cookies,
        changes=changes_something(method),
        own_pages=own_pages,
    )


def _alternative(
    operation_id: str,
    name: str,
    scopes: list[str],
    schemes: Mapping[str, dict[str, Any]],
    factory: SecurityHandlerFactory,
) -> BearerAlternative | BasicAlternative | CookieAlternative:
    scheme = schemes.get(name)
    if scheme is None:
        raise ContractError(
            f"The operation {operation_id} names the security scheme {name!r}, which the contract does not"
            " declare."
        )
    alternative = None
    if scheme.get("type") in ("http", "apiKey"):
        alternative = factory.parse_security_scheme(scheme, scopes)
    if isinstance(alternative, str) and not scopes:
        return CookieAlternative(name, alternative)
    if not isinstance(alternative, (BearerAlternative, BasicAlternative)):
        raise ContractError(
            f"The operation {operation_id} uses the security scheme {name!r}, which is neither http basic nor"
            " http bearer with a bearerFormat nor a cookie without scopes."
        )
    return alternative
