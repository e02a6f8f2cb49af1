"""The System page for those who run it: imports, failed emails, pausing; and `/metrics` for Prometheus."""

import hmac
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from werkzeug.wrappers import Response

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Room
from wss_cases.mail import monitoring as control
from wss_cases.mail.bounces import count_words, error_label, retry_all, trouble_count
from wss_cases.mail.common.pages import Heartbeat, PauseForm
from wss_cases.mail.common.rules import failed_mail, heartbeats, oldest_waiting, queue_depth
from wss_cases.mail.delivery.queue import retry_failed
from wss_cases.mail.monitoring import failed_watches, last_sweep, overdue_since, pause_row, standing
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.runs import counts_of, get_run, last_runs, nowhere_words, report_parts, unplaced_words
from wss_cases.setup.backups import backup_row, last_backups
from wss_cases.setup.standby import lapse_row, last_lapses


def run_row(run: ImportRun) -> dict[str, Any]:
    """Return an import as lists show it."""
    report = run.report
    problems = report.get("problems", [])
    refused = sum(counts_of(report, name)["refused"] for name in report.get("files", {}))
    unknown = sum(report.get("unknown", {}).values())
    figures = [
        ngettext("%(num)d row refused", "%(num)d rows refused", refused) if refused else "",
        ngettext("%(num)d row without a field", "%(num)d rows without a field", unknown) if unknown else "",
        *nowhere_words(report.get("unplaced", {})),
    ]
    tag = ngettext("%(num)d problem", "%(num)d problems", len(problems)) if problems else None
    return {
        "title": f"{run.kind} · {run.source}",
        "href": url_for("system.import_run", run_id=run.id),
        "meta": " · ".join([moment_words(run.started_at, district_zone()), *filter(None, figures)]),
        "tag": tag if run.landed else _("Refused"),
        "tone": "sun" if run.landed else "coral",
    }


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


system_blueprint = Blueprint("system", __name__, url_prefix="/system")
SHOWN, LISTED, BACKUPS = 10, 25, 5
REMOVED = "removed"
"""The folder under the instance folder into which `migrations/removed_rows.py` writes."""


@system_blueprint.get("")
@gate(Permission.SYSTEM_HEALTH)
def health() -> Page:
    """How the system is, in one page without case content."""
    now, unreachable = clock.now(), trouble_count(current_actor(), clock.now())
    return render_template(
        "web/system/health.html",
        scheduler=_scheduler(now),
        schedulers=[_one_scheduler(beat) for beat in heartbeats()],
        sweep=_sweep(),
        paused=_paused(),
        depth=queue_depth(),
        oldest=moment_words(oldest_waiting(), district_zone()),
        failed=[
            {
                "id": message.id,
                "kind": message.kind.replace(".", " ").replace("_", " "),
                "to": email,
                "error": error_label(message.last_error),
                "attempts": message.attempts,
                "at": moment_words(message.created_at, district_zone()),
            }
            for message, email in failed_mail()
        ],
        imports=[run_row(run) for run in last_runs(SHOWN)],
        backups=[backup_row(run) for run in last_backups(BACKUPS)],
        lapses=[lapse_row(lapse) for lapse in last_lapses(BACKUPS)],
        unwatched=_unwatched(now),
        backs_up=bool(setting("BACKUP_FOLDER")),
        trouble=count_words(unreachable) if unreachable else "",
        by_folder=not setting("SMTP_URL"),
        removed=sorted(file.name for file in (Path(current_app.instance_path) / REMOVED).glob("*.jsonl")),
    )


@system_blueprint.get("/imports")
@gate(Permission.SYSTEM_HEALTH)
def imports() -> Page:
    """What became of the imports of the last year, refused ones too, the newest first."""
    before = id_in(request.args.get("before"))
    runs = last_runs(LISTED + 1, before)
    return render_template(
        "web/system/imports.html",
        runs=[run_row(run) for run in runs[:LISTED]],
        unplaced=unplaced_words(),
        newest=url_for("system.imports") if before else None,
        older=url_for("system.imports", before=runs[LISTED - 1].id) if len(runs) > LISTED else None,
    )


