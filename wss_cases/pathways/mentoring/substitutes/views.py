"""Codes for substitutes, the school's pages: make one, hand it over, revoke it."""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, time_words
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import apply_refusal, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, code_picture, printed_address
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.pathways.mentoring.substitutes.actions import Made, make_code, revoke_code
from wss_cases.pathways.mentoring.substitutes.forms import MakeForm
from wss_cases.pathways.mentoring.substitutes.models import PeriodCode
from wss_cases.pathways.mentoring.substitutes.queries import Class, classes_of, codes_of, get_code
from wss_cases.pathways.mentoring.substitutes.rules import CodeState, state_of

blueprint = Blueprint("period_codes", __name__, url_prefix="/mentoring/codes")


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def codes() -> Page:
    """Make a code for a substitute; it is shown once. Below: the codes that still open something."""
    actor, now = current_actor(), clock.now()
    school_id = existing(chosen_school_id(actor, Role.COORDINATOR, Role.ADMINISTRATOR))
    today, classes = today_at(school_id, now), classes_of(school_id)
    form = MakeForm(on_day=today)
    form.period.choices = choices(
        [("", _("Choose")), *((_value(one), f"{one.period} · {one.teacher}") for one in classes)]
    )
    if form.validate_on_submit():
        chosen = next(one for one in classes if _value(one) == form.period.data)
        try:
            made = make_code(submitted(form), school_id, chosen.teacher_id, chosen.period, form.on_day.data)
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            return _handed(made, chosen, form.on_day.data) if made else redirect(url_for("period_codes.codes"), 303)
    rows = [_row(one) for one in codes_of(school_id, today) if state_of(one, now, one.on_day) is not CodeState.OVER]
    context: dict[str, Any] = {"form": form, "classes": classes, "rows": rows}
    status = 400 if form.is_submitted() else 200
    return render_template("pathways/mentoring/substitutes/codes.html", **context), status


def _value(one: Class) -> str:
    return f"{one.teacher_id}|{one.period}"


def _row(code: PeriodCode) -> dict[str, Any]:
    zone = zone_of(code.school_id)
    times = f"{time_words(code.starts_at, zone)} – {time_words(code.ends_at, zone)}"
    return {
        "title": f"{code.period} · {code.teacher.name}",
        "meta": f"{day_words(code.on_day)} · {times}",
        "revoke": url_for("period_codes.revoke", period_code_id=code.id),
    }


def _handed(made: Made, chosen: Class, on_day: date) -> Page:
    return render_template(
        "pathways/mentoring/substitutes/slip.html",
        letters=made.letters,
        chosen=chosen,
        day=day_words(on_day),
        where=printed_address("substitute.enter"),
        picture=code_picture(printed_address("substitute.period", token=made.letters)),
    )


@blueprint.post("/<int:period_code_id>/revoke")
@gate(Permission.MENTOR_MANAGE)
def revoke(period_code_id: int) -> Page:
    """Take a code back."""
    actor = current_actor()
    revoke_code(Invocation(actor, clock.now()), get_code(actor, period_code_id).id)
    return redirect(url_for("period_codes.codes"), 303)
