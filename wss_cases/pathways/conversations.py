"""Restorative conversations: logging one with its repair step, its panel on the case page, its next step."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for
from wtforms import DateField
from wtforms.validators import InputRequired, Optional, ValidationError

from wss_cases.access.actor import Actor
from wss_cases.followups.core.presenters import days_ahead
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import LongText, PlainForm, ShortText, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import panel_card
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common import actions
from wss_cases.pathways.common.models import LIVE, OUTCOMES, Panel, Pathway, PathwayState, Step, ids
from wss_cases.pathways.common.pages import PathwayPages, page_of, pathway_subject, today_of
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Pathway as Family

OTHER = "other"
USUAL = 3
"""The school days until a repair step is due, unless another day is chosen."""

REPAIR_LABELS: dict[str, object] = {
    "apology": _l("Apologize, in person or in writing"),
    "mend": _l("Fix, clean, or replace it"),
    "help": _l("Help the person harmed, or the class"),
    "talk_again": _l("Talk again"),
    OTHER: _l("Something else"),
}
"""Frequent repair steps. Any other is typed."""


LOG = "pathways/conversations/log.html"


def repair_days(today: date, days: SchoolDays) -> list[tuple[str, str]]:
    """(words, ISO date) of frequent due days for a repair step."""
    return days_ahead(today, days, 1, USUAL, 5)


class LogForm(PlainForm):
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
        if self.repair_kind.data == OTHER and not (field.data or "").strip():
            raise ValidationError(_("Write what the repair is."))

    def fit(self, row: Pathway) -> None:
        self.repair_on.quick = repair_days(today_of(row), school_days(row.school_id))

    def repair_text(self) -> str:
        """The repair step in words; '' when none was agreed."""
        typed = str(self.repair.data or "")
        if typed.strip() or not self.repair_kind.data:
            return typed
        return str(REPAIR_LABELS[self.repair_kind.data])


pages = PathwayPages("conversations", __name__, pathway_subject())


def _start(row: Pathway) -> dict[str, Any]:
    today = today_of(row)
    return {"held_on": today, "repair_on": school_days(row.school_id).add(today, USUAL)}


def _trail(row: Pathway, _form: Any) -> dict[str, Any]:
    here = (_("Log the conversation"), None)
    return {"trail_rows": [(_("Cases"), url_for("casework.cases")), (row.case.reference, page_of(row)), here]}


@pages.on_pathway(
    "/conversation", LogForm, _l("Log the conversation"), _l("Save the conversation"), endpoint="log", start=_start,
    more=_trail, template=LOG,
)  # fmt: skip
def log_conversation(uow: UnitOfWork, row: Pathway, form: LogForm) -> None:
    """Record a conversation that took place: offered, accepted, held and completed on its day.

    A repair step with a date becomes a follow-up.
    """
    actions.check_live(row, Family.RESTORATIVE_CONVERSATION)
    held_on, repair, repair_on = form.held_on.data, form.repair_text(), form.repair_on.data
    actions.not_later(uow, row.school_id, "held_on", held_on)
    if repair.strip() and repair_on is None:
        raise Refused("repair_on", _("Choose a due date."))
    actions.note_offer(uow, row, held_on)
    if row.state is PathwayState.PROPOSED:
        actions.note_acceptance(uow, row, held_on)
    if row.state is PathwayState.PREPARING:
        actions.note_start(uow, row, held_on)
    row.held_on = held_on
    actions.note_completion(uow, row, form.outcome.data, form.note.data)
    if repair.strip():
        actions.follow(uow, row, "repair_step", repair_on, title=repair, of_case=True)


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """The conversation's panel on the case page; the caller has checked the pathway."""
    if row.state not in LIVE:
        return Panel(*panel_card())
    go = (_("Log the conversation"), url_for("conversations.log", **ids(row)))
    words = _("Under a minute: how it went, and what was agreed.")
    return Panel(*panel_card(_("The conversation"), words, go=go, small=True))


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """The next step of each live conversation by id: log it."""
    words = _l("Log the conversation")
    return {
        row.id: Step("log", words, "conversations.log", ids(row), on=row.start_by) for row in rows if row.state in LIVE
    }


ROOM = Room(pages=(pages,))