@system_blueprint.get("/imports/<int:run_id>")
@gate(Permission.SYSTEM_HEALTH)
def import_run(run_id: int) -> Page:
    """What one import said, grouped by cause."""
    run = get_run(run_id)
    return render_template(
        "web/system/import_run.html", run=run_row(run), landed=run.landed, report=report_parts(run.report)
    )


@system_blueprint.post("/mail/<int:message_id>/retry")
@gate(Permission.SYSTEM_HEALTH)
def retry(message_id: int) -> Response:
    """Put a failed mail back into the queue."""
    retry_failed(current_actor(), message_id, clock.now())
    return redirect(url_for("system.health"), 303)


@system_blueprint.post("/mail/retry")
@gate(Permission.SYSTEM_HEALTH)
def retry_everything() -> Response:
    """Put every failed mail back into the queue."""
    again = retry_all(current_actor(), clock.now())
    flash(ngettext("%(num)d email is tried again.", "%(num)d emails are tried again.", again))
    return redirect(url_for("system.health"), 303)


@system_blueprint.route("/mail/pause", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.SYSTEM_HEALTH)
def pause() -> Page:
    """Stop sending, with a reason."""
    actor, now, form = current_actor(), clock.now(), PauseForm()
    return form_page(
        form,
        lambda: control.pause(actor, form.reason.data or "", now, form.request_key.data),
        url_for("system.health"),
        "web/system/pause.html",
    )


@system_blueprint.post("/mail/release")
@fresh_within(FRESH_MINUTES)
@gate(Permission.SYSTEM_HEALTH)
def release() -> Response:
    """Let mail go again."""
    control.release(current_actor(), clock.now())
    flash(_("Email is being sent again, including what was waiting."))
    return redirect(url_for("system.health"), 303)


def _scheduler(now: datetime) -> dict[str, Any]:
    found = standing(now)
    if found.last_beat is None:
        return {"ok": False, "words": _("Not started yet"), "meta": _("Start it with: flask scheduler run")}
    ok = found.scheduler == "ok"
    meta = moment_words(found.last_beat, district_zone())
    if found.scheduler == "failing":
        return {"ok": ok, "words": _("Running, but no sweep succeeds"), "meta": meta}
    minutes = abs(int((now - found.last_beat).total_seconds())) // 60
    words = ngettext("Last seen %(num)d minute ago", "Last seen %(num)d minutes ago", minutes)
    if found.last_beat > now and not ok:
        words = _("Its clock is ahead")
    return {"ok": ok, "words": _("Running") if ok and not minutes else words, "meta": meta}


def _one_scheduler(beat: Heartbeat) -> dict[str, Any]:
    failed = ""
    if beat.failed_at is not None:
        failed = _(
            "%(part)s failed on %(when)s: %(words)s",
            part=beat.failed_part, when=moment_words(beat.failed_at, district_zone()), words=beat.failed_with,
        )  # fmt: skip
    seen = moment_words(beat.at, district_zone())
    return {"name": beat.name, "at": seen, "failed": failed, "failures": beat.failures}


def _unwatched(now: datetime) -> list[str] | None:
    """Return why the database's standby is not seen, by scheduler; None where each that should sees it."""
    failed = [f"{row.name}: {row.failed_with}" for row in failed_watches(now)]
    is_unknown = standing(now).standby(bool(setting("WATCH_DATABASE_URL"))) == "unknown"
    return failed if failed or is_unknown else None


def _sweep() -> dict[str, str] | None:
    found = last_sweep()
    if found is None:
        return None
    return {"words": _("%(ms)d ms", ms=found[1]), "meta": moment_words(found[0], district_zone())}


def _paused() -> dict[str, str] | None:
    row = pause_row()
    return {"since": moment_words(row.since, district_zone()), "reason": row.reason} if row else None


ROOM = Room(pages=(system_blueprint, blueprint))
