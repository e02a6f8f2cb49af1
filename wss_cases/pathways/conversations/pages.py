"""Restorative conversations: logging one, with its repair step."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, url_for
from wtforms import DateField
from wtforms.validators import InputRequired, Optional, ValidationError

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.followups.core.pages import days_ahead
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, ShortText, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import (
    follow,
    load_live,
    not_later,
    note_acceptance,
    note_completion,
    note_offer,
    note_start,
)
from wss_cases.pathways.common.pages import act_context, page_of
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.rules import LIVE, OUTCOMES, Panel, Pathway, PathwayState, ids
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.pages import Pathway as Family

OTHER = "other"

REPAIR_LABELS: dict[str, object] = {
    "apology": _l("Apologize, in person or in writing"),
    "mend": _l("Fix, clean, or replace it"),
    "help": _l("Help the person harmed, or the class"),
    "talk_again": _l("Talk again"),
    OTHER: _l("Something else"),
}
"""Frequent repair steps. Any other is typed."""


class LogForm(BaseForm):
    """How it went, and a repair step with its date. Prefilled, so that most conversations need two taps."""

    outcome = radio(_l("How did it go?"), OUTCOMES[Family.RESTORATIVE_CONVERSATION], _l("Choose how it went."))
    repair_kind = radio(_l("Repair step"), REPAIR_LABELS)
    repair = ShortText(_l("In their words"), description=_l("What the person does to repair the harm."))
    repair_on = DateField(_l("Due by"), validators=[Optional()])
    held_on = DateField(_l("When"), validators=[InputRequired(_l("Choose a day."))])
    note = LongText(
        _l("Note"), [Optional()], description=_l("Facts only; never what was said in a circle."), limit=2000
    )

    def validate_repair(self, field: Any) -> None:
        """Require words for "Something else"."""
        if self.repair_kind.data == OTHER and not (field.data or "").strip():
            raise ValidationError(_("Write what the repair is."))

    def repair_text(self) -> str:
        """The repair step in words; '' when none was agreed."""
        typed = str(self.repair.data or "")
        if typed.strip() or not self.repair_kind.data:
            return typed
        return str(REPAIR_LABELS[self.repair_kind.data])


@use_case
def log_conversation(
    uow: UnitOfWork, pathway_id: int, *, held_on: date, outcome: str, note: str, repair: str, repair_on: date | None
) -> int:
    """Record a conversation that took place: offered, accepted, held and completed on its day.

    A repair step with a date becomes a follow-up. Raises Refused for a future day, and for a repair step without its
    date.
    """
    row = load_live(uow, pathway_id, uow.version, Family.RESTORATIVE_CONVERSATION)
    not_later(uow, row.school_id, "held_on", held_on)
    if repair.strip() and repair_on is None:
        raise Refused("repair_on", _("Choose a due date."))
    note_offer(uow, row, held_on)
    if row.state is PathwayState.PROPOSED:
        note_acceptance(uow, row, held_on)
    if row.state is PathwayState.PREPARING:
        note_start(uow, row, held_on)
    row.held_on = held_on
    note_completion(uow, row, outcome, note)
    if repair.strip() and repair_on is not None:
        follow(uow, row, "repair_step", repair_on, title=repair, of_case=True)
    return row.id


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """The conversation's panel on the case page; the caller has checked the pathway."""
    href = url_for("conversations.log", **ids(row)) if row.state in LIVE else None
    return Panel("pathways/conversations/panel.html", {"href": href})


blueprint = Blueprint("conversations", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

LOG = "pathways/conversations/log.html"
USUAL = 3
"""The school days until a repair step is due, unless another day is chosen."""


def repair_days(today: date, days: SchoolDays) -> list[tuple[str, str]]:
    """(words, ISO date) of frequent due days for a repair step."""
    return days_ahead(today, days, 1, USUAL, 5)


@blueprint.route("/conversation", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def log(case_id: int, pathway_id: int) -> Page:
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


ROOM = Room(pages=(blueprint,))
