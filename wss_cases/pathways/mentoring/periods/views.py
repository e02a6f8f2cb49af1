"""Pages for the school: the periods of its day, and who teaches a student in each period of their card."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.views import act_context, act_on
from wss_cases.pathways.mentoring.mentors.queries import staff_accounts
from wss_cases.pathways.mentoring.periods.actions import set_periods, set_teachers
from wss_cases.pathways.mentoring.periods.forms import (
    ROWS,
    PeriodsForm,
    offer_staff,
    teachers_form,
    teachers_in,
    values_of,
)
from wss_cases.pathways.mentoring.periods.queries import periods_of, teachers_of
from wss_cases.pathways.mentoring.plan.queries import card_of
from wss_cases.routing.engine.pages import Pathway as Family

blueprint = Blueprint("periods", __name__)


@blueprint.route("/mentoring/periods", methods=["GET", "POST"])
@gate(Permission.MENTOR_MANAGE)
def school() -> Page:
    """Set the periods of the school's day with their times."""
    school_id = existing(chosen_school_id(current_actor(), Role.COORDINATOR, Role.ADMINISTRATOR))
    form = PeriodsForm(**values_of(periods_of(school_id)))
    return act_form(
        form,
        lambda call: set_periods(call, school_id, form.times()),
        url_for("mentors.mentors"),
        {"title": _("Periods of the day"), "go_words": _("Save the periods"), "rows": ROWS},
        "pathways/mentoring/periods/school.html",
    )


@blueprint.route("/cases/<int:case_id>/pathways/<int:pathway_id>/teachers", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def teachers(case_id: int, pathway_id: int) -> Page:
    """Say who teaches the student in each period of the card: they mark it on a page of their own."""
    row = get_pathway(current_actor(), case_id, pathway_id, Family.MENTORING)
    card = existing(card_of(row.id))
    known = teachers_of(row.id)
    values = {f"p{place}": str(known[period].user_id) for place, period in enumerate(card.periods) if period in known}
    form = teachers_form(card.periods)(**values)
    offer_staff(form, card.periods, staff_accounts(row.school_id, today_at(row.school_id, clock.now())))
    context = act_context(
        row,
        _("Who teaches each period"),
        _("Save"),
        facts=[
            _(
                "Each teacher sees their own period only: the student’s initials and the goals. Not the case, and not"
                " what this is called."
            )
        ],
    )
    return act_on(row, form, lambda call: set_teachers(call, row.id, teachers_in(form, card.periods)), context)
