"""The page on which a person decides about a client, used as a person uses it, with a client that waits."""

from __future__ import annotations

import pytest
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from playwright.async_api import Browser, Page, expect

from contract_tests.dashboard.callback import Callback, waiting
from contract_tests.dashboard.chromium import Visit, visit
from contract_tests.dashboard.flow import Flow
from contract_tests.harness import code_flow
from contract_tests.harness.code_flow import Proof
from contract_tests.harness.instances import Instance
from contract_tests.harness.server import ServerProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALLOW, DENY = "Allow", "Deny"
WANTS = "wants to sign you in"


def client_of(flow: Flow, *addresses: str, claimed: bool = True) -> Instance:
    """A client that may use the flow and return to these addresses."""
    key = flow.person.key if claimed else None
    return code_flow.register(flow.client, key=key, redirect_uris=addresses)


def authorize_path(instance: Instance, proof: Proof, **members: str | None) -> str:
    """Where the client sends the person's browser."""
    address = instance.http.build_request(
        "GET", "/oauth2/authorize", params=code_flow.query(instance, proof, **members)
    ).url
    return address.raw_path.decode("ascii")


async def sent_back(visiting: Visit, page: Page, callback: Callback) -> dict[str, str]:
    """What the client is told, and that the browser went there and to no other place outside the server."""
    told = await callback.told()
    await page.wait_for_url(f"{callback.address}*")
    elsewhere = [line for line in visiting.requests if visiting.origin not in line]
    assert {line.split("?", 1)[0] for line in elsewhere} <= {
        f"GET {callback.address}",
        f"GET {callback.address.replace('/callback', '/favicon.ico')}",
    }
    visiting.requests[:] = [line for line in visiting.requests if line not in elsewhere]
    return told


class TestAllow:
    async def test_a_client_gets_its_tokens(self, signed_in: Visit, flow: Flow) -> None:
        proof = Proof()
        async with waiting() as callback:
            instance = client_of(flow, "http://127.0.0.1/callback")
            path = authorize_path(instance, proof, redirect_uri=callback.address, state="as it was")
            page = await signed_in.open(path)
            await expect(page.get_by_role("heading", name=WANTS)).to_be_focused()
            assert "as+it+was" not in page.url
            await expect(page.locator("#recorded-line")).to_contain_text(
                "authorize stores authorization_request (kept 1 day)"
            )
            facts = page.locator("#facts")
            await expect(facts).to_contain_text(callback.address.split("/")[2])
            await expect(facts).to_contain_text("a program on this computer")
            scopes = page.locator("#scopes")
            await expect(scopes.locator("[data-scope='profile:read']")).to_contain_text("always included")
            await page.get_by_label("Use the assistant").uncheck()
            assert await signed_in.faults() == []
            await page.get_by_role("button", name=ALLOW).click()
            told = await sent_back(signed_in, page, callback)
        assert told["state"] == "as it was"
        assert told["iss"] == signed_in.origin
        answer = code_flow.redeem(instance, told["code"], proof, redirect_uri=callback.address)
        assert set(answer.json()["scope"].split()) == {"profile:read", "offline"}

    async def test_works_with_the_keyboard_alone(self, signed_in: Visit, flow: Flow) -> None:
        async with waiting() as callback:
            instance = client_of(flow, callback.address)
            page = await signed_in.open(authorize_path(instance, Proof(), redirect_uri=callback.address))
            await expect(page.get_by_role("heading", name=WANTS)).to_be_focused()
            for _ in range(3):
                await page.keyboard.press("Tab")
            await expect(page.get_by_role("button", name=ALLOW)).to_be_focused()
            await page.keyboard.press("Enter")
            assert "code" in await sent_back(signed_in, page, callback)


class TestClientOfAnotherMaker:
    async def test_authlib_signs_a_person_in(self, signed_in: Visit, flow: Flow) -> None:
        verifier = generate_token(48)
        async with waiting() as callback:
            instance = client_of(flow, "http://127.0.0.1/callback")
            authlib = OAuth2Session(
                instance.client_id,
                instance.client_secret,
                scope="profile:read offline",
                redirect_uri=callback.address,
                code_challenge_method="S256",
            )
            address, state = authlib.create_authorization_url(
                f"{signed_in.origin}/oauth2/authorize", code_verifier=verifier
            )
            page = await signed_in.open(address.removeprefix(signed_in.origin))
            await page.get_by_role("button", name=ALLOW).click()
            await sent_back(signed_in, page, callback)
        authlib.fetch_token(
            f"{signed_in.origin}/oauth2/token",
            authorization_response=page.url,
            code_verifier=verifier,
            state=state,
        )
        profile = authlib.get(f"{signed_in.origin}/instance/user/profile")
        assert profile.json()["id"] == flow.person.id


