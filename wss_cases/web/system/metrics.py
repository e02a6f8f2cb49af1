"""`/metrics` for Prometheus: every figure read from the database at that moment, none with anybody's name."""

import hmac
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address

from flask import Blueprint, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from werkzeug.wrappers import Response

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.settings.reading import setting
from wss_cases.mail.common.queries import heartbeats, oldest_waiting, queue_depth
from wss_cases.mail.monitoring import last_sweep, overdue_since, standing

blueprint = Blueprint("metrics", __name__)

CONTENT = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


@blueprint.get("/metrics")
@gate(Permission.PUBLIC)
def metrics() -> Response:
    """Answer the figures to whoever may scrape them; to all others the page is missing."""
    if not _may_scrape():
        raise NotFound
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(clock.now()))
    return Response(generate_latest(registry), content_type=CONTENT)


def _may_scrape() -> bool:
    """With a token, its holder; without one nobody in production, elsewhere a program of the same machine.

    A web server in front makes every caller look local, so a request that was passed on is not.
    """
    token = setting("METRICS_TOKEN")
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if setting("WSS_ENV") == "production" or any(name in request.headers for name in FORWARDED):
        return False
    return ip_address(request.remote_addr or "192.0.2.0").is_loopback


class Figures(Collector):
    """Mail and schedulers at one instant."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield from self._mail()
        yield from self._schedulers()

    def _mail(self) -> Iterator[Metric]:
        depth = queue_depth()
        queue = GaugeMetricFamily("wss_mail_queue", "Mails by state.", labels=["state"])
        for state, count in depth.items():
            queue.add_metric([state], count)
        yield queue
        yield CounterMetricFamily("wss_mail_sent", "Mails sent.", depth["sent"])
        yield CounterMetricFamily("wss_mail_failed", "Mails that failed for good.", depth["failed"])
        yield GaugeMetricFamily(
            "wss_mail_oldest_waiting_seconds", "Age of the oldest unsent mail.", self._since(oldest_waiting())
        )
        yield GaugeMetricFamily(
            "wss_mail_overdue_seconds",
            "How long the oldest mail that may go now has waited.",
            self._since(overdue_since(self.now)),
        )

    def _schedulers(self) -> Iterator[Metric]:
        found, sweep = standing(self.now), last_sweep()
        beats = GaugeMetricFamily(
            "wss_scheduler_heartbeat_timestamp_seconds", "When each scheduler lived last.", labels=["scheduler"]
        )
        failures = GaugeMetricFamily(
            "wss_scheduler_failures", "Failed ticks in a row of each scheduler.", labels=["scheduler"]
        )
        for row in heartbeats():
            beats.add_metric([row.name], row.at.timestamp())
            failures.add_metric([row.name], row.failures)
        yield beats
        yield failures
        yield GaugeMetricFamily(
            "wss_scheduler_up", "1 while a scheduler lives and sweeps.", int(found.scheduler == "ok")
        )
        yield GaugeMetricFamily("wss_delivery_paused", "1 while mail is paused.", int(found.paused_since is not None))
        yield GaugeMetricFamily(
            "wss_standby_missing", "1 while the database's standby is missing.", int(found.alone_since is not None)
        )
        if setting("WATCH_DATABASE_URL"):
            yield GaugeMetricFamily(
                "wss_standby_watched", "1 while a scheduler sees the database's standby.", int(found.is_watched)
            )
        if sweep is not None:
            yield GaugeMetricFamily("wss_sweep_seconds", "How long the last completed sweep took.", sweep[1] / 1000)
            yield GaugeMetricFamily(
                "wss_sweep_timestamp_seconds", "When the last sweep was completed.", sweep[0].timestamp()
            )

    def _since(self, instant: datetime | None) -> float:
        return max(0.0, (self.now - instant).total_seconds()) if instant else 0.0
