"""Recording a removal: the student is heard before it takes effect, or the reasons why not are recorded.

Before the hearing, only a continuing danger allows a removal, and the student is then heard by the next school day
(Goss v. Lopez). In a matter of Title IX there is no suspension before its own process ends, only an emergency removal
after a written safety and risk analysis, which the student can challenge at once (34 CFR 106.44).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import CLOSED_BY_HAND
from wss_cases.followups.making import cancel_row, close_row, make
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.reengagement.opening import Away, open_for_incident
from wss_cases.pathways.reengagement.plan.rules import AwayCause, back_on
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
from wss_cases.safeguards.discipline.removals import pages, rules
from wss_cases.safeguards.discipline.removals.models import (
    ADMINISTRATOR_DECIDES,
    WITHOUT_END,
    ActionState,
    Answer,
    DisciplineAction,
    DisciplineKind,
    Tried,
)
from wss_cases.safeguards.discipline.removals.pages import (
    PAGE,
    ListedAction,
    Offer,
    actions_page,
    facts_of_report,
    get_action,
    offered_to,
    standing_counts,
)
from wss_cases.safeguards.discipline.removals.rules import Count, Span
from wss_cases.safeguards.discipline.tenth_day import raise_alarm
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm

HEARING = "student_hearing"
NO_EXPULSION: Final = _l("This is a Title IX matter. No one may be expelled before its process ends.")


@dataclass(frozen=True)
class Hearing:
    """What a form says: heard, with the student's words; or the danger; or, under Title IX, analysis and challenge."""

    verified: bool
    student_said: str = ""
    danger: str = ""
    analysis: str = ""
    challenge: str = ""


def is_title_ix_matter(incident: Incident) -> bool:
    """Whether the facts of a report, or of anybody in it, make it a matter of Title IX."""
    return rules.is_title_ix((incident.facts, *(person.facts for person in incident.people)))


def may_not_stand(action: DisciplineAction) -> bool:
    """Whether a removal stands that a matter of Title IX forbids: its report became one after it was recorded."""
    stands = action.state is ActionState.STANDING and rules.needs_verified_facts(action.kind) and not action.analysis
    return stands and action.incident_id is not None and rules.is_title_ix(facts_of_report(action.incident_id))


def check_heard(given: Hearing, span: Span, title_ix: bool, calendar: SchoolDays, today: date) -> None:
    """Raise Refused for a suspension, an expulsion or a placement of a student who was not heard and need not be."""
    if given.analysis and not title_ix:
        raise Refused("analysis", _("Nothing on this report makes it a Title IX matter."))
    if title_ix:
        _check_emergency(given, span)
    elif rules.needs_verified_facts(span.kind):
        _check_said(given, span, calendar, today)


def _check_said(given: Hearing, span: Span, calendar: SchoolDays, today: date) -> None:
    if given.verified:
        refuse_blank("student_said", given.student_said, _("Enter what the student said, or that they said nothing."))
        if given.danger:
            raise Refused("danger", _("Leave this empty when the student was heard before."))
        return
    if given.student_said:
        raise Refused("facts_verified", _("Check this box if the facts are verified and the student was heard."))
    words = _("Verify the facts and hear the student first. Before that, only a continuing danger allows a removal.")
    if not given.danger.strip():
        raise Refused("facts_verified", words)
    if span.starts_on > calendar.add(today, 1):
        raise Refused(
            "starts_on", _("There is time to hear the student first. A removal for a danger begins right away.")
        )


def _check_emergency(given: Hearing, span: Span) -> None:
    if span.kind is DisciplineKind.EXPULSION:
        raise Refused("kind", str(NO_EXPULSION))
    if rules.needs_verified_facts(span.kind) or given.analysis or given.challenge:
        words = _("This is a Title IX matter. Only an emergency removal is allowed, and it needs this in writing.")
        refuse_blank("analysis", given.analysis, words)
        refuse_blank("challenge", given.challenge, words)


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


NOT_KEPT = ("answers", "acknowledged", "facts_verified")


@dataclass(frozen=True)
class Removal:
    """One discipline action as the form gives it; `days` are school days, `answers` stand for what nobody offered."""

    student_id: int
    kind: DisciplineKind
    days: int
    starts_on: date
    ends_on: date | None
    reason: str
    disability: Answer | None = None
    suspected: Answer | None = None
    interventions: str = ""
    answers: dict[Tried, str] = field(default_factory=dict)
    disruption: str = ""
    support_services: str = ""
    acknowledged: bool = False
    facts_verified: bool = False
    student_said: str = ""
    danger: str = ""
    analysis: str = ""
    challenge: str = ""
    length_reason: str = ""

    @property
    def span(self) -> Span:
        """The removal in time."""
        return Span(self.kind, self.days, self.starts_on, self.ends_on)

    @property
    def hearing(self) -> Hearing:
        """Whether the student was heard, or why not."""
        return Hearing(self.facts_verified, self.student_said, self.danger, self.analysis, self.challenge)

    @property
    def told(self) -> dict[str, str]:
        """What the family reads, by the field."""
        return {name: getattr(self, name) for name in DisciplineAction.TOLD}


