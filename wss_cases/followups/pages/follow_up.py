"""A follow-up: its page, and moving, reassigning, canceling, pausing or adding it by hand."""

from datetime import date, datetime
from typing import Any

from flask import url_for
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.grants import actor_of, holders
from wss_cases.cases.case.models import Case
from wss_cases.cases.case.queries import get_case, load_case
from wss_cases.followups import making
from wss_cases.followups.about import About, about, spoken_of, without_links
from wss_cases.followups.calendar import TABLE
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpState, FollowUpTemplate
from wss_cases.followups.core.presenters import due_words, note_for, outcomes_of, quick_days
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
from wss_cases.followups.making import cancel_row, check_day, make
from wss_cases.followups.reminders.queries import escalation_reason, item
from wss_cases.followups.reminders.rules import latest_snooze, why_not, wrong_day
from wss_cases.followups.reminders.sweep import escalation_words
from wss_cases.followups.undo import remember, restorable, undo_line
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText, choices, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, day_words_with_year, local_date, today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import MANNER_LABELS
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import UnitOfWork
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
        answers = {name: self[name].data for name in ("note", "on_day", *OF_CONTACT) if name in self}
        return Evidence(**{name: value for name, value in answers.items() if value is not None})


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


TOLD = ("followup.unreached", "followup.escalated")
"""History entries that say to whom its lateness was reported."""


def reminding(row: FollowUp, actor: Actor, now: datetime, days: SchoolDays) -> dict[str, Any]:
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


FOLLOW_UP = "/follow-ups/<int:follow_up_id>"
WORK = Permission.FOLLOWUP_WORK
ROW = Subject(FollowUp, get_follow_up)


def page_of(row: FollowUp, _answer: int = 0) -> str:
    return url_for("followups.follow_up", follow_up_id=row.id)


def _trail(row: FollowUp) -> list[tuple[Any, str]]:
    return [(_("Follow-ups"), url_for("followups.follow_ups")), (_title(row), page_of(row))]


def _lede(row: FollowUp) -> str:
    today, days = today_at(row.school_id, clock.now()), school_days(row.school_id)
    return f"{_title(row)} · {due_words(row.due_on, today, days).words}"


pages = Pages("followups", __name__, trail=_trail)
snoozing = Pages("snoozing", __name__, trail=_trail)


@pages.route(FOLLOW_UP, methods=["GET", "POST"])
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
        lambda call: making.close(call, row.id, form.outcome.data, form.evidence),
        page_of(row),
        shown(row),
        template,
    )


class MoveForm(PlainForm):
    due_on = DateField(_l("New day"), validators=[InputRequired(DAY)])
    reason = radio(_l("Why?"), MOVE_REASONS, _l("Choose why."))

    def fit(self, row: FollowUp) -> None:
        self.due_on.quick = quick_days(today_at(row.school_id, clock.now()), school_days(row.school_id))


@pages.act(
    f"{FOLLOW_UP}/move", ROW, MoveForm, WORK, title=_l("Reschedule"), button=_l("Reschedule the follow-up"),
    then=page_of, lede=_lede, boxed=False,
)  # fmt: skip
def move(uow: UnitOfWork, row: FollowUp, form: MoveForm) -> None:
    making.refuse_closed(row)
    check_day(uow, row.school_id, form.due_on.data, row.kind, row.case_id)
    if form.due_on.data == row.due_on:
        raise Refused("due_on", _("It is already due on this day. Choose another day."))
    making.move_row(uow, row, form.due_on.data, form.reason.data)


def _owner_field() -> Any:
    required = [InputRequired(_l("Choose a person."))]
    return SelectField(_l("Person responsible"), validators=required, validate_choice=False)


class OwnerForm(PlainForm):
    """Who is responsible: somebody who works at the school."""

    owner = _owner_field()

    def fit(self, record: Any) -> None:
        self.owner.choices = people_of(record.school_id)

    def chosen(self, school_id: int, now: datetime) -> Actor:
        """The person. Raises Refused where they do not work at the school."""
        owner = actor_of(id_in(self.owner.data) or 0, now)
        if owner is None or not owner.covers(school_id, *STAFF):
            raise Refused("owner", _("Choose someone who works at this school."))
        return owner


