"""Recording a removal: the student is heard before it takes effect, or the reasons why not are recorded.

Before the hearing, only a continuing danger allows a removal, and the student is then heard by the next school day
(Goss v. Lopez). In a matter of Title IX there is no suspension before its own process ends, only an emergency removal
after a written safety and risk analysis, which the student can challenge at once (34 CFR 106.44).
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import CLOSED_BY_HAND
from wss_cases.followups.making import cancel_row, close_row, make
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, sent_answers
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.acts import Act, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.reengagement.opening import Away, open_for_incident
from wss_cases.pathways.reengagement.plan import AwayCause, back_on
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.family_notice import CODE as NOTICE
from wss_cases.safeguards.discipline.family_notice import ask_for_interpreter
from wss_cases.safeguards.discipline.recording import presenters, refusals
from wss_cases.safeguards.discipline.recording.forms import DisciplineForm, HeardForm
from wss_cases.safeguards.discipline.recording.presenters import row_words
from wss_cases.safeguards.discipline.recording.refusals import (
    check_acknowledged,
    check_no_keeper,
    check_reason,
    check_span,
    close_hand_off,
    hand_to_administrators,
    student_of,
)
from wss_cases.safeguards.discipline.removals import queries, rules
from wss_cases.safeguards.discipline.removals.models import (
    ADMINISTRATOR_DECIDES,
    WITHOUT_END,
    ActionState,
    Answer,
    DisciplineAction,
    DisciplineKind,
)
from wss_cases.safeguards.discipline.removals.queries import (
    PAGE,
    ListedAction,
    Offer,
    actions_page,
    facts_of_report,
    get_action,
    offered_to,
    standing_counts,
)
from wss_cases.safeguards.discipline.removals.rules import Count
from wss_cases.safeguards.discipline.tenth_day import raise_alarm
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm

HEARING = "student_hearing"
NO_EXPULSION: Final = _l("This is a Title IX matter. No one may be expelled before its process ends.")


def is_title_ix_matter(incident: Incident) -> bool:
    """Whether the facts of a report, or of anybody in it, make it a matter of Title IX."""
    return rules.is_title_ix((incident.facts, *(person.facts for person in incident.people)))


def may_not_stand(action: DisciplineAction) -> bool:
    """Whether a removal stands that a matter of Title IX forbids: its report became one after it was recorded."""
    stands = action.state is ActionState.STANDING and rules.needs_verified_facts(action.kind) and not action.analysis
    return stands and action.incident_id is not None and rules.is_title_ix(facts_of_report(action.incident_id))


def _check_heard(form: DisciplineForm, title_ix: bool, calendar: SchoolDays, today: date) -> None:
    """Raise Refused for a suspension, an expulsion or a placement of a student who was not heard and need not be."""
    if form.analysis.data and not title_ix:
        raise Refused("analysis", _("Nothing on this report makes it a Title IX matter."))
    if title_ix:
        _check_emergency(form)
    elif rules.needs_verified_facts(form.span.kind):
        _check_said(form, calendar, today)


def _check_said(form: DisciplineForm, calendar: SchoolDays, today: date) -> None:
    danger, said = form.danger.data, form.student_said.data
    if form.facts_verified.data:
        refuse_blank("student_said", said, _("Enter what the student said, or that they said nothing."))
        if danger:
            raise Refused("danger", _("Leave this empty when the student was heard before."))
        return
    if said:
        raise Refused("facts_verified", _("Check this box if the facts are verified and the student was heard."))
    words = _("Verify the facts and hear the student first. Before that, only a continuing danger allows a removal.")
    if not danger.strip():
        raise Refused("facts_verified", words)
    if form.starts_on.data > calendar.add(today, 1):
        raise Refused(
            "starts_on", _("There is time to hear the student first. A removal for a danger begins right away.")
        )


def _check_emergency(form: DisciplineForm) -> None:
    kind = form.span.kind
    if kind is DisciplineKind.EXPULSION:
        raise Refused("kind", str(NO_EXPULSION))
    if rules.needs_verified_facts(kind) or form.analysis.data or form.challenge.data:
        words = _("This is a Title IX matter. Only an emergency removal is allowed, and it needs this in writing.")
        refuse_blank("analysis", form.analysis.data, words)
        refuse_blank("challenge", form.challenge.data, words)


def check_stays_heard(action: DisciplineAction, kind: DisciplineKind) -> None:
    """Raise Refused for a correction to a kind for which the student would have to be heard, and was not."""
    if action.analysis and kind is DisciplineKind.EXPULSION:
        raise Refused("kind", str(NO_EXPULSION))
    asked_before = rules.needs_verified_facts(action.kind) or action.facts_verified_at is not None
    if rules.needs_verified_facts(kind) and not asked_before:
        raise Refused("kind", _("The student was not heard about this. Record it as a new action."))


def ask_to_hear(uow: UnitOfWork, action: DisciplineAction) -> None:
    """Ask who recorded a removal for a continuing danger to hear the student by the next school day."""
    today, calendar = today_at(action.school_id, uow.now), school_days(action.school_id)
    make(
        uow, school_id=action.school_id, kind=HEARING, owner_id=uow.actor.user_id, single_mail=True,
        due_on=max(rules.hear_by(action.starts_on, today, calendar), calendar.on_or_after(today)),
        incident_id=action.incident_id, incident_person_id=_entry_id(uow, action),
    )  # fmt: skip


@use_case
def hear_student(uow: UnitOfWork, action_id: int, student_said: str) -> int:
    """Record that a student who was removed for a continuing danger was heard. Raises Refused where none waits."""
    action = uow.load(DisciplineAction, action_id, Permission.DISCIPLINE_RECORD, uow.version)
    check_no_keeper(uow.actor, action.student_id)
    if not waits_to_be_heard(action):
        raise Refused("", _("No hearing is waiting for this action."))
    refuse_blank("student_said", student_said, _("Enter what the student said, or that they said nothing."))
    action.student_said = student_said
    action.facts_verified_at, action.facts_verified_by_id = uow.now, uow.actor.user_id
    uow.record(action, "discipline.heard")
    for row in _asked(uow, action):
        close_row(uow, row, "done")
    return action.id


def drop_hearing(uow: UnitOfWork, action: DisciplineAction) -> None:
    """Cancel what asks to hear a student whose removal was reversed. For use cases."""
    for row in _asked(uow, action):
        cancel_row(uow, row, _("The removal was reversed."))


def waits_to_be_heard(action: DisciplineAction) -> bool:
    """Whether a student is away for a continuing danger and was not heard yet."""
    return action.danger != "" and action.facts_verified_at is None and action.state is ActionState.STANDING


def _asked(uow: UnitOfWork, action: DisciplineAction) -> list[FollowUp]:
    statement = select(FollowUp).where(
        FollowUp.kind == HEARING,
        FollowUp.state == FollowUpState.OPEN,
        FollowUp.incident_id == action.incident_id,
        FollowUp.incident_person_id == _entry_id(uow, action),
    )
    return list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))


def _entry_id(uow: UnitOfWork, action: DisciplineAction) -> int | None:
    entry = IncidentPerson
    statement = select(entry.id).where(entry.incident_id == action.incident_id, entry.student_id == action.student_id)
    return uow.session.scalar(statement.order_by(entry.id).limit(1))


def _record(uow: UnitOfWork, incident: Incident, form: DisciplineForm) -> int:
    """Record a removal of a student who is reported to have caused harm in this incident.

    Raises Refused first for an exclusion that is not the administrator's; then for pre-K to grade 2, another student,
    impossible days, a student who was not heard, an exclusion whose packet has gaps, and beyond the tenth day of a
    student with a disability without the review acknowledged. The student's return opens in the same act.
    """
    decides = can(uow.actor, Permission.DISCIPLINE_DECIDE, incident)
    if form.is_long and not decides:
        raise Refused("days" if form.span.kind not in WITHOUT_END else "kind", str(ADMINISTRATOR_DECIDES))
    student = student_of(uow, incident, form.chosen_id)
    today, span = today_at(incident.school_id, uow.now), form.span
    calendar = school_days(incident.school_id)
    check_span(span, queries.grade_on(student, span.starts_on), calendar, today)
    _check_heard(form, is_title_ix_matter(incident), calendar, today)
    check_reason(incident.id, student, span.kind, form.told)
    offered = queries.offered_to(student.id, incident.school_id, year_began(today))
    if form.is_long:
        _check_exclusion(form, offered)
    protected, count = _check_disability(student, form, calendar)
    action = uow.add(_made(uow, incident, form, offered, count))
    uow.record(action, "discipline.recorded", what=action.kind.value, days=action.days)
    _open_return(uow, incident, action)
    if action.danger:
        ask_to_hear(uow, action)
    if decides:
        close_hand_off(uow, incident, student.id)
    ask_for_interpreter(uow, incident, student, NOTICE)
    if rules.calls_for_review(protected, count):
        raise_alarm(uow, action, count, today, calendar)
    return action.id


record_discipline = Act(_record, Permission.DISCIPLINE_RECORD, Subject(Incident, get_incident), DisciplineForm)


def year_began(today: date) -> date:
    """Return the first day of the school year of a date, from which on the packet looks back."""
    return school_year_bounds(school_year(today))[0]


def _check_exclusion(form: DisciplineForm, offered: list[Offer]) -> None:
    for what in rules.gaps({offer.what for offer in offered}, form.answers):
        words = _("No offer is on record. Write what was offered outside the record, or why nothing was.")
        raise Refused(f"answer_{what.value}", words)
    for name in ("disruption", "support_services"):
        words = _("More than 3 days, an expulsion, or a placement needs this in writing.")
        refuse_blank(name, form[name].data, words)


def _check_disability(student: Student, form: DisciplineForm, calendar: SchoolDays) -> tuple[bool, Count]:
    on_record, disability = bool(student.has_iep or student.has_504), Answer(form.disability.data)
    if on_record and disability is not Answer.YES:
        raise Refused("disability", _("The roster shows that this student has an IEP or a 504 plan."))
    protected = rules.is_protected(on_record, disability, Answer(form.suspected.data))
    count = rules.counted(queries.spans_of(student.id), form.span, calendar)
    check_acknowledged(protected, count, form.acknowledged.data)
    return protected, count


WRITTEN = ("interventions", "disruption", "student_said", "danger", "analysis")
"""Columns that hold what was written, as it was, beside what the family reads."""


def _made(
    uow: UnitOfWork, incident: Incident, form: DisciplineForm, offered: list[Offer], count: Count
) -> DisciplineAction:
    verified = form.facts_verified.data
    return DisciplineAction(
        school_id=incident.school_id,
        incident_id=incident.id,
        student_id=form.chosen_id,
        recorded_by_id=uow.actor.user_id,
        recorded_at=uow.now,
        disability=Answer(form.disability.data),
        suspected=Answer(form.suspected.data),
        year_days=count.after,
        review_acknowledged=form.acknowledged.data,
        facts_verified_at=uow.now if verified else None,
        facts_verified_by_id=uow.actor.user_id if verified else None,
        offered=[{"what": offer.what.value, "on": offer.on.isoformat()} for offer in offered] if form.is_long else [],
        answers={what.value: words for what, words in form.answers.items() if words.strip()},
        **vars(form.span),
        **form.told,
        **{name: form[name].data for name in WRITTEN},
    )


def _open_return(uow: UnitOfWork, incident: Incident, action: DisciplineAction) -> None:
    """Planning the return starts on the day of the removal, in the incident's case. For use cases."""
    away = Away(AwayCause.REMOVAL, f"removal:{action.id}", action.starts_on, back_after(action))
    open_for_incident(uow, incident, action.student_id, away)


def back_after(action: DisciplineAction) -> date | None:
    """Return the first day back after a removal; None while it has no end."""
    days, is_open = school_days(action.school_id), action.kind in WITHOUT_END and action.days == 0
    return back_on(days, action.starts_on, action.ends_on, action.days, is_open)


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
        "days": presenters.days_words(student.id, school_year(today)),
        "disability": presenters.disability_words(student),
        "offered": presenters.offer_words(offered_to(student.id, school_id, year_began(today))),
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
        "words": presenters.action_words(listed),
        "student": listed.student,
        "days": presenters.days_words(row.student_id, school_year(row.starts_on)),
        "versions": presenters.version_words(row),
        "appeal": presenters.appeal_words(row.id),
        "may_record": can(actor, Permission.DISCIPLINE_RECORD, row),
        "may_decide": can(actor, Permission.DISCIPLINE_DECIDE, row),
        "may_not_stand": may_not_stand(row),
        "heard_by": presenters.heard_by_words(row) if waits_to_be_heard(row) else "",
    }


ROOM = Room(pages=(blueprint,), reactions={CLOSED_BY_HAND: refusals.close_for_all})
