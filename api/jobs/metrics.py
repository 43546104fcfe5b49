"""What is counted of the jobs: how old the last success is, how runs end, what they removed, what waits.

Labels are names of jobs and closed words. When a job last succeeded and what waits is asked of the
database, so it is the same on every server and survives restarts, and an alert on it need not know which
server ran the job; the rest is this server's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from api.jobs.job import Outcome
    from persistence.job_queue import Standing

KEY_AGES: Final = "look_at_provider_keys"
"""The job whose backlog is no backlog: for each provider the days that its key is old."""

disable_created_metrics()  # type: ignore[no-untyped-call]


class JobMetrics:
    """The counters of the jobs of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._succeeded_at = self._gauge(
            "candor_job_last_success_timestamp_seconds",
            "When a server last brought a job to its end; the job's age is the time since.",
        )
        self._failed_at = self._gauge(
            "candor_job_last_failure_timestamp_seconds", "When a run of a job last failed on this server."
        )
        self._run_s = self._gauge(
            "candor_job_last_run_seconds", "Seconds that the last run of a job took on this server."
        )
        self._run_rows = self._gauge(
            "candor_job_last_run_rows_removed", "Rows that the last run of a job deleted on this server."
        )
        self._depth = self._gauge(
            "candor_job_queue_depth", "Jobs in the queue, of all servers: waiting or running.", "state"
        )
        self._backlog = self._gauge(
            "candor_job_backlog", "What a job works through, of all servers, by its state.", "state"
        )
        self._key_ages = Gauge(
            "candor_provider_key_age_days",
            "How many days ago the key of a provider was set.",
            ("provider",),
            registry=self._registry,
        )
        self._mails = Counter(
            "candor_mails",
            "Mails by kind and outcome on this server: sent, put_off (to be tried again), failed, unknown"
            " (may have arrived, and is not sent again) or dropped (not to be sent any more).",
            ("kind", "outcome"),
            registry=self._registry,
        )
        self._rows = Counter(
            "candor_job_rows_removed", "Rows that a job deleted.", ("job",), registry=self._registry
        )
        self._runs = Counter(
            "candor_job_runs",
            "Runs of a job on this server: done, more (stopped at its bound with more to do) or failed.",
            ("job", "outcome"),
            registry=self._registry,
        )
        self._credit_differences = Gauge(
            "candor_credit_differences",
            "What does not balance in the books of credits, by rule, when this server last looked.",
            ("what",),
            registry=self._registry,
        )
        self._attended = Gauge(
            "candor_jobs_attended",
            "1 while this server attends to the queue of jobs.",
            registry=self._registry,
        )

    def attended(self, yes: bool) -> None:
        """Note whether this server is connected to the queue."""
        self._attended.set(yes)

    def ended(self, job: str, outcome: Outcome, *, seconds: float, at: datetime) -> None:
        """Count a run that came to an end or to its bound."""
        self._run_s.labels(job).set(seconds)
        self._run_rows.labels(job).set(outcome.rows)
        self._rows.labels(job).inc(outcome.rows)
        self._runs.labels(job, "more" if outcome.more else "done").inc()
        if not outcome.more:
            self._succeeded_at.labels(job).set(at.timestamp())

    def failed(self, job: str, *, seconds: float, at: datetime) -> None:
        """Count a run that failed."""
        self._run_s.labels(job).set(seconds)
        self._failed_at.labels(job).set(at.timestamp())
        self._runs.labels(job, "failed").inc()

    def mail(self, kind: str, outcome: str) -> None:
        """Count what became of an attempt to send a mail."""
        self._mails.labels(kind, outcome).inc()

    def credits_differ(self, what: str, differences: int) -> None:
        """Note how many differences a rule of the books has found; 0 is good."""
        self._credit_differences.labels(what).set(differences)

    def observed(self, standings: Mapping[str, Standing]) -> None:
        """Note how the jobs stand."""
        for job, standing in standings.items():
            self._depth.labels(job, "waiting").set(standing.waiting)
            self._depth.labels(job, "running").set(standing.running)
            if job == KEY_AGES:
                self._note_key_ages(standing.backlog)
            else:
                for state, count in standing.backlog.items():
                    self._backlog.labels(job, state).set(count)
            if standing.succeeded_at is not None:
                self._succeeded_at.labels(job).set(standing.succeeded_at.timestamp())

    def exposition(self) -> bytes:
        """The numbers in Prometheus' text format."""
        return generate_latest(self._registry)

    def _note_key_ages(self, days: Mapping[str, int]) -> None:
        self._key_ages.clear()  # those that are gone
        for provider, age in days.items():
            self._key_ages.labels(provider).set(age)

    def _gauge(self, name: str, says: str, *further: str) -> Gauge:
        return Gauge(name, says, ("job", *further), registry=self._registry)