def _after_reassigning(row: FollowUp, _answer: int) -> str:
    return page_of(row) if current_actor().covers(row.school_id, *CASE_TEAM) else url_for("followups.follow_ups")


@pages.act(
    f"{FOLLOW_UP}/hand-on", ROW, OwnerForm, WORK, title=_l("Reassign"), button=_l("Assign to this person"),
    then=_after_reassigning, lede=_lede, boxed=False, start=lambda row: {"owner": str(row.owner_id or "")},
)  # fmt: skip
def reassign(uow: UnitOfWork, row: FollowUp, form: OwnerForm) -> None:
    making.refuse_closed(row)
    owner = form.chosen(row.school_id, uow.now)
    before = restorable(row)
    row.owner_id, row.given_by_id = owner.user_id, uow.actor.user_id
    row.snoozed_until = None  # the new owner must be told what is due already
    uow.record(row, "followup.reassigned", what=row.kind, owner=owner.name)
    remember(uow, row, ActKind.REASSIGNED, before)


class CancelForm(PlainForm):
    reason = LongText(
        _l("Why is it no longer needed?"), [NotBlank(_l("Explain why it is no longer needed."))], limit=2000, rows=3
    )


@pages.act(
    f"{FOLLOW_UP}/cancel", ROW, CancelForm, WORK, title=_l("Cancel it"), button=_l("Cancel the follow-up"),
    then=page_of, lede=_lede, boxed=False, template="followups/pages/follow_up/cancel.html",
)  # fmt: skip
def cancel(uow: UnitOfWork, row: FollowUp, form: CancelForm) -> None:
    making.refuse_closed(row)
    before = restorable(row)
    cancel_row(uow, row, form.reason.data)
    remember(uow, row, ActKind.CANCELLED, before)


class SnoozeForm(PlainForm):
    until = DateField(_l("Until which day?"), validators=[InputRequired(DAY)])
    reason = radio(_l("Why?"), SNOOZE_REASONS, _l("Choose why."))

    def fit(self, row: FollowUp) -> None:
        today, days = today_at(row.school_id, clock.now()), school_days(row.school_id)
        latest = latest_snooze(row.due_on, days)
        self.until.quick = [(words, day) for words, day in quick_days(today, days) if day <= latest.isoformat()]


def _snooze_words(row: FollowUp, _form: SnoozeForm) -> dict[str, Any]:
    today, days = today_at(row.school_id, clock.now()), school_days(row.school_id)
    latest = day_words(latest_snooze(row.due_on, days))
    words = _("The due date does not change. No one is reminded before the day you choose, at the latest %(day)s.",
              day=latest)  # fmt: skip
    refusal = why_not(row.kind, row.same_day, row.due_on, row.snooze_count, today, days)
    return {"facts": [words], "missing": (refusal, None) if refusal else None}


@snoozing.act(
    f"{FOLLOW_UP}/pause", ROW, SnoozeForm, WORK, title=_l("Pause its reminders"), button=_l("Pause the reminders"),
    then=page_of, lede=_lede, boxed=False, endpoint="pause", more=_snooze_words,
)  # fmt: skip
def snooze(uow: UnitOfWork, row: FollowUp, form: SnoozeForm) -> None:
    making.refuse_closed(row)
    until, reason = form.until.data, form.reason.data
    today, days = today_at(row.school_id, uow.now), school_days(row.school_id)
    if refusal := why_not(row.kind, row.same_day, row.due_on, row.snooze_count, today, days):
        raise Refused("", refusal)
    if wrong := wrong_day(until, row.due_on, today, days):
        raise Refused("until", wrong)
    before = restorable(row)
    row.snoozed_until, row.snooze_reason = until, reason
    row.snooze_count += 1
    uow.record(row, "followup.snoozed", what=row.kind, until=until.isoformat(), reason=reason)
    remember(uow, row, ActKind.SNOOZED, before)


