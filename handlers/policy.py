"""Lifetimes, quotas and prefixes that an operator may set, as one frozen value made from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """What the rules need to know of the operator's choices. Durations are timedeltas; counts are per
    window.
    """

    public_url: str
    access_token_life: timedelta
    refresh_token_life: timedelta
    refresh_grace: timedelta
    instance_token_life: timedelta
    device_code_life: timedelta
    device_interval: timedelta
    pat_prefix: str
    registration_key_prefix: str
    unclaimed_life: timedelta
    unclaimed_per_address: int
    unclaimed_cap: int
    user_code_attempts: int
    account_attempts: int
    authorization_requests: int
    sign_ups_before_captcha: int
    sign_ups_per_origin: int
    sign_in_attempts: int
    sign_in_attempts_per_address: int
    security_contact: str
    data_host: str
    data_location: str
    sign_in_access_life: timedelta
    sign_in_life: timedelta
    secure_cookies: bool
    sign_up_cap: int
    account_mails_per_address: int
    account_mails_per_email: int
    credits_per_call: int
    calls_at_once: int
    call_limit: timedelta
    unclaimed_window: timedelta = timedelta(hours=1)
    user_code_window: timedelta = timedelta(minutes=15)
    account_window: timedelta = timedelta(minutes=15)
    authorization_window: timedelta = timedelta(minutes=10)
    authorization_request_life: timedelta = timedelta(minutes=10)
    authorization_code_life: timedelta = timedelta(seconds=60)
    sign_up_window: timedelta = timedelta(hours=24)
    sign_in_window: timedelta = timedelta(minutes=15)
    account_mail_window: timedelta = timedelta(hours=1)
