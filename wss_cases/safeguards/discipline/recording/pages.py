"""Pages of discipline actions: recording one, the list of a school, one action."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.followups.core.states import CLOSED_BY_HAND
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.forms import BaseForm, sent_answers
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, moment_words, today_at, zone_of
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.rooms import Room
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.recording import acts
from wss_cases.safeguards.discipline.recording.acts import (
    DisciplineForm,
    HeardForm,
    hand_to_administrators,
    hear_student,
    is_title_ix_matter,
    may_not_stand,
    record_discipline,
    waits_to_be_heard,
    year_began,
)
from wss_cases.safeguards.discipline.removals import models
from wss_cases.safeguards.discipline.removals.models import (
    ALARM_DAY,
    ActionState,
    Answer,
    DisciplineAction,
    Tried,
    days_away,
    hear_by,
    is_exclusion,
    is_protected,
    needs_verified_facts,
)
from wss_cases.safeguards.discipline.removals.queries import (
    PAGE,
    ListedAction,
    Offer,
    actions_page,
    appeal_of,
    get_action,
    number_of_days,
    offered_to,
    span_words,
    spans_of,
    standing_counts,
    versions_of,
    what_words,
)
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm, user_name


def days_words(student_id: int, year: str) -> dict[str, Any]:
    """Return a student's school days away in a school year, over all removals that stand and all schools."""
    number = days_away(spans_of(student_id), year)
    return {"number": number, "words": number_of_days(number), "year": year, "left": max(ALARM_DAY - number, 0)}


def disability_words(student: Student) -> str:
    plans = [name for name, has in (("IEP", student.has_iep), (_("504 plan"), student.has_504)) if has]
    return ", ".join(plans)


