"""The contract byte for byte, the pages, and their static files, in contract order."""

from __future__ import annotations

from handlers.answers import Answer
from handlers.cacheable import file_answer
from handlers.errors import NotFound
from handlers.ports import Ports, StaticFile
from handlers.published.pages import page_headers

_CONTRACT_MAX_AGE_S = 60
# Pages have no version in their names: a browser asks every time, and an upgrade never mixes two.
_PAGE_MAX_AGE_S = 0
_ASSET_MAX_AGE_S = 0


async def openapi_yaml(*, if_none_match: str | None, ports: Ports) -> Answer:
    """The file in force."""
    return _contract(ports.published.yaml, if_none_match=if_none_match)


async def openapi_json(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """The same document as JSON."""
    return _contract(ports.published.json, if_none_match=if_none_match, accept_encoding=accept_encoding)


async def get_hosting(*, ports: Ports) -> Answer:
    """What the operator states, and which contract is in force."""
    policy, published = ports.policy, ports.published
    stated = {
        "host": policy.data_host,
        "location": policy.data_location,
        "contact": policy.security_contact,
        "contract": {"version": published.version, "sha256": published.yaml.etag.strip('"')},
    }
    return Answer(body=stated, headers={"Cache-Control": "no-store"})


async def home_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person begins."""
    return _page("home", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def sign_in_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person signs in."""
    return _page("sign-in", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def sign_up_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person makes an account."""
    return _page("sign-up", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def verify_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where the link leads that confirms an address."""
    return _page("verify", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def reset_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a password is set anew."""
    return _page("reset", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def confirm_email_page(
    *, if_none_match: str | None, accept_encoding: str | None, ports: Ports
) -> Answer:
    """Where the link leads that confirms another address."""
    return _page("confirm-email", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def first_account_page(
    *, if_none_match: str | None, accept_encoding: str | None, ports: Ports
) -> Answer:
    """Where the first account is made."""
    return _page("first-account", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def consent_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person decides about a program that opened the browser."""
    return _page("consent", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def instances_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person looks after instances."""
    return _page("instances", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def credits_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person sees credits and what they went for."""
    return _page("credits", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def developer_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person looks after access tokens."""
    return _page("developer", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def registration_keys_page(
    *, if_none_match: str | None, accept_encoding: str | None, ports: Ports
) -> Answer:
    """Where a person looks after registration keys."""
    return _page(
        "registration-keys", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports
    )


async def settings_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person changes the account."""
    return _page("settings", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def transparency_page(
    *, if_none_match: str | None, accept_encoding: str | None, ports: Ports
) -> Answer:
    """What is recorded, and by whom."""
    return _page("transparency", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def docs(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """The contract, to read."""
    return _page("docs", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def device_page(*, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """Where a person decides about an instance."""
    return _page("device", if_none_match=if_none_match, accept_encoding=accept_encoding, ports=ports)


async def asset(*, name: str, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    """A static file of the pages. Raises NotFound."""
    file = ports.published.files.get(name)
    if file is None:
        raise NotFound
    return file_answer(
        file, if_none_match=if_none_match, accept_encoding=accept_encoding, max_age_s=_ASSET_MAX_AGE_S
    )


def _contract(file: StaticFile, *, if_none_match: str | None, accept_encoding: str | None = None) -> Answer:
    return file_answer(
        file, if_none_match=if_none_match, accept_encoding=accept_encoding, max_age_s=_CONTRACT_MAX_AGE_S
    )


def _page(name: str, *, if_none_match: str | None, accept_encoding: str | None, ports: Ports) -> Answer:
    file = ports.published.pages[name]
    return file_answer(
        file,
        if_none_match=if_none_match,
        accept_encoding=accept_encoding,
        max_age_s=_PAGE_MAX_AGE_S,
        headers=page_headers(file),
    )
