"""The review of a report: its page, accepting, and what else a reviewer does (check facts, ask, no action, reopen)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from wtforms import BooleanField, SelectMultipleField

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.queries import cases_of_incident, place_words
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused, Stale, refuse_blank
from wss_cases.foundation.forms import (
    BaseForm,
    LongText,
    NotBlank,
    ShortText,
    apply_refusal,
    filled,
    pick,
    radio,
    select,
)
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, saved_first
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.details import set_roles
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import set_state, tell_of_danger
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import TRANSITIONS, UNDECIDED, IncidentState, PersonRole
from wss_cases.incidents.other_schools import where_words
from wss_cases.incidents.pages.presenters import history_rows
from wss_cases.intake.assignment import assignee_of
from wss_cases.intake.corrections.changes import changes_for
from wss_cases.intake.corrections.facts.queries import withdrawal_asked
from wss_cases.intake.decision.pages import (
    CONVERSATION_OUTCOMES,
    NO_ACTION_REASONS,
    OTHERWISE_REASONS,
    UNFOUNDED,
    VERIFIED_LABELS,
    decide,
)
from wss_cases.intake.decision.rules import Added, Choice, is_light
from wss_cases.intake.duplicates.pages import twins_of, undo_merge
from wss_cases.intake.duplicates.queries import apart_from
from wss_cases.intake.open_questions.pages import Words, question_rows, shown_at
from wss_cases.intake.open_questions.queries import is_forgotten, must_answer, newest_answers
from wss_cases.intake.recommendation import queries
from wss_cases.intake.recommendation.queries import situation
from wss_cases.intake.recommendation.rules import police_finding
from wss_cases.intake.report.actions import route_incident
from wss_cases.intake.review import presenters as words
from wss_cases.intake.review.queries import evidence_of
from wss_cases.intake.review.rules import police_words
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import sentence
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.routing.engine.pages import Kind, Person
from wss_cases.safeguards.discipline.consequences import consequence_rows, consequences_of
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.discipline.removals.pages import discipline_of
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, DutyState
from wss_cases.safeguards.duties.duty.pages import duty_words
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.police.review.models import NotificationGround
from wss_cases.safeguards.police.review.pages.presenters import way_words
from wss_cases.safeguards.police.review.queries import notifications_of

AS_IT_IS = ("", _l("No change"))
PART = "part_"
PARTS = {
    PersonRole.CAUSED_HARM: _l("Reported to have caused harm"),
    PersonRole.HARMED: _l("Was harmed"),
    PersonRole.BOTH: _l("Both"),
    PersonRole.WITNESS: _l("Witness"),
    PersonRole.SUPPORT: _l("Support person"),
    PersonRole.INVOLVED: _l("Not known yet"),
}
YES_NO = [AS_IT_IS, ("yes", _l("Yes")), ("no", _l("No"))]


class AcceptForm(BaseForm):
    """Accept the recommendation as it stands."""

    open_case = BooleanField(_l("Open a case anyway"))
    conversation = select(
        _l("Did the conversation already take place?"),
        [("", _l("Not yet: add a follow-up to hold it")), *CONVERSATION_OUTCOMES.items()],
        validate_choice=False,
    )
    conversation_note = LongText(_l("A note about it"))

    def choice(self) -> Choice:
        """Return the decision that this form says."""
        return filled(self, Choice)


class OtherwiseForm(BaseForm):
    """Keep some items, add others, with one reason."""

    keep = SelectMultipleField(_l("What is recommended: keep what is right"))
    added = SelectMultipleField(_l("What to add"))
    reason = pick(_l("Why a different response?"), OTHERWISE_REASONS, _l("Choose the reason for a different response."))
    reason_text = LongText(
        _l("In a sentence"), [NotBlank(_l("Explain your different response in a sentence."))], limit=2_000
    )
    open_case = BooleanField(_l("Open a case anyway"))

    def choice(self, unseen: Collection[str] = ()) -> Choice:
        """Return the decision that this form says; what the person may not see stays. Raises Refused for a kind that
        is not in the list."""
        added = tuple(parse_added(value) for value in self.added.data or ())
        return filled(self, Choice, keep=frozenset([*(self.keep.data or ()), *unseen]), add=added)


def parse_added(value: str) -> Added:
    """Return a kind:for:person value as what is added. Raises Refused when it is none."""
    parts = value.split(":")
    if len(parts) != 3 or parts[0] not in set(Kind) or parts[1] not in set(Person) or not parts[2].isdigit():
        raise Refused("added", _("Choose one of the kinds."))
    return Added(Kind(parts[0]), Person(parts[1]), int(parts[2]) or None)


class PartsForm(BaseForm):
    """Each person's part in what was reported; made for one report by `parts_form`."""

    def roles(self) -> dict[int, PersonRole]:
        """Return the part of each person by the id of their row."""
        marked = {name: field.data for name, field in self._fields.items() if name.startswith(PART)}
        return {int(name.removeprefix(PART)): PersonRole(role) for name, role in marked.items()}


