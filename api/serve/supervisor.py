"""The life of a server, from the first check to the clean stop.

Things happen in the order in which they can fail without a trace: the ports are taken first, then the data
directory, then the database is started, migrated and compared with the contract, then the workers, which
have loaded what they will run meanwhile, are told to go on, and only when all of them accept requests is
`ready` said and the schedule of jobs begun. Everything that was opened is closed in the opposite order,
whatever ended it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import uvloop

from api.contract.document import Document, load
from api.logs import Event, Logs
from api.private_listener import private_application
from api.serve import data_directory, keys, store
from api.serve.first_account import invite
from api.serve.http_server import HttpServer
from api.serve.sockets import bind, is_reachable_from_elsewhere, port_of
from api.serve.startup import announce, say
from api.settings import CONTRACT, Settings
from persistence.database import Database, StoreUnavailable

if TYPE_CHECKING:
    from api.jobs.worker import JobWorker
    from api.serve.fleet import Fleet

NO_CAPTCHA = (
    "no captcha guards sign-up and sign-in: give CANDOR_TURNSTILE_SITE_KEY and CANDOR_TURNSTILE_SECRET"
)
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(Exception):
    """The server was told to stop before it was ready."""


def means_stopped(failure: BaseException) -> bool:
    """Whether it comes of being told to stop: what is loaded meanwhile may make another failure of it, as
    Python 3.11 does of one in `__set_name__`."""
    cause: BaseException | None = failure
    while cause is not None and not isinstance(cause, Stopped):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def run(settings: Settings) -> None:
    """Serve until told to stop. Returns after a clean stop; raises what kept the server from starting."""
    for number in STOPPING:
        signal.signal(number, _stop_starting)
    with ExitStack() as opened:
        try:
            _refuse_bad_certificate(settings)
            _refuse_missing_model(settings)
            listener = opened.enter_context(closing(bind(settings.host, settings.port)))
            private = opened.enter_context(closing(bind(settings.private_host, settings.private_port)))
            settings = settings.bound_to(port_of(listener))
            document = load(CONTRACT)
            opened.enter_context(data_directory.claimed(settings.data_dir))
            logs = Logs()
            database = opened.enter_context(store.running(settings, logs=logs))
            fleet = opened.enter_context(_fleet(settings, listener, document, logs=logs))
            _load_program(settings)
            jobs = _Jobs(settings, document, logs)
            url = database()
            store.make_ready(url, document.tree)
            keys.make_ready(settings, url)
            server = _Server(settings, document, url, listener, private, jobs, logs, fleet)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(server.serve())
        except Exception as failure:
            if not means_stopped(failure):
                raise
            say("stopped before it was ready")
        finally:
            # What is being closed now is what a second signal would be about; it is bounded.
            for number in STOPPING:
                signal.signal(number, signal.SIG_IGN)


def _refuse_bad_certificate(settings: Settings) -> None:
    """Raise BadSetting, before anything is opened, for a certificate that the workers could not serve."""
    if settings.tls_cert is not None and settings.tls_key is not None:
        from api.serve.tls import load as load_pair

        load_pair(settings.tls_cert, settings.tls_key, now=datetime.now(UTC))


def _refuse_missing_model(settings: Settings) -> None:
    """Raise StartFailed, before anything is opened, for a local model that is not installed."""
    if settings.local_model == "yes":
        from api.serve.local_model import refuse_if_missing

        refuse_if_missing()


@contextmanager
def _fleet(
    settings: Settings, listener: socket.socket, document: Document, *, logs: Logs
) -> Iterator[Fleet | None]:
    """Several workers, which load the program from now on and are gone at the end of the block; None for one,
    which shares this process."""
    if settings.workers == 1:
        yield None
        return
    from api.serve.fleet import Fleet

    given = dataclasses.replace(settings, database_url=store.url_of(settings))
    fleet = Fleet(given, listener, judged=document.etag, logs=logs)
    try:
        fleet.launch()
        yield fleet
    finally:
        fleet.end()


def _load_program(settings: Settings) -> None:
    """Import what will run while PostgreSQL starts: most of what a start takes is loading Python modules."""
    say("loading the program")
    if settings.workers == 1:
        import api.serve.alone
    import api.jobs.worker  # noqa: F401
    import persistence.declared  # noqa: F401


class _Jobs:
    """What the server does by itself. Raises ContractError."""

    def __init__(self, settings: Settings, document: Document, logs: Logs) -> None:
        from api.jobs.key_ages import LookAtKeyAges
        from api.jobs.metrics import JobMetrics
        from api.jobs.schedule import schedule
        from api.wiring import credit_jobs, send_mails

        self.metrics = JobMetrics()
        self._logs = logs
        self._schedule = schedule(
            document.tree,
            unclaimed_life=timedelta(seconds=settings.unclaimed_ttl_s),
            send_mails=send_mails(settings, logs=logs, metrics=self.metrics),
            credit_jobs=credit_jobs(logs=logs, metrics=self.metrics),
            look_at_provider_keys=LookAtKeyAges(logs),
        )

    def worker(self, url: str) -> JobWorker:
        """What does it, on that database."""
        from api.jobs.worker import JobWorker

        return JobWorker(
            self._schedule,
            database_url=url,
            logs=self._logs,
            metrics=self.metrics,
            clock=lambda: datetime.now(UTC),
        )


class _Workers(Protocol):
    async def start(self) -> None: ...
    def missing(self) -> int: ...
    def drain(self) -> None: ...
    async def stopped(self) -> None: ...


class _Server:
    """The part of a server's life that runs in an event loop."""

    def __init__(
        self,
        settings: Settings,
        document: Document,
        url: str,
        listener: socket.socket,
        private: socket.socket,
        jobs: _Jobs,
        logs: Logs,
        fleet: Fleet | None,
    ) -> None:
        self._document = document
        self._settings = dataclasses.replace(settings, database_url=url)
        self._url = url
        self._listener = listener
        self._private = private
        self._jobs = jobs
        self._logs = logs
        self._fleet = fleet
        self._told = asyncio.Event()

    async def serve(self) -> None:
        """Start workers and the private listener, say `ready`, and drain when told to."""
        self._logs.hear_libraries()
        loop = asyncio.get_running_loop()
        for number in STOPPING:
            loop.add_signal_handler(number, self._told.set)
        workers, counts = self._workers()
        say("starting the workers" if self._settings.workers > 1 else "loading the contract")
        await workers.start()
        jobs = self._jobs.worker(self._url)
        database = await Database.connect(self._url, pool_size=1)
        private = HttpServer(
            private_application(
                metrics=lambda: counts() + self._jobs.metrics.exposition(),
                ready=_Readiness(database, workers, self._told),
            ),
            drain_s=1,
        )
        watching = asyncio.create_task(private.serve(sockets=[self._private]))
        await private.accepting.wait()
        try:
            async with self._local_model():
                with data_directory.described(self._settings.data_dir, self._description()):
                    await self._until_stopped(workers, jobs, database)
        finally:
            private.drain()
            await watching
            await database.close()

    async def _until_stopped(self, workers: _Workers, jobs: JobWorker, database: Database) -> None:
        settings = self._settings
        say(f"metrics and readiness are at {self._private_url()}")
        if settings.tls_cert is None and is_reachable_from_elsewhere(self._listener):
            say("this is plain HTTP: give --tls-cert and --tls-key, or let a proxy in front speak TLS")
        if settings.smtp_host is None:
            say("mails are written into the data directory: set CANDOR_SMTP_HOST to have them sent")
        captcha = settings.turnstile_site_key is not None
        if not captcha:
            say(NO_CAPTCHA)
        self._logs.emit(
            Event.SERVER_STARTED,
            public_url=settings.public_url,
            workers=settings.workers,
            captcha=captcha,
        )
        announce(settings.listening_url)
        await invite(database, public_url=settings.public_url)
        serving = asyncio.create_task(workers.stopped())
        told = asyncio.create_task(self._told.wait())
        working = asyncio.create_task(jobs.run())
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        if told.done():
            self._logs.emit(Event.SERVER_DRAINING)
            for number in STOPPING:
                asyncio.get_running_loop().add_signal_handler(number, workers.drain)
            workers.drain()
        told.cancel()
        await serving
        await asyncio.wait({working})
        self._logs.emit(Event.SERVER_STOPPED)

    @asynccontextmanager
    async def _local_model(self) -> AsyncIterator[None]:
        """The local model, if one is wanted, until the last question was answered. Raises StartFailed."""
        if self._settings.local_model != "yes":
            yield
            return
        from api.serve.local_model import LocalModel

        say("loading the local model")
        model = LocalModel(self._settings, logs=self._logs)
        starting = asyncio.create_task(model.start())
        told = asyncio.create_task(self._told.wait())
        try:
            await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
            yield
        finally:
            starting.cancel()
            told.cancel()
            await model.end()

    def _workers(self) -> tuple[_Workers, Callable[[], bytes]]:
        """The workers, and how to read what they count. Only what is used is imported: it costs memory and
        time."""
        fleet = self._fleet
        if fleet is None:
            from api.serve.alone import Alone

            alone = Alone(self._settings, self._document, self._listener, logs=self._logs)
            return alone, alone.counts
        from api.metrics import exposition_of

        return fleet, lambda: exposition_of(fleet.counts)

    def _private_url(self) -> str:
        host = self._settings.private_host
        return f"http://{f'[{host}]' if ':' in host else host}:{port_of(self._private)}"

    def _description(self) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "listening_url": self._settings.listening_url,
            "public_url": self._settings.public_url,
            "private_url": self._private_url(),
            "workers": self._settings.workers,
        }


class _Readiness:
    """Whether requests can be answered now."""

    def __init__(self, database: Database, workers: _Workers, told: asyncio.Event) -> None:
        self._database = database
        self._workers = workers
        self._told = told

    async def __call__(self) -> str | None:
        """None if so, else one sentence why not."""
        if self._told.is_set():
            return "The server is stopping."
        if missing := self._workers.missing():
            return f"Workers that are not running: {missing}."
        try:
            await self._database.ping()
        except StoreUnavailable as failure:
            return str(failure)
        return None


def _stop_starting(number: int, frame: object) -> None:
    raise Stopped
