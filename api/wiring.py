"""The composition root: which real implementation stands behind each port, chosen once, here and nowhere
else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from itertools import count
from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import urlsplit

from api.compression import gzip_copy
from api.contract.document import Document
from api.contract.forwarding import compile_forwards, refuse_undeclared
from api.contract.never import refuse_untrue
from api.contract.origin import origin_of
from api.contract.records import Recorder, compile_collections
from api.dashboard import assets
from api.dashboard.problem_page import ProblemPage
from api.gateways.assistant.limits import LOCAL, OUTSIDE, Limits
from api.gateways.assistant.local import LocalFile
from api.gateways.assistant.models import FORWARDED, PROCESSORS, Models
from api.gateways.captcha import turnstile
from api.gateways.passwords.line import PasswordLine
from api.gateways.randomness import SystemRandomness
from api.gateways.sealing import FileSealing
from api.logs import Logs
from api.memory import give_back
from api.security import StoredCredentials
from api.settings import Network, Settings
from handlers.account.mailing import COMPOSERS
from handlers.assistant.calls import Calls
from handlers.policy import Policy
from handlers.ports import CaptchaAction, MailGateway, Ports, Published, StaticFile
from persistence.database import Database
from persistence.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from api.jobs.credits import CreditJobs
    from api.jobs.mails import SendMails
    from api.jobs.metrics import JobMetrics
    from api.mail.rendering import Sender
    from api.metrics import Metrics

_ASKS_LANGUAGE_MODELS: Final = ("complete",)
_LOOK_EVERY_S: Final = 1.0
_LOOKS_BEFORE_GIVING_BACK: Final = 30


class Wiring:
    """Everything that the engine and the handlers use. `startup` opens the database, `shutdown` closes it."""

    def __init__(
        self, settings: Settings, *, ports: Ports, document: Document, metrics: Metrics, logs: Logs
    ) -> None:
        collections = compile_collections(document.tree)
        forwards = compile_forwards(document.tree)
        refuse_undeclared(
            forwards,
            to=turnstile.PROCESSOR,
            fields=turnstile.FORWARDED,
            of=get_args(CaptchaAction),
            tree=document.tree,
        )
        for processor in PROCESSORS:
            refuse_undeclared(
                forwards, to=processor, fields=FORWARDED, of=_ASKS_LANGUAGE_MODELS, tree=document.tree
            )
        refuse_untrue(document.tree)
        self.ports = ports
        self.metrics = metrics
        self.logs = logs
        self.trusted_proxies: tuple[Network, ...] = settings.trusted_proxies
        self.max_body_bytes = settings.max_body_bytes
        self.origin = origin_of(settings.public_url)
        self.problem_page = ProblemPage(ports.published.problem)
        self.clock: Callable[[], datetime] = _now
        self.authenticator = StoredCredentials(pat_prefix=settings.pat_prefix, collections=collections)
        self.recorder = Recorder(collections, ports.randomness)
        self._settings = settings
        self._database: Database | None = None
        self._watching: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Open the connection pool.

        The database may be away: the supervisor has made sure of it at the start, and a worker that replaces
        another during an outage answers 503 until it is over.
        """
        assert self._settings.database_url is not None, "the supervisor decides which database is used"
        self._database = await Database.connect(
            self._settings.database_url, pool_size=self._settings.pool_size, at_once=False
        )
        self._watching = asyncio.create_task(self._watch(self._database))

    async def shutdown(self) -> None:
        """Settle the calls of the assistant, end the process that hashes passwords, and close the pool and
        what gateways hold open."""
        await self.ports.calls.close()
        await self.ports.passwords.close()
        if self._watching is not None:
            self._watching.cancel()
        if self._database is not None:
            await self._database.close()
        if self.ports.captcha is not None:
            await self.ports.captcha.close()
        await self.ports.models.close()

    async def _watch(self, database: Database) -> None:
        """Note from time to time how the pool stands, and give memory back: a request has no time for it."""
        for look in count(1):
            self.metrics.pool(database.usage)
            if look % _LOOKS_BEFORE_GIVING_BACK == 0:
                give_back()
            await asyncio.sleep(_LOOK_EVERY_S)

    def unit_of_work(self) -> UnitOfWork:
        """A request's work on the store; touches no connection until it is used."""
        assert self._database is not None, "startup comes before the first request"
        return self._database.unit_of_work()


def wire(settings: Settings, *, document: Document, metrics: Metrics, logs: Logs) -> Wiring:
    """The real thing. Raises ContractError when the contract collects or forwards something else than it."""
    return Wiring(settings, ports=ports_of(settings, document), document=document, metrics=metrics, logs=logs)


def ports_of(settings: Settings, document: Document) -> Ports:
    """The handlers' ports, as the settings say."""
    captcha = captcha_of(settings)
    return Ports(
        randomness=SystemRandomness(),
        policy=policy_of(settings),
        published=published(
            document, assets.load(captcha=origin_of(captcha.script) if captcha is not None else None)
        ),
        passwords=PasswordLine(),
        sealing=FileSealing(settings.key_path),
        captcha=captcha,
        models=models_of(settings),
        calls=Calls(),
    )


def models_of(settings: Settings) -> Models:
    """The language models, which may take as long as the settings say."""
    return Models(
        local=LocalFile(settings.data_dir) if settings.local_model == "yes" else None,
        limits=_patient(OUTSIDE, settings),
        local_limits=_patient(LOCAL, settings),
    )


