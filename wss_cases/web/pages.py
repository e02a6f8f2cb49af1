"""Pages that belong to no room: home, language, school switcher, health."""

from flask import Blueprint, jsonify, redirect, render_template, request, session, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.sign_in.sessions.pages import safe_next
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.ids import begins_words, id_in, search_words
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Hit, Room, Searchable
from wss_cases.mail.monitoring import standing
from wss_cases.roster.directory.queries import no_school_yet
from wss_cases.web.layout import NAVIGATION, go_back, my_schools, pages_of
from wss_cases.web.schema_check import mismatch


def page_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """The pages whose names have a word beginning with each typed word, in the order of the menu."""
    words = search_words(typed)
    if not words:
        return []
    found = [Hit(str(label), url) for url, label in pages_of(actor).items() if begins_words(words, str(label))]
    return found[skip : skip + limit]


blueprint = Blueprint("web", __name__)

SCHOOLS_SHOWN = 50
NO_ONES_FIRST = ("incidents.incidents", "safeguards.duties")
"""Pages that the district's office opens for the few reports kept from a school; it begins at its outcomes."""


@blueprint.get("/")
@gate(Permission.SIGNED_IN)
def home() -> Response:
    """Redirect to the first page of a person's work; without a school, to Setup for those who may."""
    actor = current_actor()
    if might(actor, Permission.SETUP_READ) and no_school_yet():
        return redirect(url_for("checklist.page"), 303)
    for endpoint, _label, permission in NAVIGATION:
        if endpoint not in NO_ONES_FIRST and might(actor, permission):
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
    """Choose the school whose work is shown; an empty value means all of the person's schools."""
    wanted = id_in(request.form.get("school_id"))
    if wanted is not None and my_schools(current_actor(), school_id=wanted):
        session["school_id"] = wanted
    else:
        session.pop("school_id", None)
    # an address that names a school or network would still show that one
    return go_back(without=("school", "network"))


@blueprint.get("/schools")
@gate(Permission.SIGNED_IN)
def schools() -> str:
    """The page on which the school is chosen when there are too many for the header."""
    typed = request.args.get("q", "")[:200]
    found = my_schools(current_actor(), SCHOOLS_SHOWN + 1, typed)
    return render_template(
        "web/schools.html",
        typed=typed,
        found=found[:SCHOOLS_SHOWN],
        more=len(found) > SCHOOLS_SHOWN,
        next_url=safe_next(request.args.get("next")) or url_for("web.home"),
    )


@blueprint.get("/healthz")
@gate(Permission.PUBLIC)
def healthz() -> Response:
    """Answer 200 while the process answers, with the state of database and scheduler."""
    state = _state()
    return jsonify(status="ok", database=state["database"], scheduler=state["scheduler"])


@blueprint.get("/readyz")
@gate(Permission.PUBLIC)
def readyz() -> tuple[Response, int]:
    """Answer 503 when the database, its schema or the scheduler's heartbeat is missing, with the command to run.

    Delivery paused on purpose, and a standby that is missing or not watched, are shown and are no reason for 503.
    """
    state = _state()
    ready = state["database"] == "ok" and state["scheduler"] == "ok"
    return jsonify(status="ok" if ready else "unavailable", **state), 200 if ready else 503


def _state() -> dict[str, str]:
    unknown = {"scheduler": "unknown", "delivery": "unknown", "standby": "unknown"}
    try:
        command = mismatch()
        if command:
            return {"database": f"schema: {command}", **unknown}
        found = standing(clock.now())
    except SQLAlchemyError:
        return {"database": "unavailable", **unknown}
    delivery = "paused" if found.paused_since is not None else "on"
    standby = found.standby(bool(setting("WATCH_DATABASE_URL")))
    return {"database": "ok", "scheduler": found.scheduler, "delivery": delivery, "standby": standby}


ROOM = Room(pages=(blueprint,), searchable=(Searchable("pages", _l("Pages"), 70, page_hits),))
