"""The page of those who run the system: health, the queue, mail that failed, imports."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.settings import setting
from wss_cases.notices.actions import retry_failed
from wss_cases.notices.queries import failed_mail, heartbeats, last_heartbeat, oldest_waiting, queue_depth
from wss_cases.roster.models import ImportRun
from wss_cases.web.banners import SILENT_AFTER

blueprint = Blueprint("system", __name__, url_prefix="/system")

ZONE = "America/Chicago"


@blueprint.get("")
@gate(Permission.SYSTEM_HEALTH)
def health() -> Page:
    """How the system is, in one page without case content."""
    now = clock.now()
    return render_template(
        "system/health.html",
        scheduler=_scheduler(now),
        schedulers=[(beat.name, moment_words(beat.at, ZONE)) for beat in heartbeats()],
        depth=queue_depth(),
        oldest=moment_words(oldest_waiting(), ZONE),
        failed=[
            {
                "id": message.id,
                "kind": message.kind.replace(".", " ").replace("_", " "),
                "to": email,
                "error": message.last_error,
                "attempts": message.attempts,
                "at": moment_words(message.created_at, ZONE),
            }
            for message, email in failed_mail()
        ],
        imports=_imports(),
        by_folder=not setting("SMTP_URL"),
    )


@blueprint.post("/mail/<int:message_id>/retry")
@gate(Permission.SYSTEM_HEALTH)
def retry(message_id: int) -> Response:
    """Put a failed mail back into the queue."""
    retry_failed(current_actor(), message_id, clock.now())
    return redirect(url_for("system.health"), 303)


def _scheduler(now: datetime) -> dict[str, Any]:
    beat = last_heartbeat()
    if beat is None:
        return {"ok": False, "words": _("Not started yet"), "meta": _("Start it with: flask scheduler run")}
    minutes = max(0, int((now - beat).total_seconds() // 60))
    words = ngettext("Last seen %(num)d minute ago", "Last seen %(num)d minutes ago", minutes)
    ok = now - beat <= SILENT_AFTER
    return {"ok": ok, "words": words if minutes else _("Running"), "meta": moment_words(beat, ZONE)}


def _imports() -> list[dict[str, Any]]:
    runs = db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(10))
    return [
        {
            "kind": run.kind,
            "source": run.source,
            "at": moment_words(run.started_at, ZONE),
            "problems": len(run.report.get("problems", [])),
        }
        for run in runs
    ]
