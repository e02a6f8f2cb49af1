"""The review page of a report, and accepting its recommendation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from wtforms import BooleanField

from wss_cases.access.actor import Actor, Invocation
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.queries import cases_of_incident, place_words
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.forms import BaseForm, LongText, apply_refusal, choice_field, filled
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, saved_first
from wss_cases.foundation.school_time import moment_words, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import TRANSITIONS, UNDECIDED, IncidentState
from wss_cases.incidents.other_schools import where_words
from wss_cases.incidents.pages import history_rows
from wss_cases.intake import recommendation
from wss_cases.intake.assignment import assignee_of
from wss_cases.intake.corrections.changes import changes_for
from wss_cases.intake.corrections.facts import withdrawal_asked
from wss_cases.intake.decision import CONVERSATION_OUTCOMES, VERIFIED_LABELS, Choice, decide, is_light
from wss_cases.intake.duplicates import apart_from, twins_of
from wss_cases.intake.open_questions.models import is_forgotten, newest_answers
from wss_cases.intake.open_questions.pages import Words, question_rows, shown_at
from wss_cases.intake.recommendation import police_finding
from wss_cases.intake.review import presenters as words
from wss_cases.intake.review.people import INJURY_TAPS, ROLE_TAPS, in_table, people_form, person_rows
from wss_cases.intake.review.presenters import evidence_of, police_words
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import sentence
from wss_cases.routing.engine.vocabulary import Police
from wss_cases.safeguards.discipline.consequences import consequence_rows, consequences_of
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.discipline.removals.queries import discipline_of
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, DutyState
from wss_cases.safeguards.duties.duty.pages import duty_words
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.police.review.models import NotificationGround
from wss_cases.safeguards.police.review.pages import way_words
from wss_cases.safeguards.police.review.queries import notifications_of


class AcceptForm(BaseForm):
    """Accept the recommendation unchanged."""

    open_case = BooleanField(_l("Open a case anyway"))
    conversation = choice_field(
        _l("Did the conversation already take place?"),
        [("", _l("Not yet: add a follow-up to hold it")), *CONVERSATION_OUTCOMES.items()],
        validate_choice=False,
    )
    conversation_note = LongText(_l("A note about it"))

    def choice(self) -> Choice:
        return filled(self, Choice)


blueprint = Blueprint("review", __name__, url_prefix="/review")


def reviewed(actor: Actor, incident_id: int) -> Incident:
    """A report that the actor reviews. Raises NotFound, also for an own report without the role."""
    return get_incident(actor, incident_id, Permission.INCIDENT_REVIEW)


@blueprint.get("/<int:incident_id>")
@gate(Permission.INCIDENT_REVIEW)
def incident(incident_id: int) -> Page:
    """One report: what is known, the recommendation with its reasons, and the decision."""
    report = reviewed(current_actor(), incident_id)
    return show(report, AcceptForm(formdata=None, version=report.version))


Problem = tuple[str, str, str, str]
"""A refused answer: fact, field, message, and the person named."""

RowProblem = tuple[int, str]
"""A refused change of a person: the id of the row, and the message."""


def show(
    report: Incident, form: BaseForm, status: int = 200, problem: Problem | None = None, row: RowProblem | None = None
) -> Page:
    """The page of a report, with the submitted form, the refused answer, or the refused row if any."""
    actor, instant, zone = current_actor(), clock.now(), zone_of(report.school_id)
    now = recommendation.shown_to(actor, report.school_id, recommendation.situation(report.id))
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
        **_table(report, now),
        evidence=evidence_of(report, zone),
        **_asked(report, now, zone, [(row.kind.code, row.duty.state) for row in rows], grounds),
        shown=shown_at(report.id, instant),
        **_refused(problem, row),
        plan=words.plan_words(now),
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
        changes=words.change_words(diffs) if (diffs := changes_for(actor, report)) is not None and diffs.any else None,
    )
    return (page, status) if status != 200 else page


def _table(report: Incident, now: recommendation.Situation) -> dict[str, Any]:
    """The people of a report, and the taps for what is not known of them."""
    return {
        "people": person_rows(current_actor(), now.people, people_form(report) if report.state in UNDECIDED else None),
        "role_taps": ROLE_TAPS,
        "injury_taps": INJURY_TAPS,
        "verified_taps": {name: label for name, label in VERIFIED_LABELS.items() if name != "unknown"},
    }


def _refused(problem: Problem | None, row: RowProblem | None) -> dict[str, Any]:
    problems = [(row[1], f"#person-{row[0]}")] if row else []
    if problem:
        problems.append((problem[2], f"#{problem[0]}-{'whom' if problem[1] == 'whom' else 'answer'}"))
    return {"refused": {problem[0]: problem[1:]} if problem else {}, "refused_row": row, "problems": problems}


def _asked(
    report: Incident,
    now: recommendation.Situation,
    zone: str,
    duties: Sequence[tuple[str, DutyState]],
    grounds: Sequence[Any],
) -> dict[str, Any]:
    """What is unknown about a report: its questions, those of the table of people apart, and what that leaves open
    about the police."""
    answers = newest_answers(report.id)
    authors = user_names([row.by_id for row in answers.values()])
    wording = Words(report, now.people, answers, authors, zone, lambda person: words.called(person, now.people))
    questions = question_rows(wording, now.plan)
    finding = police_finding(now.plan, duties, danger_reported=report.danger_now)
    in_rows = in_table(now.people, [row["fact"] for row in questions["must"]])
    questions["people"] = [row for row in questions["must"] if row["fact"] in in_rows]
    questions["must"] = [row for row in questions["must"] if row["fact"] not in in_rows]
    facts = [row["fact"] for rows in ("must", "people", "later") for row in questions[rows]]
    asks_danger = finding.ask_danger and finding.police is not Police.EMERGENCY and "imminent_danger" not in facts
    waiting = [code for code, state in duties if state in OPEN_DUTY]
    return {
        "questions": questions,
        "danger": wording.row("imminent_danger") if asks_danger else None,
        "police": police_words(finding, grounds, facts, waiting, (report.facts or {}).get("sexual")),
        "forgotten": is_forgotten(report),
    }


def _around(report: Incident, actor: Actor, instant: datetime) -> dict[str, Any]:
    """Context of a report: possible duplicates, reporter, reviewer, and attachments."""
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
    entry = withdrawal_asked(report)
    return {"when": moment_words(entry.at, zone), "why": entry.data["why"]} if entry is not None else None


def decided_first(report: Incident, yours: str) -> Page:
    """Tell someone whose submission came too late what happened first, and that theirs was not saved."""
    zone = zone_of(report.school_id)
    rows = [
        (f"{moment_words(entry.at, zone)}, {entry.actor_name}", sentence(entry))
        for entry in history("incident", report.id, 3)
    ]
    return saved_first(rows, [(_("Your decision"), yours)], url_for("review.incident", incident_id=report.id))


@blueprint.post("/<int:incident_id>/accept")
@gate(Permission.INCIDENT_REVIEW)
def accept(incident_id: int) -> Page:
    """Accept the recommendation unchanged."""
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
    """Where to go after a decision: the report's page if a case opened, otherwise the queue; with a flash message."""
    cases = cases_of_incident(incident_id)
    if cases:
        flash(_("Case %(reference)s is open.", reference=cases[-1].reference))
        return url_for("review.incident", incident_id=incident_id)
    flash(_("The report is decided, without a case."))
    return url_for("queue.page")


ROOM = Room(pages=(blueprint,))