@use_case
def record_discipline(uow: UnitOfWork, incident_id: int, removal: Removal) -> int:
    """Record a removal of a student who is reported to have caused harm in this incident.

    Raises Refused first for an exclusion that is not the administrator's; then for pre-K to grade 2, another student,
    impossible days, a student who was not heard, an exclusion whose packet has gaps, and beyond the tenth day of a
    student with a disability without the review acknowledged. The student's return opens in the same act.
    """
    incident = uow.load(Incident, incident_id, Permission.DISCIPLINE_RECORD)
    _check_who_decides(uow.actor, incident, removal)
    student = student_of(uow, incident, removal.student_id)
    today = today_at(incident.school_id, uow.now)
    calendar = school_days(incident.school_id)
    check_span(removal.span, pages.grade_on(student, removal.starts_on), calendar, today)
    check_heard(removal.hearing, removal.span, is_title_ix_matter(incident), calendar, today)
    check_reason(incident.id, student, removal.kind, removal.told)
    offered = pages.offered_to(student.id, incident.school_id, year_began(today))
    _check_exclusion(removal, offered)
    protected, count = _check_disability(student, removal, calendar)
    action = uow.add(_made(uow, incident, removal, offered, count))
    uow.record(action, "discipline.recorded", what=removal.kind.value, days=removal.days)
    _open_return(uow, incident, action)
    if action.danger:
        ask_to_hear(uow, action)
    if can(uow.actor, Permission.DISCIPLINE_DECIDE, incident):
        close_hand_off(uow, incident, student.id)
    ask_for_interpreter(uow, incident, student, NOTICE)
    if rules.calls_for_review(protected, count):
        raise_alarm(uow, action, count, today, calendar)
    return action.id


def year_began(today: date) -> date:
    """Return the first day of the school year of a date, from which on the packet looks back."""
    return school_year_bounds(school_year(today))[0]


def _check_who_decides(actor: Actor, incident: Incident, removal: Removal) -> None:
    is_long = rules.is_exclusion(removal.kind, removal.days)
    if is_long and not can(actor, Permission.DISCIPLINE_DECIDE, incident):
        raise Refused("days" if removal.kind not in WITHOUT_END else "kind", str(ADMINISTRATOR_DECIDES))


def _check_exclusion(removal: Removal, offered: list[Offer]) -> None:
    if not rules.is_exclusion(removal.kind, removal.days):
        return
    for what in rules.gaps({offer.what for offer in offered}, removal.answers):
        words = _("No offer is on record. Write what was offered outside the record, or why nothing was.")
        raise Refused(f"answer_{what.value}", words)
    for name in ("disruption", "support_services"):
        words = _("More than 3 days, an expulsion, or a placement needs this in writing.")
        refuse_blank(name, getattr(removal, name), words)


def _check_disability(student: Student, removal: Removal, calendar: SchoolDays) -> tuple[bool, Count]:
    on_record = bool(student.has_iep or student.has_504)
    if removal.disability is None:
        raise Refused("disability", _("Answer whether the student has a disability."))
    if on_record and removal.disability is not Answer.YES:
        raise Refused("disability", _("The roster shows that this student has an IEP or a 504 plan."))
    if removal.suspected is None:
        raise Refused("suspected", _("Answer whether anyone has raised a suspected disability."))
    protected = rules.is_protected(on_record, removal.disability, removal.suspected)
    count = rules.counted(pages.spans_of(student.id), removal.span, calendar)
    check_acknowledged(protected, count, removal.acknowledged)
    return protected, count


def _made(
    uow: UnitOfWork, incident: Incident, removal: Removal, offered: list[Offer], count: Count
) -> DisciplineAction:
    is_long = rules.is_exclusion(removal.kind, removal.days)
    return DisciplineAction(
        school_id=incident.school_id,
        incident_id=incident.id,
        recorded_by_id=uow.actor.user_id,
        recorded_at=uow.now,
        year_days=count.after,
        review_acknowledged=removal.acknowledged,
        facts_verified_at=uow.now if removal.facts_verified else None,
        facts_verified_by_id=uow.actor.user_id if removal.facts_verified else None,
        offered=[{"what": offer.what.value, "on": offer.on.isoformat()} for offer in offered] if is_long else [],
        answers={what.value: words for what, words in removal.answers.items() if words.strip()},
        **{name: value for name, value in vars(removal).items() if name not in NOT_KEPT},
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
    form = DisciplineForm(starts_on=today)
    form.may_exclude = can(actor, Permission.DISCIPLINE_DECIDE, incident)
    student = _chosen(students, form.student_id.data or request.args.get("student", ""))
    if student is None and not form.is_submitted():
        return render_template("safeguards/discipline/recording/who.html", incident=incident, students=students)
    if student is not None:
        form.student_id.data = str(student.id)
        if not form.is_submitted() and (student.has_iep or student.has_504):
            form.disability.data = Answer.YES.value
    return form_page(
        form,
        lambda: record_discipline(submitted(form), incident_id, _removal(form)),
        _recorded,
        "safeguards/discipline/recording/record.html",
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


def _removal(form: DisciplineForm) -> Removal:
    return filled(
        form,
        Removal,
        student_id=id_in(form.student_id.data) or 0,
        kind=DisciplineKind(form.kind.data),
        days=form.days.data or 0,
        disability=Answer(form.disability.data),
        suspected=Answer(form.suspected.data),
        answers={what: form[f"answer_{what.value}"].data or "" for what in Tried},
    )


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
