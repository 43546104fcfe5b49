"""The captcha's settings: both keys or none, and a secret that goes to nobody by mistake."""

from __future__ import annotations

import pytest

from api.settings import BadSetting, Settings
from api.wiring import captcha_of
from contract_tests.harness.turnstile import SECRET, SITE_KEY

KEYS = {"CANDOR_TURNSTILE_SITE_KEY": SITE_KEY, "CANDOR_TURNSTILE_SECRET": SECRET}


def settings(**given: str) -> Settings:
    return Settings.from_environment(environment={f"CANDOR_{name.upper()}": given[name] for name in given})


class TestKeys:
    def test_without_them_there_is_no_captcha(self) -> None:
        assert captcha_of(settings()) is None

    @pytest.mark.parametrize("missing", KEYS)
    def test_half_of_them_is_refused_by_name(self, missing: str) -> None:
        given = {name: value for name, value in KEYS.items() if name != missing}
        with pytest.raises(BadSetting, match=f"{missing} is missing") as refused:
            Settings.from_environment(environment=given)
        assert SECRET not in str(refused.value)

    def test_a_secret_that_is_none_is_not_repeated(self) -> None:
        with pytest.raises(BadSetting, match="CANDOR_TURNSTILE_SECRET") as refused:
            Settings.from_environment(environment=KEYS | {"CANDOR_TURNSTILE_SECRET": "not this one"})
        assert "not this one" not in str(refused.value)

    def test_the_secret_is_not_shown_with_the_others(self) -> None:
        assert SECRET not in repr(Settings.from_environment(environment=KEYS))


class TestUrl:
    @pytest.mark.parametrize(
        ("url", "script"),
        [
            (
                "https://challenges.cloudflare.com/turnstile/v0",
                "https://challenges.cloudflare.com/turnstile/v0/api.js",
            ),
            ("http://127.0.0.1:8123/turnstile/v0/", "http://127.0.0.1:8123/turnstile/v0/api.js"),
            ("http://[::1]:8123", "http://[::1]:8123/api.js"),
        ],
    )
    def test_is_where_the_script_is_too(self, url: str, script: str) -> None:
        captcha = captcha_of(Settings.from_environment(environment=KEYS | {"CANDOR_TURNSTILE_URL": url}))
        assert captcha is not None
        assert captcha.script == script

    @pytest.mark.parametrize(
        "url",
        [
            "http://challenges.cloudflare.com/turnstile/v0",
            "http://127.0.0.1.example.org/",
            "http://localhost@example.org/",
            "https://example.org/?to=",
            "https://example.org:99999/",
            "https://user:word@example.org/",
            "//example.org/",
            "ftp://example.org/",
        ],
    )
    def test_that_would_carry_the_secret_anywhere_is_refused(self, url: str) -> None:
        with pytest.raises(BadSetting, match="CANDOR_TURNSTILE_URL"):
            settings(turnstile_url=url)