class TestDeny:
    async def test_a_client_is_told(self, signed_in: Visit, flow: Flow) -> None:
        async with waiting() as callback:
            instance = client_of(flow, callback.address)
            page = await signed_in.open(authorize_path(instance, Proof(), redirect_uri=callback.address))
            await page.get_by_role("button", name=DENY).and_(page.locator(":visible")).click()
            told = await sent_back(signed_in, page, callback)
        assert told["error"] == "access_denied"
        assert "code" not in told


class TestRefusals:
    @pytest.mark.parametrize("handle", ["", "?handle=", "?handle=crh_no-such-request"])
    async def test_a_handle_that_is_none(self, signed_in: Visit, handle: str) -> None:
        page = await signed_in.open(f"/consent{handle}")
        await expect(page.get_by_role("heading", name="This request is over")).to_be_visible()
        await expect(page.get_by_role("button", name=ALLOW)).to_be_hidden()

    async def test_what_was_decided_is_over(self, signed_in: Visit, flow: Flow) -> None:
        instance = client_of(flow, code_flow.CALLBACK)
        handle = code_flow.started(instance, Proof())
        page = await signed_in.open(f"/consent?handle={handle}")
        await expect(page.get_by_role("heading", name=WANTS)).to_be_visible()
        person = flow.person.browser(flow.client)
        assert code_flow.deny(flow.client, person.headers, handle).status_code == 200
        await page.get_by_role("button", name=ALLOW).click()
        await expect(page.get_by_role("heading", name="This request is over")).to_be_focused()

    async def test_another_person_learns_nothing(
        self, browser: Browser, server: ServerProcess, flow: Flow, newcomer: Flow
    ) -> None:
        handle = code_flow.started(client_of(flow, code_flow.CALLBACK), Proof())
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open(f"/consent?handle={handle}")
            await expect(page.get_by_role("heading", name="This request is over")).to_be_visible()

    async def test_what_nobody_has_claimed_is_claimed_with_its_code(
        self, signed_in: Visit, flow: Flow
    ) -> None:
        handle = code_flow.started(client_of(flow, code_flow.CALLBACK, claimed=False), Proof())
        page = await signed_in.open(f"/consent?handle={handle}")
        await expect(page.get_by_role("heading", name="belongs to nobody yet")).to_be_visible()
        await expect(page.get_by_role("button", name=ALLOW)).to_be_hidden()
        assert await signed_in.faults() == []

    async def test_an_address_in_the_page_s_own_leads_nowhere(self, signed_in: Visit, flow: Flow) -> None:
        handle = code_flow.started(client_of(flow, code_flow.CALLBACK), Proof())
        page = await signed_in.open(
            f"/consent?handle={handle}&redirect_uri=http://elsewhere.example/&next=http://elsewhere.example/"
        )
        await expect(page.locator("#facts")).to_contain_text("tool.example")
        await expect(page.locator("main")).not_to_contain_text("elsewhere")

    async def test_what_a_client_calls_itself_is_text(self, signed_in: Visit, flow: Flow) -> None:
        name = "<img src=x onerror=alert(1)> & <b>lab</b>"
        instance = Instance.register(
            flow.client,
            key=flow.person.key,
            client_name=name,
            grant_types=code_flow.CODE_GRANT_TYPES,
            redirect_uris=[code_flow.CALLBACK],
        )
        page = await signed_in.open(f"/consent?handle={code_flow.started(instance, Proof())}")
        await expect(page.locator("#facts dd", has_text=name)).to_be_visible()
        await expect(page.locator("main img, main b")).to_have_count(0)

    async def test_a_sign_in_that_has_ended_is_said(
        self, browser: Browser, server: ServerProcess, newcomer: Flow
    ) -> None:
        handle = code_flow.started(client_of(newcomer, code_flow.CALLBACK), Proof())
        async with visit(browser, server.url) as visiting:
            await visiting.sign_in(newcomer.person)
            page = await visiting.open(f"/consent?handle={handle}")
            await expect(page.get_by_role("heading", name=WANTS)).to_be_visible()
            await page.context.clear_cookies()
            await page.get_by_role("button", name=ALLOW).click()
            await expect(page.get_by_role("heading", name="Your sign-in has ended")).to_be_visible()
            again = page.get_by_role("link", name="Sign in again")
            await expect(again).to_have_attribute("href", f"/sign-in?next=%2Fconsent%3Fhandle%3D{handle}")