def parts_form(people: Sequence[IncidentPerson], version: int) -> PartsForm:
    """Return the form that asks for the part of each of these people."""
    fields = {
        f"{PART}{person.id}": radio(
            person_words(person), PARTS, _l("Choose a role for each person."), default=person.role.value
        )
        for person in people
    }
    made: PartsForm = type("PartsOfReport", (PartsForm,), fields)(version=version)
    return made


class FactsForm(BaseForm):
    """What only a reviewer says of the facts."""

    verified = select(_l("Are the facts verified?"), list(VERIFIED_LABELS.items()))
    danger = select(_l("Is anyone in danger now that staff cannot safely de-escalate?"), YES_NO)
    mutual = select(_l("Was the harm mutual?"), YES_NO)


class QuestionForm(BaseForm):
    """A question for the reporter."""

    question = LongText(_l("Your question"), [NotBlank(_l("Write the question."))], limit=2_000)


class NoActionForm(BaseForm):
    """Why nothing further is done."""

    reason = pick(_l("Reason"), NO_ACTION_REASONS, _l("Choose the reason."))
    note = LongText(_l("In a sentence"), [NotBlank(_l("Enter the reason in a sentence."))], limit=2_000)


class ReasonForm(BaseForm):
    """Why it is done."""

    reason = LongText(_l("Why?"), [NotBlank(_l("Enter the reason in a sentence."))], limit=2_000)


class DuplicateForm(BaseForm):
    """Which report tells of the same thing."""

    reference = ShortText(
        _l("Number of the other report"), [NotBlank(_l("Enter the number of the other report."))], limit=40
    )


def _waiting(uow: UnitOfWork, incident_id: int, version: int | None) -> Incident:
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, version)
    if incident.state not in UNDECIDED:
        raise Stale
    return incident


@use_case
def check_facts(uow: UnitOfWork, incident_id: int, *, verified: str, danger: bool | None, mutual: bool | None) -> int:
    """Set what only a reviewer says (verified, danger that cannot be de-escalated, mutual) and route again.

    None leaves a fact as it is. Duties that were to be verified become due when the facts are verified.
    """
    incident = _waiting(uow, incident_id, uow.version)
    if verified not in VERIFIED_LABELS:
        raise Refused("verified", _("Answer whether the facts are verified."))
    facts = {**incident.facts, "verified": verified}
    if danger is not None:
        facts["imminent_danger"] = danger
    if mutual is not None:
        facts["mutual"] = mutual
    incident.facts = facts
    if danger and not incident.danger_now:
        incident.danger_now = True
        tell_of_danger(uow, incident)
    uow.record(incident, "review.facts_checked", verified=verified)
    route_incident(uow, incident)
    return incident.id


@use_case
def set_parts(uow: UnitOfWork, incident_id: int, roles: Mapping[int, PersonRole]) -> int:
    """Say who is reported to have caused harm and who was harmed, by the id of each person's row, and route again."""
    incident = _waiting(uow, incident_id, uow.version)
    set_roles(uow, incident, roles)
    uow.record(incident, "review.parts_set")
    route_incident(uow, incident)
    return incident.id


@use_case
def ask_reporter(uow: UnitOfWork, incident_id: int, question: str) -> int:
    """Return a report to its reporter with a question; the duties it raised go on."""
    incident = _waiting(uow, incident_id, uow.version)
    refuse_blank("question", question, _("Write the question."))
    if incident.happened_at_id is not None:
        raise Refused("question", _("It was reported at another school. Ask its dean."))
    if incident.reporter_id == uow.actor.user_id:
        raise Refused("question", _("You reported this yourself. Add what you know to the report."))
    set_state(uow, incident, IncidentState.RETURNED, question=question)
    return incident.id


