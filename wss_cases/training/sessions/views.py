"""Training sessions of a school or the district: the list, one session with who was there, the code for its wall."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records.forms import minutes_of
from wss_cases.training.records.models import TrainingSession
from wss_cases.training.records.presenters import length
from wss_cases.training.records.queries import names_of, partner_names, school_asked, staff_of
from wss_cases.training.sessions import actions
from wss_cases.training.sessions.forms import SessionForm, SignInForm
from wss_cases.training.sessions.queries import get_session, sessions_of, signed_in
from wss_cases.training.topics.queries import offered, topic_names

blueprint = Blueprint("training_sessions", __name__, url_prefix="/training/sessions")


@blueprint.get("")
@gate(Permission.TRAINING_MANAGE)
def sessions() -> Page:
    """The last sessions of a school, or of the district."""
    actor = current_actor()
    school_id = _school_or_district(actor)
    names, partners = topic_names(), partner_names(active=False)
    rows = [
        {
            "title": names[row.topic],
            "href": url_for(".session", training_session_id=row.id, school=row.school_id),
            "meta": dotted(day_words_with_year(row.held_on), _given_by(row, partners), _whose(row)),
            "tag": ngettext("%(num)d person", "%(num)d people", there),
        }
        for row, there in sessions_of(actor, school_id)
    ]
    return render_template(
        "training/sessions/list.html",
        rows=rows,
        school_id=school_id,
        place=get_school(school_id) if school_id else None,
    )


def _school_or_district(actor: Actor) -> int | None:
    school_id = school_asked(actor, request.args)
    return school_id if actor.everywhere(Role.DISTRICT) else existing(school_id)


def _whose(row: TrainingSession) -> str:
    if row.school_id is None:
        return _("For the whole district")
    school = get_school(row.school_id)
    return school.name if school else ""


def _given_by(row: TrainingSession, partners: dict[int, str]) -> str:
    return row.provider or partners.get(row.partner_id or 0, "")


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def add() -> Page:
    """Add a session."""
    school_id = _school_or_district(current_actor())
    today = today_at(school_id, clock.now())
    form = SessionForm(held_on=today)
    form.topic.choices = choices([("", _("Choose one")), *offered(today).items()])
    partners = [(str(key), name) for key, name in partner_names().items()]
    form.partner.choices = choices([("", _("No partner")), *partners])
    school = get_school(school_id) if school_id is not None else None
    words = {"title": _("Add a training session"), "go_words": _("Add the session"), "school_id": school_id}
    words["lede"] = school.name if school else _("For the whole district")

    def planned() -> actions.Planned:
        partner_id = id_in(form.partner.data)
        minutes = minutes_of(form.hours) or 0
        return actions.Planned(form.topic.data, form.held_on.data, minutes, form.provider.data or "", partner_id)

    return act_form(
        form,
        lambda call: actions.add_session(call, school_id, planned()),
        lambda session_id: url_for(".session", training_session_id=session_id, school=school_id),
        words,
        "training/sessions/act.html",
    )


@blueprint.route("/<int:training_session_id>", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def session(training_session_id: int) -> Page:
    """One session: who was there, ticked on the list of the school's staff, and the way to its code."""
    actor = current_actor()
    row = get_session(actor, training_session_id)
    school_id = row.school_id if row.school_id is not None else school_asked(actor, request.args)
    today = today_at(row.school_id, clock.now())
    there = signed_in(row.id)
    staff = staff_of(school_id, today) if school_id is not None else {}
    form = SignInForm()
    form.people.choices = choices([(str(key), name) for key, name in staff.items() if key not in there])
    return form_page(
        form,
        lambda: actions.sign_in(submitted(form), row.id, school_id or 0, form.user_ids()),
        with_flash(_("The sign-ins are on record."), url_for(".session", training_session_id=row.id, school=school_id)),
        "training/sessions/session.html",
        row=row,
        **_shown(row),
        school_id=school_id,
        there=_there(there),
        is_early=row.held_on > today,
        is_over=row.held_on < today,
        key=BaseForm(formdata=None).request_key.data,
    )


def _there(there: dict[int, Any]) -> list[tuple[str, str]]:
    names = names_of(there)
    rows = [
        (names.get(key, ""), url_for("training_records.training", training_id=one.id)) for key, one in there.items()
    ]
    return sorted(rows)


def _shown(row: TrainingSession) -> dict[str, str]:
    given_by = _given_by(row, partner_names(active=False))
    return {
        "title": topic_names()[row.topic],
        "meta": dotted(day_words_with_year(row.held_on), length(row.minutes), given_by, _whose(row)),
    }


@blueprint.post("/<int:training_session_id>/code")
@gate(Permission.TRAINING_MANAGE)
def draw(training_session_id: int) -> Page:
    """Give a session its code, and show it."""
    actions.draw_code(submitted(BaseForm()), training_session_id)
    return redirect(url_for(".wall", training_session_id=training_session_id), 303)


@blueprint.get("/<int:training_session_id>/wall")
@gate(Permission.TRAINING_MANAGE)
def wall(training_session_id: int) -> Page:
    """The code as it stands on the wall, and how to sign in with it."""
    row = get_session(current_actor(), training_session_id)
    existing(row.code or None)
    return render_template("training/sessions/wall.html", row=row, **_shown(row))
