"""The page of a follow-up with its acts, and adding one by hand."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, url_for
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.act_pages import act_form, act_page
from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.queries import get_case, load_case
from wss_cases.followups import handling
from wss_cases.followups.about import about, spoken_of, without_links
from wss_cases.followups.calendar import TABLE
from wss_cases.followups.core.models import FollowUp, FollowUpState, FollowUpTemplate
from wss_cases.followups.core.pages import due_words, note_for, outcomes_of, quick_days
from wss_cases.followups.core.queries import get_follow_up, owner_name, title_of
from wss_cases.followups.core.states import (
    CHECK_INS,
    CONVERSATION,
    FAMILY,
    HAPPENED_AGAIN,
    KINDS,
    MOVE_REASONS,
    OUTCOME_LABELS,
    PLAN_REFERENCE,
    RECORD_PAGES,
    RECORDED_ELSEWHERE,
    SNOOZE_REASONS,
)
from wss_cases.followups.evidence import BY_CONTACT, NAMES_WHOM, QUESTIONS, Evidence, closes_with, evidence_rows
from wss_cases.followups.reminders.pages import escalation_words
from wss_cases.followups.reminders.queries import escalation_reason, item
from wss_cases.followups.snooze import why_not
from wss_cases.followups.undo import undo_line
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, day_words_with_year
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, filled, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import local_date, today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import MANNER_LABELS
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import sentence
from wss_cases.roster.calendar.days import moves_of
from wss_cases.roster.directory.pages import move_words
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.roster.telling import Calling

DAY = _l("Choose a day.")
OF_CONTACT = ("manner", "attempts", "who", "language", "interpreter")
"""The fields of a contact besides outcome and day."""


class CloseForm(BaseForm):
    outcome = RadioField(_l("How did it go?"), validators=[InputRequired(_l("Choose how it went."))])
    manner = radio(_l("How?"), MANNER_LABELS)
    on_day = DateField(_l("On which day?"), validators=[Optional()])
    attempts = IntegerField(_l("How many attempts did it take?"), validators=[Optional()])
    who = ShortText(_l("Who did you reach?"))
    language = ShortText(_l("Language spoken"), limit=20)
    interpreter = BooleanField(_l("An interpreter spoke"))
    note = LongText(_l("What happened, and what is left?"), limit=4000)

    def ask(self, kind: str, today: date) -> None:
        """Remove the fields that this kind does not need. The defaults are today and the first attempt."""
        for name in OF_CONTACT if kind not in BY_CONTACT else () if kind in NAMES_WHOM else ("who",):
            delattr(self, name)
        if not self.is_submitted():
            self.on_day.data = today
            if "attempts" in self:
                self.attempts.data = 1

    @property
    def evidence(self) -> Evidence:
        """The evidence as filled in."""
        answers = {name: self[name].data for name in ("note", "on_day", *OF_CONTACT) if name in self}
        return Evidence(**{name: value for name, value in answers.items() if value is not None})


class MoveForm(BaseForm):
    due_on = DateField(_l("New day"), validators=[InputRequired(DAY)])
    reason = radio(_l("Why?"), MOVE_REASONS, _l("Choose why."))


ONE_DAY, OVER_DAYS = "one", "spread"


class ReplanForm(BaseForm):
    """Several follow-ups to one day, or spread over the next school days, for one reason."""

    ids = SelectMultipleField(
        _l("Which ones?"),
        coerce=int,
        validators=[InputRequired(_l("Choose at least one follow-up."))],
        validate_choice=False,
    )
    how = radio(
        _l("Where to?"),
        [(ONE_DAY, _l("All to one day")), (OVER_DAYS, _l("Spread over the next school days"))],
        _l("Choose where to."),
        default=ONE_DAY,
    )
    due_on = DateField(_l("New day"), validators=[Optional()])
    number = SelectField(_l("Over how many school days?"), coerce=int)
    reason = radio(_l("Why?"), MOVE_REASONS, _l("Choose why."))


class SnoozeForm(BaseForm):
    until = DateField(_l("Until which day?"), validators=[InputRequired(DAY)])
    reason = radio(_l("Why?"), SNOOZE_REASONS, _l("Choose why."))


class ReassignForm(BaseForm):
    owner = SelectField(_l("Person responsible"), validators=[InputRequired(_l("Choose a person."))])


class CancelForm(BaseForm):
    """Why it is no longer needed."""

    reason = LongText(
        _l("Why is it no longer needed?"), [NotBlank(_l("Explain why it is no longer needed."))], limit=2000
    )


class AddForm(BaseForm):
    kind = SelectField(
        _l("What is it?"),
        choices=choices([(kind, words) for kind, words in KINDS.items() if kind not in RECORDED_ELSEWHERE]),
        default="other",
        validators=[InputRequired(_l("Choose what it is."))],
    )
    title = ShortText(_l("What has to be done?"))
    owner = SelectField(_l("Person responsible"), validators=[InputRequired(_l("Choose a person."))])
    due_on = DateField(_l("Due on"), validators=[InputRequired(DAY)])


TOLD = ("followup.unreached", "followup.escalated")
"""History entries that say to whom its lateness was reported."""


def reminding(row: FollowUp, actor: Actor, now: datetime, days: SchoolDays) -> dict[str, Any]:
    """The template values about a follow-up's reminders, in the reader's words."""
    due_item = item(row.id)
    if due_item is None:
        return {"paused": "", "why_you": "", "told": [], "may_pause": False}
    today = local_date(now, due_item.time_zone)
    escalation = escalation_reason(due_item, actor.user_id, now)
    return {
        "paused": _paused(row) if row.snoozed_until is not None and row.snoozed_until > today else "",
        "why_you": escalation_words(escalation) if escalation else "",
        "told": [sentence(entry) for entry in history("follow_up", row.id) if entry.kind in TOLD],
        "may_pause": row.state is FollowUpState.OPEN
        and not why_not(row.kind, row.same_day, row.due_on, row.snooze_count, today, days),
    }


def _paused(row: FollowUp) -> str:
    reason = SNOOZE_REASONS.get(row.snooze_reason, row.snooze_reason)
    return _("Reminders are paused until %(day)s: %(reason)s", day=day_words(row.snoozed_until), reason=reason)


blueprint = Blueprint("followups", __name__)

FOLLOW_UP = "/follow-ups/<int:follow_up_id>"
ACT = "followups/pages/act.html"


def page_of(row: FollowUp) -> str:
    return url_for("followups.follow_up", follow_up_id=row.id)


@blueprint.route(FOLLOW_UP, methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_READ)
def follow_up(follow_up_id: int) -> Page:
    """A follow-up. Posting the form closes it with its outcome."""
    row = get_follow_up(current_actor(), follow_up_id)
    form = CloseForm(version=row.version)
    here = [code for code in outcomes_of(row.kind) if code != HAPPENED_AGAIN]
    form.outcome.choices = choices([(code, OUTCOME_LABELS[code]) for code in here])
    form.ask(row.kind, today_at(row.school_id, clock.now()))
    template = "followups/pages/follow_up/follow_up.html"
    return act_form(
        form,
        lambda call: handling.close(call, row.id, form.outcome.data, form.evidence),
        page_of(row),
        shown(row),
        template,
    )


def act_words(row: FollowUp, title: str, go_words: str, **more: Any) -> dict[str, Any]:
    """The template values of an act on a follow-up, beside its form."""
    return shown(row) | {"act_title": title, "go_words": go_words, **more}


def _move_form(row: FollowUp) -> MoveForm:
    form = MoveForm(version=row.version)
    form.due_on.quick = quick_days(today_at(row.school_id, clock.now()), school_days(row.school_id))
    return form


act_page(
    blueprint,
    f"{FOLLOW_UP}/move",
    "move",
    Permission.FOLLOWUP_WORK,
    load=get_follow_up,
    form=_move_form,
    act=lambda call, row, form: handling.move(call, row.id, form.due_on.data, form.reason.data),
    done=page_of,
    words=lambda row: act_words(row, _("Reschedule"), _("Reschedule the follow-up")),
    template=ACT,
)


def _reassign_form(row: FollowUp) -> ReassignForm:
    form = ReassignForm(version=row.version, owner=str(row.owner_id or ""))
    form.owner.choices = people_of(row.school_id)
    return form


def _after_reassigning(row: FollowUp) -> str:
    return page_of(row) if current_actor().covers(row.school_id, *CASE_TEAM) else url_for("followups.follow_ups")


act_page(
    blueprint,
    f"{FOLLOW_UP}/hand-on",
    "reassign",
    Permission.FOLLOWUP_WORK,
    load=get_follow_up,
    form=_reassign_form,
    act=lambda call, row, form: handling.reassign(call, row.id, int(form.owner.data)),
    done=_after_reassigning,
    words=lambda row: act_words(row, _("Reassign"), _("Assign to this person")),
    template=ACT,
)

act_page(
    blueprint,
    f"{FOLLOW_UP}/cancel",
    "cancel",
    Permission.FOLLOWUP_WORK,
    load=get_follow_up,
    form=lambda row: CancelForm(version=row.version),
    act=lambda call, row, form: handling.cancel(call, row.id, form.reason.data),
    done=page_of,
    words=lambda row: act_words(row, _("Cancel it"), _("Cancel the follow-up")),
    template="followups/pages/follow_up/cancel.html",
)


@blueprint.route("/cases/<int:case_id>/follow-ups/new", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def add(case_id: int) -> Page:
    case = get_case(current_actor(), case_id)
    return _add(case.school_id, case.reference, url_for("casework.case", case_id=case.id), case_id=case.id)


@blueprint.route("/incidents/<int:incident_id>/follow-ups/new", methods=["GET", "POST"])
@gate(Permission.INCIDENT_READ)
def add_to_incident(incident_id: int) -> Page:
    """Add a follow-up to an incident by hand; only for the case team of its school."""
    actor = current_actor()
    incident = db.session.get(Incident, incident_id)
    require(actor, Permission.INCIDENT_READ, incident)
    if incident is None or not actor.covers(incident.school_id, *CASE_TEAM):
        raise NotFound
    back = url_for("incidents.incident", incident_id=incident.id)
    return _add(incident.school_id, incident.reference, back, incident_id=incident.id)


def _add(school_id: int, reference: str, back: str, **subject: int) -> Page:
    form = AddForm(owner=str(current_actor().user_id))
    form.owner.choices = people_of(school_id)
    return act_form(
        form,
        lambda call: handling.add(call, filled(form, handling.New, owner_id=int(form.owner.data), **subject)),
        back,
        {
            "quick": quick_days(today_at(school_id, clock.now()), school_days(school_id)),
            "reference": reference,
            "back": back,
        },
        "followups/pages/follow_up/add.html",
    )


def people_of(school_id: int) -> list[Any]:
    """The staff of a school as choices of a select, sorted by name."""
    today = today_at(school_id, clock.now())
    people = {pair for role in STAFF for pair in holders(role, school_id, today)}
    return choices([(str(user_id), name) for user_id, name in sorted(people, key=lambda pair: pair[1])])


def record_page(row: Any) -> str | None:
    """The page where the event itself is recorded; None when there is none or the actor may not open it."""
    if row.plan_step_id is not None:
        return url_for(RECORD_PAGES[row.kind], follow_up_id=row.id)
    if not current_actor().covers(row.school_id, *CASE_TEAM) or row.case_id is None:
        return None
    if row.kind in RECORD_PAGES:
        return url_for(RECORD_PAGES[row.kind], follow_up_id=row.id)
    if row.pathway_id is not None:
        return url_for("pathways.pathway", case_id=row.case_id, pathway_id=row.pathway_id)
    return None


def again_page(row: Any) -> str | None:
    """The page that opens a report when a check-in brought up something new; None for other follow-ups."""
    asks = row.state is FollowUpState.OPEN and row.kind in CHECK_INS
    return url_for("happened_again.at_check_in", follow_up_id=row.id) if asks else None


def _reference(row: FollowUp, case: Any, incident: Any) -> str:
    of_record = case or incident
    return of_record.reference if of_record is not None else str(PLAN_REFERENCE)


def _why(row: FollowUp) -> str:
    """Why the calendar moved it last, if it is still on that day."""
    move = moves_of(TABLE, [row.id]).get(row.id)
    return move_words(move) if move is not None and move.moved_to == row.due_on else ""


def shown(row: FollowUp) -> dict[str, Any]:
    """The template values of every page of a follow-up."""
    template = db.session.get(FollowUpTemplate, row.template_id) if row.template_id else None
    case = load_case(row.case_id) if row.case_id else None
    incident = db.session.get(Incident, row.incident_id) if row.incident_id else None
    today, days = today_at(row.school_id, clock.now()), school_days(row.school_id)
    title_en, title_es = (template.title_en, template.title_es) if template else (None, None)
    people = about(current_actor(), [row], call=True)[row.id]
    agreed = tuple(sorted(spoken_of(row)[1])) if row.kind in FAMILY else ()
    return {
        "row": row,
        "title": people.titled(title_of(row.kind, row.title, title_en, title_es)),
        "calling": Calling(tuple(without_links([people])), agreed) if people.guardians else None,
        "phones": people.phones,
        "closes_with": closes_with(row.kind, template),
        "question": QUESTIONS.get(row.kind),
        "evidence": evidence_rows(row.evidence),
        "said": note_for(current_actor(), row, clock.now()),
        "due": due_words(row.due_on, today, days),
        "due_on": day_words_with_year(row.due_on),
        "why_moved": _why(row),
        "guessed": row.state is FollowUpState.OPEN and not days.knows(row.due_on),
        "was_due_on": day_words(row.original_due_on) if row.original_due_on != row.due_on else "",
        "closed_on": day_words_with_year(row.closed_on),
        "owner": owner_name(row.owner_id),
        "is_open": row.state is FollowUpState.OPEN,
        "again_href": again_page(row),
        "is_done": row.state is FollowUpState.DONE,
        "elsewhere": None if row.kind == CONVERSATION else RECORDED_ELSEWHERE.get(row.kind),
        "record_href": record_page(row),
        "conversation": row.kind == CONVERSATION and row.incident_id is not None,
        "outcome": OUTCOME_LABELS.get(row.outcome, row.outcome) if row.outcome else "",
        "reference": _reference(row, case, incident),
        "case": case if case and current_actor().covers(row.school_id, *CASE_TEAM) else None,
        "incident": incident,
        "undo": undo_line(current_actor(), clock.now(), row.id),
        "reminding": reminding(row, current_actor(), clock.now(), days),
    }


ROOM = Room(pages=(blueprint,))
