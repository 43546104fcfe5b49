"""What leaves the server: exactly the declared fields, to the given address, under the given key."""

from __future__ import annotations

import orjson
import pytest

from api.gateways.assistant.models import Models
from contract_tests.assistant.upstream import KEY, Upstream
from contract_tests.providers.conftest import asked, question

ELSEWHERE = {
    "OPENAI_API_KEY": "sk-from-the-environment",
    "OPENAI_ADMIN_KEY": "sk-admin-from-the-environment",
    "OPENAI_ORG_ID": "org-from-the-environment",
    "OPENAI_PROJECT_ID": "proj-from-the-environment",
    "OPENAI_WEBHOOK_SECRET": "whsec-from-the-environment",
    "OPENAI_CUSTOM_HEADERS": "X-From: the-environment\nAuthorization: Bearer from-the-environment",
    "OPENAI_LOG": "debug",
}


class TestBody:
    async def test_is_these_bytes(self, models: Models, upstream: Upstream) -> None:
        await asked(models, question(upstream.url))
        (request,) = upstream.asked
        assert request.body.decode() == (
            '{"model":"sim-1","messages":[{"role":"system","content":"Be brief."},'
            '{"role":"user","content":"Where is the h\u00e9ron?"}],"max_tokens":64,'
            '"stream":true,"stream_options":{"include_usage":true}}'
        )

    async def test_has_a_temperature_if_one_was_asked_for(self, models: Models, upstream: Upstream) -> None:
        await asked(models, question(upstream.url, temperature=0.0))
        assert upstream.asked[0].json["temperature"] == 0.0

    @pytest.mark.parametrize(
        ("provider", "name"), [("openai", "max_completion_tokens"), ("moonshot", "max_tokens")]
    )
    async def test_bounds_the_answer_by_the_name_that_the_provider_knows(
        self, models: Models, upstream: Upstream, provider: str, name: str
    ) -> None:
        await asked(models, question(upstream.url, provider=provider))
        members = orjson.loads(upstream.asked[0].body)
        assert members.keys() == {"model", "messages", name, "stream", "stream_options"}
        assert members[name] == 64


class TestHead:
    async def test_is_these_headers(self, models: Models, upstream: Upstream) -> None:
        await asked(models, question(upstream.url))
        (request,) = upstream.asked
        assert request.line == "POST /v1/chat/completions HTTP/1.1"
        assert request.headers == {
            "Host": f"127.0.0.1:{upstream.port}",
            "User-Agent": "candor",
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {KEY}",
            "Content-Length": str(len(request.body)),
        }

    async def test_names_no_key_to_a_provider_that_wants_none(
        self, models: Models, upstream: Upstream
    ) -> None:
        said = await asked(models, question(upstream.url, key=None))
        assert said.fault == "key_refused"  # the simulator does want one
        assert "Authorization" not in upstream.asked[0].headers

    async def test_carries_no_cookie_back(self, models: Models, upstream: Upstream) -> None:
        cookie = upstream.usual[0]
        assert isinstance(cookie, bytes)
        upstream.play([cookie.replace(b"Cache-Control", b"Set-Cookie: a=b; Path=/\r\nCache-Control")])
        for _ in range(2):
            await asked(models, question(upstream.url))
        assert "Cookie" not in upstream.asked[1].headers


class TestEnvironment:
    @pytest.mark.promise("K21")
    async def test_has_no_say(
        self, models: Models, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither the SDK's variables nor those of proxies."""
        with Upstream() as wrong:
            for name, value in ELSEWHERE.items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("OPENAI_BASE_URL", wrong.url)
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, wrong.url)
            said = await asked(models, question(upstream.url))
            keyless = await asked(models, question(upstream.url, key=None))
            assert wrong.asked == []
        assert said.end is not None
        assert keyless.fault == "key_refused"
        everything = b"".join(each.head + each.body for each in upstream.asked).lower()
        assert b"environment" not in everything