def _patient(limits: Limits, settings: Settings) -> Limits:
    return replace(limits, first_s=settings.assistant_first_word_s, total_s=settings.assistant_limit_s)


def captcha_of(settings: Settings) -> turnstile.Turnstile | None:
    """The captcha, if the operator has keys of one."""
    if settings.turnstile_site_key is None or settings.turnstile_secret is None:
        return None
    return turnstile.Turnstile(
        site_key=settings.turnstile_site_key,
        secret=settings.turnstile_secret,
        url=settings.turnstile_url,
        hostname=urlsplit(settings.public_url).hostname or "",
    )


def send_mails(settings: Settings, *, logs: Logs, metrics: JobMetrics) -> SendMails:
    """The job that sends mails: to the SMTP server that the settings name, or into the data directory."""
    from api.jobs.mails import Office, SendMails
    from api.mail.rendering import Stationery

    sender = sender_of(settings)
    return SendMails(
        Office(
            gateway=_mail_gateway(settings, sender),
            composers=COMPOSERS,
            stationery=Stationery.of(sender),
            randomness=SystemRandomness(),
            policy=policy_of(settings),
            clock=_now,
            logs=logs,
            metrics=metrics,
        )
    )


def credit_jobs(*, logs: Logs, metrics: JobMetrics) -> CreditJobs:
    """The jobs that look after the books of credits."""
    from api.jobs.credits import CreditJobs, ExpireCredits, ReleaseHolds, VerifyBooks

    return CreditJobs(
        ReleaseHolds(), ExpireCredits(randomness=SystemRandomness()), VerifyBooks(logs=logs, metrics=metrics)
    )


def _mail_gateway(settings: Settings, sender: Sender) -> MailGateway:
    if settings.smtp_host is None:
        from api.gateways.mail.files import DIRECTORY, MailFiles

        return MailFiles(settings.data_dir / DIRECTORY, clock=_now)
    from api.gateways.mail.smtp import Relay, SmtpRelay, Tls

    return SmtpRelay(
        Relay(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=Tls(settings.smtp_tls),
            sender=sender.address,
            we=urlsplit(settings.public_url).hostname or "localhost",
            username=settings.smtp_username,
            password=settings.smtp_password,
        )
    )


def sender_of(settings: Settings) -> Sender:
    """Whom mails come from."""
    from api.mail.rendering import Sender

    if settings.mail_from is None:
        return Sender("candor@localhost")
    name, address = parseaddr(settings.mail_from)
    return Sender(address, name or "Candor")


def policy_of(settings: Settings) -> Policy:
    """The settings that the rules need, as durations and counts."""
    return Policy(
        public_url=settings.public_url.rstrip("/"),
        access_token_life=timedelta(seconds=settings.access_token_ttl_s),
        refresh_token_life=timedelta(seconds=settings.refresh_token_ttl_s),
        refresh_grace=timedelta(seconds=settings.refresh_grace_s),
        instance_token_life=timedelta(seconds=settings.instance_token_ttl_s),
        device_code_life=timedelta(seconds=settings.device_code_ttl_s),
        device_interval=timedelta(seconds=settings.device_interval_s),
        pat_prefix=settings.pat_prefix,
        registration_key_prefix=settings.registration_key_prefix,
        unclaimed_life=timedelta(seconds=settings.unclaimed_ttl_s),
        unclaimed_per_address=settings.unclaimed_per_address,
        unclaimed_cap=settings.unclaimed_cap,
        user_code_attempts=settings.user_code_attempts,
        account_attempts=settings.account_attempts,
        authorization_requests=settings.authorization_requests,
        sign_ups_before_captcha=settings.sign_ups_before_captcha,
        sign_ups_per_origin=settings.sign_ups_per_origin,
        sign_in_attempts=settings.sign_in_attempts,
        sign_in_attempts_per_address=settings.sign_in_attempts_per_address,
        security_contact=settings.security_contact,
        sign_in_access_life=timedelta(seconds=settings.sign_in_access_ttl_s),
        sign_in_life=timedelta(seconds=settings.sign_in_ttl_s),
        secure_cookies=settings.secure_cookies,
        data_host=settings.data_host,
        data_location=settings.data_location,
        sign_up_cap=settings.sign_up_cap,
        account_mails_per_address=settings.account_mails_per_address,
        account_mails_per_email=settings.account_mails_per_email,
        credits_per_call=settings.assistant_credits_per_call,
        calls_at_once=settings.assistant_calls_at_once,
        call_limit=timedelta(seconds=settings.assistant_limit_s),
    )


def published(document: Document, dashboard: assets.Assets) -> Published:
    """The contract in force, the pages and their files.

    The YAML has no compressed copy: what an auditor fetches is the file, and its tag the file's SHA-256,
    whatever the client would take.
    """
    return Published(
        yaml=StaticFile("openapi.yaml", "application/yaml", document.raw, document.etag),
        json=StaticFile(
            "openapi.json",
            "application/json",
            document.json,
            document.json_etag,
            gzip=gzip_copy(document.json),
        ),
        version=document.tree["info"]["version"],
        pages=dashboard.pages,
        problem=dashboard.problem,
        files=dashboard.files,
    )


def _now() -> datetime:
    return datetime.now(UTC)