class AddForm(OwnerForm):
    kind = SelectField(
        _l("What is it?"),
        choices=choices([(kind, words) for kind, words in KINDS.items() if kind not in RECORDED_ELSEWHERE]),
        default="other",
        validators=[InputRequired(_l("Choose what it is."))],
    )
    title = ShortText(
        _l("What has to be done?"),
        description=_l("In a few words. It appears only inside the system, never in an email."),
    )
    owner = _owner_field()
    due_on = DateField(_l("Due on"), validators=[InputRequired(DAY)])

    def fit(self, record: Case | Incident) -> None:
        super().fit(record)
        self.due_on.quick = quick_days(today_at(record.school_id, clock.now()), school_days(record.school_id))


def _case_page(case: Case, _answer: int = 0) -> str:
    return url_for("casework.case", case_id=case.id)


def _incident_page(incident: Incident, _answer: int = 0) -> str:
    return url_for("incidents.incident", incident_id=incident.id)


def _of_team(actor: Actor, incident: Incident) -> Incident:
    if not (actor.is_system or actor.covers(incident.school_id, *CASE_TEAM)):
        raise NotFound
    return incident


def _incident(actor: Actor, incident_id: int) -> Incident:
    incident = existing(db.session.get(Incident, incident_id))
    require(actor, Permission.INCIDENT_READ, incident)
    return _of_team(actor, incident)


ADDING: dict[str, Any] = {
    "adds": True, "title": _l("Add a follow-up"), "button": _l("Add the follow-up"), "boxed": False,
    "lede": lambda record: record.reference, "start": lambda _record: {"owner": str(current_actor().user_id)},
}  # fmt: skip


@pages.act(
    "/cases/<int:case_id>/follow-ups/new", Subject(Case, get_case), AddForm, Permission.CASE_WORK, then=_case_page,
    trail=lambda case: [(case.reference, _case_page(case))], **ADDING,
)  # fmt: skip
def add(uow: UnitOfWork, case: Case, form: AddForm) -> int:
    return _add(uow, form, case.school_id, case.id, None)


@pages.act(
    "/incidents/<int:incident_id>/follow-ups/new", Subject(Incident, _incident), AddForm, Permission.INCIDENT_READ,
    then=_incident_page, trail=lambda incident: [(incident.reference, _incident_page(incident))], **ADDING,
)  # fmt: skip
def add_to_incident(uow: UnitOfWork, incident: Incident, form: AddForm) -> int:
    """Add a follow-up to an incident by hand; only for the case team of its school."""
    return _add(uow, form, _of_team(uow.actor, incident).school_id, None, incident.id)


def _add(uow: UnitOfWork, form: AddForm, school_id: int, case_id: int | None, incident_id: int | None) -> int:
    kind, title, due_on = form.kind.data, form.title.data, form.due_on.data
    if kind == "other" and not title.strip():
        raise Refused("title", _("Enter what has to be done."))
    check_day(uow, school_id, due_on, kind, case_id)
    owner_id = form.chosen(school_id, uow.now).user_id
    row = make(
        uow, school_id=school_id, given_by_id=uow.actor.user_id, kind=kind, title=title, owner_id=owner_id,
        due_on=due_on, case_id=case_id, incident_id=incident_id,
    )  # fmt: skip
    return row.id


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


def _template(row: FollowUp) -> FollowUpTemplate | None:
    return db.session.get(FollowUpTemplate, row.template_id) if row.template_id else None


def _title(row: FollowUp, people: About | None = None) -> str:
    template = _template(row)
    titles = (template.title_en, template.title_es) if template else (None, None)
    people = people or about(current_actor(), [row])[row.id]
    return people.titled(title_of(row.kind, row.title, *titles))


def shown(row: FollowUp) -> dict[str, Any]:
    template = _template(row)
    case = load_case(row.case_id) if row.case_id else None
    incident = db.session.get(Incident, row.incident_id) if row.incident_id else None
    today, days = today_at(row.school_id, clock.now()), school_days(row.school_id)
    people = about(current_actor(), [row], call=True)[row.id]
    agreed = tuple(sorted(spoken_of(row)[1])) if row.kind in FAMILY else ()
    return {
        "row": row,
        "title": _title(row, people),
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


ROOM = Room(pages=(pages, snoozing))
