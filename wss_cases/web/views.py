"""Pages that belong to no room: home, language, school switcher, health."""

from flask import Blueprint, jsonify, redirect, render_template, request, session, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from wss_cases.access.engine import might
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.sessions import safe_next
from wss_cases.foundation import clock
from wss_cases.foundation.schema import schema_command
from wss_cases.foundation.settings import setting
from wss_cases.notices.queries import last_heartbeat
from wss_cases.web.banners import SILENT_AFTER
from wss_cases.web.layout import NAVIGATION, go_back, my_schools

blueprint = Blueprint("web", __name__)

SCHOOLS_SHOWN = 50


@blueprint.get("/")
@gate(Permission.SIGNED_IN)
def home() -> Response:
    """Send each person to the first page of their work."""
    actor = current_actor()
    for endpoint, _label, permission in NAVIGATION:
        if might(actor, permission):
            return redirect(url_for(endpoint), 303)
    return redirect(url_for("accounts.me"), 303)


@blueprint.post("/language")
@gate(Permission.PUBLIC)
def language() -> Response:
    """Show this and every later page in the chosen language."""
    chosen = request.form.get("locale", "")
    if chosen in setting("LANGUAGES"):
        session["locale"] = chosen
    return go_back()


@blueprint.post("/school")
@gate(Permission.SIGNED_IN)
def school() -> Response:
    """Choose the school whose work is shown; an empty value is all schools one reaches."""
    chosen = request.form.get("school_id", "")
    wanted = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) <= 18 else None
    if wanted is not None and my_schools(current_actor(), school_id=wanted):
        session["school_id"] = wanted
    else:
        session.pop("school_id", None)
    return go_back()


@blueprint.get("/schools")
@gate(Permission.SIGNED_IN)
def schools() -> str:
    """Choose the school whose work is shown, where there are too many for the header."""
    typed = request.args.get("q", "")[:200]
    found = my_schools(current_actor(), SCHOOLS_SHOWN + 1, typed)
    return render_template(
        "system/schools.html",
        typed=typed,
        found=found[:SCHOOLS_SHOWN],
        more=len(found) > SCHOOLS_SHOWN,
        next_url=safe_next(request.args.get("next")) or url_for("web.home"),
    )


@blueprint.get("/healthz")
@gate(Permission.PUBLIC)
def healthz() -> Response:
    """Answer 200 while the process answers, with what it sees of database and scheduler."""
    database, scheduler = _state()
    return jsonify(status="ok", database=database, scheduler=scheduler)


@blueprint.get("/readyz")
@gate(Permission.PUBLIC)
def readyz() -> tuple[Response, int]:
    """Answer 503 when the database, its schema or the scheduler's heartbeat is not there, with what to run."""
    database, scheduler = _state()
    ready = database == "ok" and scheduler == "ok"
    status = "ok" if ready else "unavailable"
    return jsonify(status=status, database=database, scheduler=scheduler), 200 if ready else 503


def _state() -> tuple[str, str]:
    try:
        command = schema_command()
        if command:
            return f"schema: {command}", "unknown"
        beat = last_heartbeat()
    except SQLAlchemyError:
        return "unavailable", "unknown"
    if beat is None:
        return "ok", "not started"
    return "ok", "ok" if clock.now() - beat <= SILENT_AFTER else "silent"
