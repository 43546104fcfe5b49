"""What is counted: requests by operation and status, their seconds, answers that broke the contract, and how
the pool of connections to the database stands.

Labels are operationIds, status codes and closed words, never a path, an address or an account, so their
number is bounded by the contract. With several workers each process writes its numbers into files of one
directory and the private listener adds them up; `prometheus_client` wants that directory named in
PROMETHEUS_MULTIPROC_DIR when it is first imported, so the supervisor hands it to its workers in their
environment and makes no `Metrics` of its own. Of a worker that has died, what it counted stays, and what it
held does not. Jobs are the supervisor's, and counted in its memory (`api.jobs.metrics`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from api.contract.surroundings import OUTSIDE

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from persistence.pool import PoolUsage

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

disable_created_metrics()  # type: ignore[no-untyped-call]

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "candor_requests", "Requests answered.", ("operation", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "candor_request_seconds",
            "Seconds from a request's first byte to its answer.",
            ("operation",),
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._violations = Counter(
            "candor_contract_violations",
            "Answers of a handler that did not match the contract and were withheld.",
            ("operation",),
            registry=self._registry,
        )
        self._violations.labels(OUTSIDE)  # or there would be nothing to watch before the first one
        self._pool = _PoolMetrics(self._registry)
        # Looking a labelled child up costs more than counting with it: each is looked up once.
        self._counted: dict[tuple[str, int], Counter] = {}
        self._timed: dict[str, Histogram] = {}
        self._certificate: Gauge | None = None
        ProcessCollector(registry=self._registry)

    def request(self, operation_id: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        counter = self._counted.get((operation_id, status))
        if counter is None:
            counter = self._counted[operation_id, status] = self._requests.labels(operation_id, str(status))
        counter.inc()
        histogram = self._timed.get(operation_id)
        if histogram is None:
            histogram = self._timed[operation_id] = self._seconds.labels(operation_id)
        histogram.observe(seconds)

    def violation(self, operation_id: str) -> None:
        """Count one answer that was withheld because it broke the contract."""
        self._violations.labels(operation_id).inc()

    def pool(self, usage: PoolUsage) -> None:
        """Note how the pool of connections stands; what it counted since the last time is added."""
        self._pool.observed(usage)

    def certificate_expires(self, at: datetime) -> None:
        """Until when the certificate is valid that the public listener presents."""
        if self._certificate is None:  # made only where there is one
            self._certificate = Gauge(
                "candor_certificate_expires_timestamp_seconds",
                "Until when the certificate is valid that clients see.",
                multiprocess_mode="livemin",
                registry=self._registry,
            )
        self._certificate.set(at.timestamp())

    def exposition(self) -> bytes:
        """The numbers of this process in Prometheus' text format."""
        return generate_latest(self._registry)


class _PoolMetrics:
    """Connections to the database, of all workers together."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._size = Gauge(
            "candor_database_connections_max",
            "The most connections that the workers open.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._connections = Gauge(
            "candor_database_connections",
            "Connections that the workers hold open: in use or idle.",
            ("state",),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._waiting = Gauge(
            "candor_database_waiting",
            "Requests that wait for a connection.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._waits = Counter(
            "candor_database_waits", "Times that a request found all connections in use.", registry=registry
        )
        self._timeouts = Counter(
            "candor_database_timeouts", "Times that a request got no connection in time.", registry=registry
        )
        self._waits_before = self._timeouts_before = 0

    def observed(self, usage: PoolUsage) -> None:
        self._size.set(usage.size)
        self._connections.labels("in_use").set(usage.in_use)
        self._connections.labels("idle").set(usage.idle)
        self._waiting.set(usage.waiting)
        self._waits.inc(usage.waits - self._waits_before)
        self._timeouts.inc(usage.timeouts - self._timeouts_before)
        self._waits_before, self._timeouts_before = usage.waits, usage.timeouts


def exposition_of(directory: Path) -> bytes:
    """The numbers of all workers that write into `directory`, added up, in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(directory))  # type: ignore[no-untyped-call]
    return generate_latest(registry)
