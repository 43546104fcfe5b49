"""The settings of mail: what cannot work is refused at the start, by name."""

from __future__ import annotations

import pytest

from api.settings import BadSetting, Settings
from api.wiring import sender_of

RELAY = {"CANDOR_SMTP_HOST": "mail.example.org", "CANDOR_MAIL_FROM": "candor@example.org"}
USER = {"CANDOR_SMTP_USERNAME": "candor", "CANDOR_SMTP_PASSWORD": "a long password"}


def read(**variables: str) -> Settings:
    return Settings.from_environment(environment=variables)


def test_a_server_with_a_user_may_be_named() -> None:
    settings = read(**RELAY, **USER, CANDOR_SMTP_PORT="2525", CANDOR_SMTP_TLS="implicit")
    assert (settings.smtp_host, settings.smtp_port) == ("mail.example.org", 2525)
    assert (settings.smtp_username, settings.smtp_password) == ("candor", "a long password")
    assert "a long password" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"CANDOR_SMTP_HOST": "mail.example.org"}, "CANDOR_MAIL_FROM is missing"),
        ({**RELAY, "CANDOR_SMTP_USERNAME": "candor"}, "CANDOR_SMTP_PASSWORD is missing"),
        ({**RELAY, "CANDOR_SMTP_PASSWORD": "a long password"}, "CANDOR_SMTP_USERNAME is missing"),
        ({**RELAY, **USER, "CANDOR_SMTP_TLS": "none"}, "CANDOR_SMTP_TLS must not be none"),
        ({**RELAY, "CANDOR_SMTP_TLS": "sometimes"}, "CANDOR_SMTP_TLS must be one of"),
        ({**RELAY, "CANDOR_SMTP_PORT": "0"}, "CANDOR_SMTP_PORT must be a whole number"),
        ({**RELAY, "CANDOR_MAIL_FROM": "candor"}, "CANDOR_MAIL_FROM must be an address"),
        ({**RELAY, "CANDOR_MAIL_FROM": "a@example.org\nBcc: eve@example.org"}, "CANDOR_MAIL_FROM must be"),
        ({**RELAY, **USER, "CANDOR_SMTP_PASSWORD": "a long\npassword"}, "CANDOR_SMTP_PASSWORD must be"),
    ],
)
def test_what_cannot_work_is_refused(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadSetting, match=sentence) as refused:
        read(**variables)
    assert "a long" not in str(refused.value)


@pytest.mark.parametrize(
    ("variables", "name", "address"),
    [
        ({}, "Candor", "candor@localhost"),
        ({"CANDOR_MAIL_FROM": "post@example.org"}, "Candor", "post@example.org"),
        ({"CANDOR_MAIL_FROM": "The Lab <post@example.org>"}, "The Lab", "post@example.org"),
    ],
)
def test_mails_come_from_an_address_and_a_name(variables: dict[str, str], name: str, address: str) -> None:
    sender = sender_of(read(**variables))
    assert (sender.name, sender.address) == (name, address)