@use_case
def take_no_action(uow: UnitOfWork, incident_id: int, reason: str, note: str) -> int:
    """Close a report without further action, with a reason; open duties stay open.

    Raises Refused while a question is open, but for a report that is not founded.
    """
    incident = _waiting(uow, incident_id, uow.version)
    if reason not in NO_ACTION_REASONS:
        raise Refused("reason", _("Choose the reason."))
    now = situation(incident.id)
    if reason != UNFOUNDED and must_answer(now.plan, incident, now.people):
        words = _("Answer the open questions first, or choose that it did not happen as reported.")
        raise Refused("reason", words)
    refuse_blank("note", note, _("Enter the reason in a sentence."))
    set_state(uow, incident, IncidentState.NO_FURTHER_ACTION, reason=reason, note=note)
    return incident.id


@use_case
def reopen_review(uow: UnitOfWork, incident_id: int, reason: str) -> int:
    """Take a decided report back into review, with a reason; what was opened from it goes on meanwhile.

    A duplicate is no longer one: see `duplicates.undoing.undo_merge`.
    """
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, uow.version)
    refuse_blank("reason", reason, _("Enter the reason in a sentence."))
    if incident.state is IncidentState.DUPLICATE:
        undo_merge(uow, incident)
    incident.outcome_reason = ""
    uow.record(incident, "review.reopened", why=reason)
    set_state(uow, incident, IncidentState.UNDER_REVIEW)
    return incident.id


blueprint = Blueprint("review", __name__, url_prefix="/review")


def reviewed(actor: Actor, incident_id: int) -> Incident:
    """Return a report that this person reviews. Raises NotFound, also for one's own report without the role."""
    return get_incident(actor, incident_id, Permission.INCIDENT_REVIEW)


@blueprint.get("/<int:incident_id>")
@gate(Permission.INCIDENT_REVIEW)
def incident(incident_id: int) -> Page:
    """One report: what is known, the recommendation with its reasons, and the decision."""
    report = reviewed(current_actor(), incident_id)
    return show(report, AcceptForm(formdata=None, version=report.version))


Problem = tuple[str, str, str, str]
"""An answer that was refused: its fact, the field and the words of the refusal, and who was named."""


def show(report: Incident, form: BaseForm, status: int = 200, problem: Problem | None = None) -> Page:
    """Render the page of a report with the form that was sent, if any, or the answer that was refused."""
    actor, instant = current_actor(), clock.now()
    zone, now = zone_of(report.school_id), queries.shown_to(actor, report.school_id, queries.situation(report.id))
    rows = duties_of(report.id)
    duties = [duty_words(row, instant, zone) for row in rows]
    grounds = [NotificationGround(row.door).label for row in notifications_of(report.id)]
    page = render_template(
        "intake/review/report.html",
        incident=report,
        form=form,
        title=f"{report.reference} · {words.tile_words(report.tile)}",
        state=IncidentState(report.state).label,
        elsewhere=where_words(report),
        withdrawal=_withdrawal(report, zone),
        where=place_words([report.location_code]).get(report.location_code, ""),
        when=moment_words(report.occurred_at, zone),
        waiting=words.waiting_words(report.submitted_at, instant),
        people=words.person_rows(now.people),
        evidence=evidence_of(report, zone),
        **_asked(report, now, zone, [(row.kind.code, row.duty.state) for row in rows], grounds),
        shown=shown_at(report.id, instant),
        refused={problem[0]: problem[1:]} if problem else {},
        problems=[(problem[2], f"#{problem[0]}-{'whom' if problem[1] == 'whom' else 'answer'}")] if problem else [],
        plan=words.plan_words(now),
        is_not=words.is_not_words(now),
        duties=duties,
        light=is_light(now.plan, sum(1 for row in duties if row["is_open"])),
        decidable=report.state in UNDECIDED,
        cases=(cases := cases_of_incident(report.id)),
        awaits_conversation=report.state is IncidentState.ROUTED and not cases,
        may_reopen=IncidentState.UNDER_REVIEW in TRANSITIONS[report.state] and report.state not in UNDECIDED,
        to_police=way_words(report) if might(actor, Permission.POLICE_REVIEW_ASK) else "",
        discipline=[(DisciplineKind(row.kind).label, row.days) for row in discipline_of(report.id)],
        notifications=grounds,
        **_around(report, actor, instant),
        history=history_rows(report.id, zone, 20),
        changes=words.change_words(found) if (found := changes_for(actor, report)) is not None and found.any else None,
    )
    return (page, status) if status != 200 else page


