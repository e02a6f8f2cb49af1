"""Logging a conversation in under a minute."""

from datetime import date

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.pages import days_ahead
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.views import act_context, page_of
from wss_cases.pathways.conversations.actions import log_conversation
from wss_cases.pathways.conversations.forms import LogForm
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

blueprint = Blueprint("conversations", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

LOG = "pathways/conversations/log.html"
USUAL = 3
"""School days until a repair step is due, unless another day is chosen."""


def repair_days(today: date, days: SchoolDays) -> list[tuple[str, str]]:
    """Return (words, ISO date) of the days by which a repair step is most often due."""
    return days_ahead(today, days, 1, USUAL, 5)


@blueprint.route("/conversation", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def log(case_id: int, pathway_id: int) -> Page:
    """Log a conversation that took place."""
    row = get_pathway(current_actor(), case_id, pathway_id)
    days, today = school_days(row.school_id), today_at(row.school_id, clock.now())
    form = LogForm(version=row.version, held_on=today, repair_on=days.add(today, USUAL))
    form.repair_on.quick = repair_days(today, days)
    return form_page(
        form,
        lambda: log_conversation(
            submitted(form),
            row.id,
            held_on=form.held_on.data,
            outcome=form.outcome.data,
            note=form.note.data or "",
            repair=form.repair_text(),
            repair_on=form.repair_on.data,
        ),
        page_of(row),
        LOG,
        **act_context(row, _("Log the conversation"), _("Save the conversation")),
        trail_rows=[
            (_("Cases"), url_for("casework.cases")),
            (row.case.reference, page_of(row)),
            (_("Log the conversation"), None),
        ],
    )