def offer_words(offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """Return for each kind of intervention its dates, or that the record has none."""
    return [
        {
            "code": what.value,
            "label": Tried(what).label,
            "dates": [day_words_with_year(offer.on) for offer in offers if offer.what is what],
        }
        for what in Tried
    ]


def row_words(listed: ListedAction) -> dict[str, Any]:
    """Return one row of the school's list."""
    row = listed.action
    return {
        "title": listed.student.shown_name,
        "href": url_for("discipline.action", action_id=row.id),
        "meta": f"{span_words(row)} · {listed.reference or ''}".strip(" ·"),
        "tag": ActionState(row.state).label
        if row.state is ActionState.REVERSED
        else _("Appeal to decide")
        if listed.appeal_waits
        else None,
    }


def action_words(listed: ListedAction) -> dict[str, Any]:
    """Return everything that the page of one action says of it."""
    row, student = listed.action, listed.student
    protected = is_protected(bool(student.has_iep or student.has_504), row.disability, row.suspected)
    zone = zone_of(row.school_id)
    offers = [Offer(Tried(each["what"]), date.fromisoformat(each["on"])) for each in row.offered]
    return {
        "what": what_words(row),
        "kind": models.DisciplineKind(row.kind).label,
        "span": span_words(row, what_words(row)),
        "reference": listed.reference,
        "reversed": row.state is ActionState.REVERSED,
        "is_long": is_exclusion(row.kind, row.days),
        "protected": protected,
        "alarm": protected and row.state is ActionState.STANDING and (row.year_days or 0) >= ALARM_DAY,
        "disability": models.Answer(row.disability).label if row.disability else _("Not asked"),
        "suspected": models.Answer(row.suspected).label if row.suspected else _("Not asked"),
        "packet": [one | {"answer": row.answers.get(one["code"], "")} for one in offer_words(offers)],
        "hearing": _hearing_rows(row, zone),
        "length": row.length_reason or _not_recorded(row),
        "recorded": moment_words(row.recorded_at, zone),
        "by": user_name(row.recorded_by_id),
    }


def _hearing_rows(row: DisciplineAction, zone: str) -> list[dict[str, str]]:
    """Return whether the student was heard and what they said, or why not."""
    if row.analysis:
        return [
            {"label": _("Emergency removal under Title IX: safety and risk analysis"), "value": row.analysis},
            {"label": _("How the student can challenge it right away"), "value": row.challenge},
        ]
    said_by = dotted(user_name(row.facts_verified_by_id), moment_words(row.facts_verified_at, zone))
    not_yet = _("Not yet") if row.danger else _("Not checked")
    rows = [
        {"label": _("Removed before being heard: the continuing danger"), "value": row.danger},
        {"label": _("Facts verified, student heard"), "value": said_by if row.facts_verified_at else not_yet},
        {"label": _("What the student said"), "value": row.student_said or ("" if row.danger else _not_recorded(row))},
    ]
    return [one for one in rows if one["value"]]


def _not_recorded(row: DisciplineAction) -> str:
    return _("Not recorded") if needs_verified_facts(row.kind) else ""


def heard_by_words(row: DisciplineAction) -> str:
    """Return by when a student who is away for a continuing danger is heard, or was to be."""
    decided_on = today_at(row.school_id, row.recorded_at)
    day = hear_by(row.starts_on, decided_on, school_days(row.school_id))
    words = day_words_with_year(day)
    if day < today_at(row.school_id, clock.now()):
        return _("The student was to be heard by %(day)s. Hear them now.", day=words)
    return _("The student must be heard by %(day)s.", day=words)


def version_words(row: DisciplineAction) -> list[dict[str, Any]]:
    """Return what an action was before, newest first, each with why it changed, by whom and when."""
    zone = zone_of(row.school_id)
    return [
        {
            "span": span_words(before),
            "reason": before.reason,
            "cause": models.ChangeCause(before.cause).label,
            "why": before.why,
            "when": moment_words(before.changed_at, zone),
            "by": user_name(before.changed_by_id),
        }
        for before in versions_of(row.id)
    ]


def appeal_words(action_id: int) -> dict[str, Any] | None:
    """Return the appeal against an action in words; None where nobody asked for one."""
    row = appeal_of(action_id)
    if row is None:
        return None
    return {
        "asked": f"{models.AskedBy(row.asked_by).label}: {row.asked_name}, {day_words_with_year(row.asked_on)}",
        "why": row.asked_why,
        "heard": f"{day_words_with_year(row.heard_on)}, {row.heard_by}" if row.heard_on else "",
        "outcome": models.AppealOutcome(row.outcome).label if row.outcome else "",
        "decided": day_words_with_year(row.decided_on) if row.decided_on else "",
        "decision": row.decision,
        "is_open": row.outcome is None,
    }


blueprint = Blueprint("discipline", __name__)
ACTION = "safeguards/discipline/recording/action.html"


@blueprint.route("/incidents/<int:incident_id>/discipline", methods=["GET", "POST"])
@gate(Permission.DISCIPLINE_RECORD)
def record(incident_id: int) -> Page:
    """Record a removal: first of whom, then with their days away and what adults had offered in sight."""
    actor, now = current_actor(), clock.now()
    incident = get_incident(actor, incident_id, Permission.DISCIPLINE_RECORD)
    students = students_who_caused_harm(incident_id)
    today = today_at(incident.school_id, now)
    form, envelope = DisciplineForm(sent_answers(DisciplineForm), data={"starts_on": today}), BaseForm()
    form.may_exclude = can(actor, Permission.DISCIPLINE_DECIDE, incident)
    student = _chosen(students, form.student_id.data or request.args.get("student", ""))
    if student is None and request.method != "POST":
        return render_template("safeguards/discipline/recording/who.html", incident=incident, students=students)
    if student is not None:
        form.student_id.data = str(student.id)
        if request.method != "POST" and (student.has_iep or student.has_504):
            form.disability.data = Answer.YES.value
    return form_page(
        form,
        lambda: record_discipline.carry_out(submitted(envelope), incident, form),
        _recorded,
        "safeguards/discipline/recording/record.html",
        envelope=envelope,
        incident=incident,
        student=student,
        known=_known(student, incident.school_id, today) if student else None,
        may_exclude=form.may_exclude,
        undecided=incident.state in UNDECIDED,
        title_ix=is_title_ix_matter(incident),
    )


@blueprint.post("/incidents/<int:incident_id>/discipline/hand-on")
@gate(Permission.DISCIPLINE_RECORD)
def hand_on(incident_id: int) -> Response:
    """Hand a removal of more than 3 days to the school's administrators, one of whom decides about it."""
    hand_to_administrators(submitted(BaseForm()), incident_id, id_in(request.form.get("student_id")) or 0)
    flash(_("Every administrator of the school is asked to decide. Nothing is recorded before then."))
    return redirect(url_for("incidents.incident", incident_id=incident_id), 303)


def _chosen(students: Sequence[Student], wanted: str) -> Student | None:
    if len(students) == 1 and not wanted:
        return students[0]
    return next((student for student in students if str(student.id) == wanted), None)


def _known(student: Student, school_id: int, today: Any) -> dict[str, Any]:
    """What stands beside the form before anything is saved: days away, the roster's word, what adults offered."""
    return {
        "days": days_words(student.id, school_year(today)),
        "disability": disability_words(student),
        "offered": offer_words(offered_to(student.id, school_id, year_began(today))),
    }


def _recorded(action_id: int) -> str:
    flash(_("The discipline action is recorded. The plan for the return is open."))
    return url_for("discipline.action", action_id=action_id)


@blueprint.get("/discipline")
@gate(Permission.DISCIPLINE_READ)
def actions() -> str:
    """The chosen school's discipline actions, the newest first, and how many stand this school year."""
    return list_of_year("safeguards/discipline/recording/list.html", actions_page, row_words, standing_counts)


def list_of_year(
    template: str,
    page_of: Callable[[Actor, int | None, int | None, int], Sequence[Any]],
    words: Callable[[Any], dict[str, Any]],
    counts: Callable[[Actor, int | None, date, date], tuple[int, int]],
) -> str:
    """Render a list of the chosen school, the newest first, with how many records and students the school year has."""
    actor = current_actor()
    school_id, before_id = chosen_school_id(actor, *CASE_TEAM), id_in(request.args.get("before"))
    rows = page_of(actor, school_id, before_id, PAGE + 1)
    year, here = school_year(today_at(school_id, clock.now())), str(request.endpoint)
    instances, students = counts(actor, school_id, *school_year_bounds(year))
    return render_template(
        template,
        rows=[words(row) for row in rows[:PAGE]],
        year=year,
        instances=instances,
        students=students,
        older=url_for(here, before=rows[PAGE - 1].id) if len(rows) > PAGE else None,
        newest=url_for(here) if before_id else None,
    )


@blueprint.get("/discipline/<int:action_id>")
@gate(Permission.DISCIPLINE_READ)
def action(action_id: int) -> str:
    """One discipline action as it stands, its packet, what it was before, and its appeal."""
    listed = get_action(current_actor(), action_id)
    return render_template(ACTION, form=HeardForm(version=listed.action.version), **_shown(listed))


@blueprint.post("/discipline/<int:action_id>")
@gate(Permission.DISCIPLINE_RECORD)
def heard(action_id: int) -> Page:
    """Record on the page of a removal for a continuing danger that the student was heard."""
    listed, form = get_action(current_actor(), action_id, Permission.DISCIPLINE_RECORD), HeardForm()
    done = with_flash(_("What the student said is recorded."), url_for("discipline.action", action_id=action_id))

    def act() -> int:
        return hear_student(submitted(form), action_id, form.student_said.data)

    return form_page(form, act, done, ACTION, **_shown(listed))


def _shown(listed: ListedAction) -> dict[str, Any]:
    row, actor = listed.action, current_actor()
    return {
        "action": row,
        "words": action_words(listed),
        "student": listed.student,
        "may_open": can(actor, Permission.STUDENT_READ, listed.student),
        "days": days_words(row.student_id, school_year(row.starts_on)),
        "versions": version_words(row),
        "appeal": appeal_words(row.id),
        "may_record": can(actor, Permission.DISCIPLINE_RECORD, row),
        "may_decide": can(actor, Permission.DISCIPLINE_DECIDE, row),
        "may_not_stand": may_not_stand(row),
        "heard_by": heard_by_words(row) if waits_to_be_heard(row) else "",
    }


ROOM = Room(pages=(blueprint,), reactions={CLOSED_BY_HAND: acts.close_for_all})