def _asked(
    report: Incident, now: queries.Situation, zone: str, duties: Sequence[tuple[str, DutyState]], grounds: Sequence[Any]
) -> dict[str, Any]:
    """Return what is not known of a report: its questions, what else is missing, and what that leaves of the police."""
    answers = newest_answers(report.id)
    authors = user_names([row.by_id for row in answers.values()])
    said = Words(report, now.people, answers, authors, zone, lambda person: words.called(person, now.people))
    questions = question_rows(said, now.plan)
    asked = [row["fact"] for row in (*questions["must"], *questions["later"])]
    finding = police_finding(now.plan, duties, danger_reported=report.danger_now)
    waiting = [code for code, state in duties if state in OPEN_DUTY]
    return {
        "questions": questions,
        "missing": words.missing_facts(report, now.people, asked),
        "police": police_words(finding, grounds, asked, waiting, (report.facts or {}).get("sexual")),
        "forgotten": is_forgotten(report),
    }


def _around(report: Incident, actor: Actor, instant: datetime) -> dict[str, Any]:
    """Return what stands around a report: possible duplicates, who reported and who reviews it, and what was given."""
    assignee_id = assignee_of(report.id)
    names = user_names([report.reporter_id, assignee_id])
    may_give = report.state is not IncidentState.DUPLICATE and not report.is_withdrawn
    return {
        "twins": twins_of(report, actor, instant, words.name_of),
        "apart": apart_from(report.id),
        "may_ask": report.happened_at_id is None and report.reporter_id != actor.user_id,
        "assignee": names.get(assignee_id or 0, ""),
        "reported": words.reported_words(report, names.get(report.reporter_id or 0, "")),
        "consequences": consequence_rows(report, consequences_of(report.id)) if may_give else None,
    }


def _withdrawal(report: Incident, zone: str) -> dict[str, str] | None:
    asked = withdrawal_asked(report)
    return {"when": moment_words(asked.at, zone), "why": asked.data["why"]} if asked is not None else None


def decided_first(report: Incident, yours: str) -> Page:
    """Tell the loser of two editors what happened, and that nothing of theirs was saved."""
    zone = zone_of(report.school_id)
    rows = [
        (f"{moment_words(entry.at, zone)}, {entry.actor_name}", sentence(entry))
        for entry in history("incident", report.id, 3)
    ]
    return saved_first(rows, [(_("Your decision"), yours)], url_for("review.incident", incident_id=report.id))


@blueprint.post("/<int:incident_id>/accept")
@gate(Permission.INCIDENT_REVIEW)
def accept(incident_id: int) -> Page:
    """Accept the recommendation as it stands."""
    report = reviewed(current_actor(), incident_id)
    form = AcceptForm()
    if not form.validate():
        return show(report, form, 400)
    actor, key = current_actor(), form.request_key.data
    try:
        decide(Invocation(actor, clock.now(), key, version=form.seen_version), incident_id, form.choice())
    except Refused as refusal:
        apply_refusal(form, refusal)
        return show(reviewed(actor, incident_id), form, 400)
    except Stale:
        return decided_first(reviewed(actor, incident_id), _("Accept as recommended"))
    return redirect(after_decision(incident_id), 303)


def after_decision(incident_id: int) -> str:
    """Return where a decision leads: the case that it opened, else the queue, with a word about it."""
    cases = cases_of_incident(incident_id)
    if cases:
        flash(_("Case %(reference)s is open.", reference=cases[-1].reference))
        return url_for("review.incident", incident_id=incident_id)
    flash(_("The report is decided, without a case."))
    return url_for("queue.page")


ROOM = Room(pages=(blueprint,))
