"""What is counted: requests by operation and status, their seconds, answers that broke the contract.

Labels are operationIds and status codes, never a path, an address or an account, so their
number is bounded by the contract. With several workers each process writes its numbers into
files of one directory and the private listener adds them up; `prometheus_client` wants that directory named
in PROMETHEUS_MULTIPROC_DIR when it is first imported, so the supervisor hands it to its workers in their
environment and makes no `Metrics` of its own. Jobs are the supervisor's, and counted in its memory
(`api.jobs.metrics`).
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

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

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


def exposition_of(directory: Path) -> bytes:
    """The numbers of all workers that write into `directory`, added up, in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(directory))  # type: ignore[no-untyped-call]
    return generate_latest(registry)
