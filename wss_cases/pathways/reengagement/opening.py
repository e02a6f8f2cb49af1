"""Returns of a school: opening them, at most one for each cause; their list; the panel on a student's page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template, url_for
from sqlalchemy import select
from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.access.actor import CASE_TEAM, SYSTEM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.cases.case.actions import copy_people, open_case, open_case_for, person_words, reopen_case
from wss_cases.cases.case.models import Case, CaseOrigin, CaseState, ReopenReason
from wss_cases.cases.case.queries import cases_of_incident, choose_lead
from wss_cases.followups.undo import bring_back
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import PlainForm, radio
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone, local_date, moment_words, today_at
from wss_cases.foundation.settings import number_setting
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.pathways.common.actions import follow
from wss_cases.pathways.common.models import LIVE, Pathway, propose
from wss_cases.pathways.reengagement import plan as reengagement_plan
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import get_school, get_student, school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind, Person
from wss_cases.routing.engine.vocabulary import Pathway as Family

TO_PLAN = "reentry_plan"
REVIEW_AFTER = 10
"""The school days until the first review of a case that a return opens."""
TIER = 2


@dataclass(frozen=True)
class Away:
    """Why a student is away, since when, and when they return. `key` identifies the cause (None: opened by hand)."""

    cause: reengagement_plan.AwayCause
    key: str | None
    away_from: date | None
    return_on: date | None


def case_for(uow: UnitOfWork, incident: Incident) -> Case:
    """The case of an incident: its own one, reopened if closed, or else a new one."""
    review_on = school_days(incident.school_id).add(today_at(incident.school_id, uow.now), REVIEW_AFTER)
    standing = cases_of_incident(incident.id)
    if standing:
        case = standing[0]
        if case.state is CaseState.CLOSED:
            ended_at = case.closed_at
            reopen_case(uow, case, ReopenReason.NEW_FACTS, review_on)
            bring_back(uow, case.id, ended_at)
        copy_people(uow, case, incident)
        uow.session.flush()
        return case
    case = open_case(uow, [incident], tier=TIER, lead_id=_lead(uow, incident.school_id), review_on=review_on)
    _tell_lead(uow, case)
    return case


def open_for_incident(uow: UnitOfWork, incident: Incident, student_id: int, away: Away) -> Pathway | None:
    """Open the return of a student of an incident, in its case; None when this cause opened one before."""
    if away.key is not None and reengagement_plan.opened_by(away.key):
        return None
    case = case_for(uow, incident)
    person = existing(
        next((participant.id for participant in case.participants if participant.student_id == student_id), None)
    )
    return _open(uow, case, person, student_id, away)


def open_for_student(uow: UnitOfWork, student: Student, school_id: int, away: Away) -> Pathway | None:
    """Open the return of a student in a new case; None when this cause opened one before."""
    if away.key is not None and reengagement_plan.opened_by(away.key):
        return None
    review_on = school_days(school_id).add(today_at(school_id, uow.now), REVIEW_AFTER)
    case = open_case_for(
        uow, student, school_id=school_id, origin=CaseOrigin(away.cause.value), tier=TIER,
        lead_id=_lead(uow, school_id), review_on=review_on,
    )  # fmt: skip
    _tell_lead(uow, case)
    return _open(uow, case, case.participants[0].id, student.id, away)


def check_days(away_from: date | None, return_on: date | None) -> None:
    """Raise Refused for a return before the first day away."""
    if away_from is not None and return_on is not None and return_on < away_from:
        raise Refused("return_on", _("The day of return cannot be before the first day away."))


def _open(uow: UnitOfWork, case: Case, participant_id: int, student_id: int, away: Away) -> Pathway:
    row = _standing(uow, case, participant_id)
    plan = reengagement_plan.plan_of(row.id) if row is not None else None
    if row is not None and plan is not None and plan.cause is not None:
        return _away_longer(uow, row, plan, away)
    today = today_at(case.school_id, uow.now)
    if row is None:
        for_whom = Person.CAUSED_HARM if away.cause is reengagement_plan.AwayCause.REMOVAL else Person.BOTH
        row = propose(
            uow, case, pathway=Family.REENGAGEMENT, kind=Kind.REENTRY_CIRCLE, for_whom=for_whom,
            participant_id=participant_id, tier=TIER, rules=[], start_by=today, owner_id=case.lead_id,
        )  # fmt: skip
    if plan is None:
        plan = reengagement_plan.ReengagementPlan(pathway_id=row.id, case_id=case.id, school_id=case.school_id)
    plan.student_id, plan.cause, plan.cause_key = student_id, away.cause, away.key
    plan.away_from, plan.return_on = away.away_from, plan.return_on or away.return_on
    uow.record(plan, "reengagement.opened", cause=away.cause.value)
    follow(uow, row, TO_PLAN, school_days(case.school_id).on_or_after(today))
    return row


def _standing(uow: UnitOfWork, case: Case, participant_id: int) -> Pathway | None:
    """The live re-engagement of this person in this case while they are not back."""
    wanted = (
        select(Pathway)
        .outerjoin(reengagement_plan.ReengagementPlan, reengagement_plan.ReengagementPlan.pathway_id == Pathway.id)
        .where(
            Pathway.case_id == case.id,
            Pathway.pathway == Family.REENGAGEMENT,
            Pathway.participant_id == participant_id,
            Pathway.state.in_(LIVE),
            reengagement_plan.ReengagementPlan.returned_on.is_(None),
        )
        .order_by(Pathway.id)
    )
    return uow.session.scalars(wanted).first()


def _away_longer(uow: UnitOfWork, row: Pathway, plan: reengagement_plan.ReengagementPlan, away: Away) -> Pathway:
    """Move an open return to a later day, because another removal came before the student was back."""
    if away.return_on is not None and plan.return_on is not None and away.return_on > plan.return_on:
        plan.return_on = away.return_on
    uow.record(plan, "reengagement.away_longer", cause=away.cause.value)
    return row


def _lead(uow: UnitOfWork, school_id: int) -> int | None:
    return choose_lead(school_id, today_at(school_id, uow.now)) or uow.actor.user_id


def _tell_lead(uow: UnitOfWork, case: Case) -> None:
    if case.lead_id is not None and case.lead_id != uow.actor.user_id:
        uow.notify(case.lead_id, "case_assigned", case, f"case-assigned:{case.id}:{case.lead_id}")


def expect_back(uow: UnitOfWork, cause_key: str, was: date | None, away_from: date, on: date | None) -> None:
    """Move the day of return when its removal was corrected, shortened or reversed.

    Nothing changes when the student is back already, or when another removal or a person has set another day since.
    """
    wanted = select(reengagement_plan.ReengagementPlan).where(reengagement_plan.ReengagementPlan.cause_key == cause_key)
    plan = uow.session.scalars(wanted.with_for_update()).one_or_none()
    if plan is None or plan.returned_on is not None or plan.return_on != was:
        return
    on = max(on, away_from) if on is not None else None
    if (plan.meeting_at is not None and on is None) or (plan.away_from, plan.return_on) == (away_from, on):
        return
    plan.away_from, plan.return_on = away_from, on
    uow.record(plan, "reengagement.return_moved", on=on.isoformat() if on is not None else "")


RETURN_GAP = number_setting("reengagement.gap_school_days", "RETURN_GAP_SCHOOL_DAYS")
LOOKS_BACK = timedelta(days=21)
"""How long after it began an enrollment counts as a return. Older ones are history."""


def returns_found(school_ids: Sequence[int], today: date) -> list[reengagement_plan.Stay]:
    """Enrollments that began again after a gap and have no return yet."""
    gap = RETURN_GAP.on(today)
    stays = reengagement_plan.stays_begun(school_ids, today - LOOKS_BACK, today)
    days = {number: school_days(number) for number in {stay.school_id for stay in stays}}
    return [
        stay
        for stay in stays
        if reengagement_plan.is_return(stay.starts_on, stay.earlier_ends, days[stay.school_id], gap)
        and not reengagement_plan.opened_by(key_of(stay))
    ]


def key_of(stay: reengagement_plan.Stay) -> str:
    """The cause key of a return that an enrollment opens."""
    return f"enrolment:{stay.enrolment_id}"


def open_returns(school_ids: Sequence[int], today: date, now: datetime) -> int:
    """Open the return of each student of these schools who is enrolled again after a gap. Returns how many.

    Each enrollment opens at most one return, however often this runs. Each return is its own unit of work.
    """
    opened = 0
    for stay in returns_found(school_ids, today):
        student_id = stay.student.id
        with unit_of_work(SYSTEM, now) as uow:
            student = uow.session.get_one(Student, student_id, with_for_update=True, populate_existing=True)
            last = max(day for day in stay.earlier_ends if day is not None)
            away = Away(reengagement_plan.AwayCause.PLACEMENT, key_of(stay), last + timedelta(days=1), stay.starts_on)
            uow.no_audit()
            opened += open_for_student(uow, student, stay.school_id, away) is not None
    return opened


pages = Pages("returns", __name__)


@pages.get("/returns")
@gate(Permission.CASE_READ)
def returns() -> Page:
    """Students who are away or back, by day of return."""
    actor, now = current_actor(), clock.now()
    shown = _lines(reengagement_plan.returns_of(actor, chosen_school_id(actor, *CASE_TEAM)), now)
    return render_template(
        "pathways/reengagement/returns/list.html",
        away=[line for line in shown if not line["back"]],
        back=[line for line in shown if line["back"]],
    )


def return_lines(
    actor: Actor, days_of: Callable[[int], SchoolDays] = school_days, limit: int = 5
) -> list[dict[str, Any]]:
    """The next returns of the actor's schools as rows (title, href, meta, tag, tone), for pages of higher packages.

    `days_of`: the caller's lookup of calendars that it loaded already.
    """
    away = [row for row in reengagement_plan.returns_of(actor, None, limit) if row.plan.returned_on is None]
    return _lines(away, clock.now(), days_of)


def _lines(
    rows: list[reengagement_plan.Return], now: datetime, days_of: Callable[[int], SchoolDays] = school_days
) -> list[dict[str, Any]]:
    known = {number: (get_school(number), days_of(number)) for number in {entry.pathway.school_id for entry in rows}}
    return [_line(entry, now, *known[entry.pathway.school_id]) for entry in rows]


def _line(entry: reengagement_plan.Return, now: datetime, school: School | None, days: SchoolDays) -> dict[str, Any]:
    row, plan = entry.pathway, entry.plan
    zone = school.time_zone if school else district_zone()
    today = local_date(now, zone)
    who = person_words(row.participant) if row.participant is not None else row.case.reference
    cause = str(reengagement_plan.AwayCause(plan.cause).label) if plan.cause is not None else ""
    standing = reengagement_plan.meeting_of(plan)
    meeting = str(reengagement_plan.Meeting(standing).label)
    if standing is reengagement_plan.Meeting.PLANNED:
        meeting = moment_words(plan.meeting_at, zone)
    parts = [row.case.reference, cause, _("meeting: %(how)s", how=meeting)]
    return {
        "title": who,
        "href": url_for("pathways.pathway", case_id=row.case_id, pathway_id=row.id),
        "meta": dotted(*parts),
        "tag": reengagement_plan.return_words(plan.return_on, plan.returned_on, today, days),
        "tone": tone_of(plan.return_on, plan.returned_on, today, days),
        "back": plan.returned_on is not None,
    }


def tone_of(return_on: date | None, returned_on: date | None, today: date, days: SchoolDays) -> str:
    """The tone of a return: overdue, within two school days, or later."""
    if returned_on is not None:
        return "moss"
    if return_on is None:
        return "slate"
    if return_on < today:
        return "brick"
    return "sun" if days.between(today, return_on) <= 2 else "slate"


def _page_of(student: Student) -> str:
    row = reengagement_plan.living_return(student.id, student.school_id or 0)
    if row is None:
        return url_for("students.student", student_id=student.id)
    return url_for("pathways.pathway", case_id=row.case_id, pathway_id=row.id)


class OpenForm(PlainForm):
    cause = radio(
        _l("Where is the student returning from?"),
        [
            (cause, reengagement_plan.AwayCause(cause).label)
            for cause in (reengagement_plan.AwayCause.LONG_ABSENCE, reengagement_plan.AwayCause.PLACEMENT)
        ],
        _l("Choose where from."),
    )
    away_from = DateField(_l("First day away"), [Optional()])
    return_on = DateField(_l("First day back"), [Optional()])

    def fit(self, student: Student) -> None:
        if student.school_id is not None:
            self.return_on.quick = _quick(student.school_id)


def _trail(student: Student) -> list[tuple[Any, str]]:
    own = (student.shown_name, url_for("students.student", student_id=student.id))
    return [(_("Find a student"), url_for("students.students")), own]


@pages.act(
    "/students/<int:student_id>/return", Subject(Student, get_student), OpenForm, Permission.CASE_WORK, adds=True,
    endpoint="open_return", title=_l("Back after a long absence"), button=_l("Open the return"), boxed=False,
    lede=_l("A case opens for this student only, with a plan for their return."), trail=_trail,
    more=lambda student, _form: {"facts": [student.shown_name], "can_blank": True},
    then=lambda student, _id: _page_of(student),
)  # fmt: skip
def open_by_hand(uow: UnitOfWork, student: Student, form: OpenForm) -> int:
    """Open the return of a student after a long absence or a placement. Returns the pathway's id."""
    if student.school_id is None:
        raise NotFound
    away_from, return_on = form.away_from.data, form.return_on.data
    standing = reengagement_plan.living_return(student.id, student.school_id)
    if standing is not None:
        raise Refused("", _("A return is already open: case %(case)s.", case=standing.case.reference))
    if away_from is not None and away_from > today_at(student.school_id, uow.now):
        raise Refused("away_from", _("Choose today or an earlier day."))
    check_days(away_from, return_on)
    away = Away(reengagement_plan.AwayCause(form.cause.data), None, away_from, return_on)
    return existing(open_for_student(uow, student, student.school_id, away)).id


def _quick(school_id: int) -> list[tuple[str, str]]:
    days, today = school_days(school_id), today_at(school_id, clock.now())
    return [(_("Today"), today.isoformat())] + [
        (_("in %(number)d school days", number=n), days.add(today, n).isoformat()) for n in (2, 5)
    ]


def student_panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """The panel about returns on a student's page, only for the school's case team."""
    if student.school_id is None or not actor.covers(student.school_id, *CASE_TEAM):
        return None
    row = reengagement_plan.living_return(student.id, student.school_id)
    plan = reengagement_plan.plan_of(row.id) if row is not None else None
    shown: dict[str, Any] = {"open_href": url_for("returns.open_return", student_id=student.id), "line": None}
    if row is not None and plan is not None:
        [shown["line"]] = _lines([reengagement_plan.Return(row, plan)], clock.now())
    return "pathways/reengagement/returns/_student_panel.html", shown


ROOM = Room(pages=(pages,), sentences=reengagement_plan.SENTENCES, panels=(Panel(Place.STUDENT, 20, student_panel),))
