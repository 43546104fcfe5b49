"""The settings of a server, and the only place that reads the environment.

Every setting is a variable `CANDOR_<NAME>`; those that `scripts/serve` also takes as flags are passed in as
overrides, which win. A value that cannot be used raises `BadSetting` with one sentence that names the
variable, so that a start with a typing mistake changes nothing. Durations are seconds, sizes are bytes.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit

from api import settings_values as values

REPOSITORY = Path(__file__).resolve().parent.parent
CONTRACT = REPOSITORY / "cloud_instance.yaml"

Network = IPv4Network | IPv6Network
BadSetting = values.BadSetting

_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 (compared with, not listened at)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. Made by `from_environment`; tests may make one directly."""

    host: str = "127.0.0.1"
    port: int = 8080
    data_dir: Path = REPOSITORY / ".data"
    key_file: Path | None = None
    database_url: str | None = field(default=None, repr=False)
    public_url: str = "http://127.0.0.1:8080"
    public_url_is_derived: bool = True
    tls_cert: Path | None = None
    tls_key: Path | None = None
    workers: int = 1
    local_model: str = "no"

    private_host: str = "127.0.0.1"
    private_port: int = 0
    trusted_proxies: tuple[Network, ...] = ()

    max_body_bytes: int = 1_048_576
    pool_size: int = 10
    drain_s: int = 30

    security_contact: str = "mailto:security@localhost"
    data_location: str = "not stated"
    data_host: str = "not stated"

    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_tls: str = "starttls"
    smtp_username: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    mail_from: str | None = None

    access_token_ttl_s: int = 604_800
    refresh_token_ttl_s: int = 7_776_000
    refresh_grace_s: int = 60
    instance_token_ttl_s: int = 3_600
    device_code_ttl_s: int = 600
    device_interval_s: int = 5
    pat_prefix: str = "caido_"
    registration_key_prefix: str = "ckey_"

    sign_in_access_ttl_s: int = 900
    sign_in_ttl_s: int = 2_592_000
    sign_up_cap: int = 10_000
    account_mails_per_address: int = 30
    account_mails_per_email: int = 5

    unclaimed_ttl_s: int = 86_400
    unclaimed_per_address: int = 20
    unclaimed_cap: int = 10_000
    user_code_attempts: int = 10
    account_attempts: int = 10
    authorization_requests: int = 100

    assistant_credits_per_call: int = 250_000
    assistant_calls_at_once: int = 4
    assistant_limit_s: int = 180
    assistant_first_word_s: int = 60

    turnstile_site_key: str | None = None
    turnstile_secret: str | None = field(default=None, repr=False)
    turnstile_url: str = "https://challenges.cloudflare.com/turnstile/v0"
    sign_ups_before_captcha: int = 0
    sign_ups_per_origin: int = 5
    sign_in_attempts: int = 10
    sign_in_attempts_per_address: int = 100

    @classmethod
    def from_environment(
        cls,
        overrides: Mapping[str, object] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> Settings:
        """Read the `CANDOR_*` variables; `overrides` (by field name, None for "not given") win.

        `environment` stands in for the process's own in tests. Raises `BadSetting`.
        """
        variables = os.environ if environment is None else environment
        given: dict[str, object] = {}
        for name, read in _READERS.items():
            override = (overrides or {}).get(name)
            source = _flag(name) if override is not None else _variable(name)
            text = str(override) if override is not None else variables.get(_variable(name), "")
            if text.strip():
                given[name] = read(source, text.strip())
        settings = dataclasses.replace(cls(), **given)._with_public_url(  # type: ignore[arg-type]
            derived="public_url" not in given
        )
        settings._refuse_half_of_tls()
        settings._refuse_half_of_smtp()
        settings._refuse_half_of_captcha()
        return settings

    def bound_to(self, port: int) -> Settings:
        """These settings once the listener's real port is known (port 0 asks for any free one)."""
        return dataclasses.replace(self, port=port)._with_public_url(derived=self.public_url_is_derived)

    @property
    def listening_url(self) -> str:
        """`http://HOST:PORT` or `https://HOST:PORT` as it was asked for, IPv6 addresses in brackets."""
        return f"{self._scheme}://{_authority(self.host, self.port)}"

    @property
    def key_path(self) -> Path:
        """Where the key file lies, or will."""
        return self.key_file or self.data_dir / "candor.key"

    @property
    def secure_cookies(self) -> bool:
        """Whether browsers may send cookies over TLS only: always, but for plain HTTP on loopback."""
        parts = urlsplit(self.public_url)
        return parts.scheme.lower() == "https" or not values.is_loopback(parts.hostname or "")

    @property
    def _scheme(self) -> str:
        return "http" if self.tls_cert is None else "https"

    def _refuse_half_of_tls(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "tls_cert" if self.tls_cert is None else "tls_key"
            raise BadSetting(
                f"{_flag(missing)} ({_variable(missing)}) is missing: a certificate and its key go together."
            )
        if self.tls_cert is not None and not self.public_url.lower().startswith("https://"):
            raise BadSetting(
                f"{_flag('public_url')} ({_variable('public_url')}) must begin with https:// when the server"
                " speaks TLS."
            )

    def _refuse_half_of_smtp(self) -> None:
        if self.smtp_host is None:
            return
        if self.mail_from is None:
            raise BadSetting(f"{_variable('mail_from')} is missing: mails come from an address.")
        if (self.smtp_username is None) != (self.smtp_password is None):
            missing = "smtp_username" if self.smtp_username is None else "smtp_password"
            raise BadSetting(f"{_variable(missing)} is missing: a user's name and password go together.")
        if self.smtp_tls == "none" and self.smtp_password is not None:
            raise BadSetting(f"{_variable('smtp_tls')} must not be none where a password is to be sent.")

    def _refuse_half_of_captcha(self) -> None:
        if (self.turnstile_site_key is None) != (self.turnstile_secret is None):
            missing = "turnstile_site_key" if self.turnstile_site_key is None else "turnstile_secret"
            raise BadSetting(f"{_variable(missing)} is missing: a site key and its secret go together.")

    def _with_public_url(self, *, derived: bool) -> Settings:
        if not derived:
            return dataclasses.replace(self, public_url_is_derived=False)
        # "Every address" is a place to listen at, not one that a browser can be sent to.
        host = "localhost" if self.host in _EVERY_ADDRESS else self.host
        return dataclasses.replace(
            self, public_url=f"{self._scheme}://{_authority(host, self.port)}", public_url_is_derived=True
        )


def variables_for_worker(settings: Settings, **further: str) -> dict[str, str]:
    """The environment of a worker process: this process's own, with the settings in force written over it."""
    written = dict(os.environ)
    for name in _READERS:
        value = getattr(settings, name)
        if name == "public_url" and settings.public_url_is_derived:
            written.pop(_variable(name), None)
        elif value is not None:
            written[_variable(name)] = _text(value)
    return written | further


def _text(value: object) -> str:
    return ",".join(str(each) for each in value) if isinstance(value, tuple) else str(value)


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _variable(name: str) -> str:
    return f"CANDOR_{name.upper()}"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


_READERS: Mapping[str, values.Reader] = {
    "host": values.host,
    "port": values.integer(0, 65_535),
    "data_dir": values.directory,
    "key_file": values.file_or_none_yet,
    "database_url": values.database_url,
    "public_url": values.public_url,
    "tls_cert": values.file,
    "tls_key": values.file,
    "workers": values.integer(1, 64),
    "local_model": values.one_of("yes", "no"),
    "private_host": values.host,
    "private_port": values.integer(0, 65_535),
    "trusted_proxies": values.networks,
    "max_body_bytes": values.integer(1_024, 1_073_741_824),
    "pool_size": values.integer(1, 500),
    "drain_s": values.integer(0, 3_600),
    "security_contact": values.contact,
    "data_location": values.line,
    "data_host": values.line,
    "smtp_host": values.host,
    "smtp_port": values.integer(1, 65_535),
    "smtp_tls": values.one_of("starttls", "implicit", "none"),
    "smtp_username": values.hidden,
    "smtp_password": values.hidden,
    "mail_from": values.mailbox,
    "access_token_ttl_s": values.integer(1, 315_360_000),
    "refresh_token_ttl_s": values.integer(1, 315_360_000),
    "refresh_grace_s": values.integer(0, 3_600),
    "instance_token_ttl_s": values.integer(1, 315_360_000),
    "device_code_ttl_s": values.integer(1, 86_400),
    "device_interval_s": values.integer(1, 300),
    "pat_prefix": values.prefix,
    "registration_key_prefix": values.prefix,
    "sign_in_access_ttl_s": values.integer(1, 86_400),
    "sign_in_ttl_s": values.integer(1, 315_360_000),
    "sign_up_cap": values.integer(1, 1_000_000_000),
    "account_mails_per_address": values.integer(1, 1_000_000_000),
    "account_mails_per_email": values.integer(1, 1_000_000_000),
    "unclaimed_ttl_s": values.integer(1, 315_360_000),
    "unclaimed_per_address": values.integer(1, 1_000_000_000),
    "unclaimed_cap": values.integer(1, 1_000_000_000),
    "user_code_attempts": values.integer(1, 1_000_000_000),
    "account_attempts": values.integer(1, 1_000_000_000),
    "authorization_requests": values.integer(1, 1_000_000_000),
    "assistant_credits_per_call": values.integer(1, 1_000_000_000_000),
    "assistant_calls_at_once": values.integer(1, 10_000),
    "assistant_limit_s": values.integer(1, 3_600),
    "assistant_first_word_s": values.integer(1, 3_600),
    "turnstile_site_key": values.key,
    "turnstile_secret": values.key,
    "turnstile_url": values.service_url,
    "sign_ups_before_captcha": values.integer(0, 1_000_000_000),
    "sign_ups_per_origin": values.integer(1, 1_000_000_000),
    "sign_in_attempts": values.integer(1, 1_000_000_000),
    "sign_in_attempts_per_address": values.integer(1, 1_000_000_000),
}
