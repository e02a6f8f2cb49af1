"""Recording a removal: what is refused, what adults had offered, the tenth day, and the return that opens."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants.queries import holders
from wss_cases.followups.making.actions import make
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import keeps_circle_of
from wss_cases.pathways.reengagement.opening.actions import Away, open_for_incident
from wss_cases.pathways.reengagement.plan.rules import back_on
from wss_cases.pathways.reengagement.plan.states import AwayCause
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.family_notice.letters import CODE as NOTICE
from wss_cases.safeguards.discipline.family_notice.letters import ask_for_interpreter
from wss_cases.safeguards.discipline.removals import queries, rules
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.discipline.removals.queries import Offer
from wss_cases.safeguards.discipline.removals.rules import Count, Span
from wss_cases.safeguards.discipline.removals.states import (
    ADMINISTRATOR_DECIDES,
    WITHOUT_END,
    Answer,
    DisciplineKind,
    Tried,
)
from wss_cases.safeguards.discipline.tenth_day.actions import raise_alarm
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm

A_YEAR = timedelta(days=366)
NOT_KEPT = ("answers", "acknowledged", "facts_verified")
DECISION = "other"
"""The follow-up with which a dean hands a decision to the administrator."""


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

    @property
    def span(self) -> Span:
        """The removal in time."""
        return Span(self.kind, self.days, self.starts_on, self.ends_on)


@use_case
def record_discipline(uow: UnitOfWork, incident_id: int, removal: Removal) -> int:
    """Record a removal of a student who is reported to have caused harm in this incident.

    Raises Refused first for an exclusion that is not the administrator's; then for pre-K to grade 2, another student,
    impossible days, facts that nobody has verified, an exclusion whose packet has gaps, and beyond the tenth day of a
    student with a disability without the review acknowledged. The student's return opens in the same act.
    """
    incident = uow.load(Incident, incident_id, Permission.DISCIPLINE_RECORD)
    _check_who_decides(uow.actor, incident, removal)
    student = _student_of(uow, incident, removal.student_id)
    today = today_at(incident.school_id, uow.now)
    calendar = school_days(incident.school_id)
    check_span(removal.span, queries.grade_on(student, removal.starts_on), calendar, today)
    check_facts("facts_verified", removal.kind, incident, verified=removal.facts_verified)
    check_reason(incident.id, student, removal.reason, removal.support_services)
    offered = queries.offered_to(student.id, incident.school_id, year_began(today))
    _check_exclusion(removal, offered)
    protected, count = _check_disability(student, removal, calendar)
    action = uow.add(_made(uow, incident, removal, offered, count))
    uow.record(action, "discipline.recorded", what=removal.kind.value, days=removal.days)
    _open_return(uow, incident, action)
    ask_for_interpreter(uow, incident, student, NOTICE)
    if rules.calls_for_review(protected, count):
        raise_alarm(uow, action, count, today, calendar)
    return action.id


@use_case
def hand_to_administrator(uow: UnitOfWork, incident_id: int, student_id: int) -> int:
    """Ask the school's administrator to decide about a removal of more than 3 days of this student.

    Raises Refused for another student, and where the school has no administrator.
    """
    incident = uow.load(Incident, incident_id, Permission.DISCIPLINE_RECORD)
    student = _student_of(uow, incident, student_id)
    today = today_at(incident.school_id, uow.now)
    owner = next((user_id for user_id, _name in holders(Role.ADMINISTRATOR, incident.school_id, today)), None)
    if owner is None:
        raise Refused("", _("This school has no administrator. Ask the district."))
    person = next((one.id for one in incident.people if one.student_id == student.id), None)
    row = make(
        uow, school_id=incident.school_id, kind=DECISION, owner_id=owner, single_mail=True,
        due_on=school_days(incident.school_id).on_or_after(today), incident_id=incident.id,
        incident_person_id=person, given_by_id=uow.actor.user_id,
        title=_("Decide about a removal of more than 3 days"),
    )  # fmt: skip
    return row.id


def year_began(today: date) -> date:
    """Return the first day of the school year of a date, from which on the packet looks back."""
    return school_year_bounds(school_year(today))[0]


def _student_of(uow: UnitOfWork, incident: Incident, student_id: int) -> Student:
    check_no_keeper(uow.actor, student_id)
    if student_id not in {student.id for student in students_who_caused_harm(incident.id)}:
        raise Refused("student_id", _("Choose a student reported to have caused harm in this incident."))
    # two removals of one student wait for each other, or both would be the tenth day's first
    return uow.session.get_one(Student, student_id, with_for_update=True, populate_existing=True)


def check_no_keeper(actor: Actor, student_id: int) -> None:
    """Raise Refused for somebody who keeps or kept a circle in which this student is: they decide no discipline."""
    if keeps_circle_of(actor.user_id, student_id):
        raise Refused("", _("You keep a circle with this student, so someone else decides about discipline."))


def check_span(span: Span, grade: int | None, calendar: SchoolDays, today: date) -> None:
    """Raise Refused for a removal that this grade has none of, or that cannot lie in time so."""
    if rules.is_too_young(span.kind, grade):
        raise Refused("kind", _("Students in pre-K to grade 2 may not be suspended, expelled, or placed elsewhere."))
    if abs(span.starts_on - today) > A_YEAR:
        raise Refused("starts_on", _("This day is more than a year away. Check the year."))
    if not 0 <= span.days <= rules.MOST_DAYS:
        raise Refused("days", _("Enter the school days as a number from 0 to %(most)d.", most=rules.MOST_DAYS))
    if span.days == 0 and span.kind not in WITHOUT_END:
        raise Refused("days", _("A removal has at least 1 school day; part of a day is 1."))
    if span.kind not in WITHOUT_END and not calendar.is_school_day(span.starts_on):
        raise Refused("starts_on", _("There is no school on this day. Choose the first school day away."))
    if span.ends_on is None:
        return
    if span.ends_on < span.starts_on:
        raise Refused("ends_on", _("The last day cannot be before the first."))
    if span.ends_on - span.starts_on > 3 * A_YEAR:
        raise Refused("ends_on", _("This day is too far away. Check the year."))
    between = len(rules.dates_of(replace(span, days=0), calendar))
    if span.days and between != span.days:
        words = ngettext(
            "There is %(num)d school day from the first day to the last.",
            "There are %(num)d school days from the first day to the last.",
            between,
        )
        raise Refused("days", words)


def check_facts(field: str, kind: DisciplineKind, incident: Incident | None, *, verified: bool) -> None:
    """Raise Refused for a suspension, an expulsion or a placement about facts that nobody has verified yet."""
    undecided = incident is not None and incident.state in UNDECIDED
    if rules.needs_verified_facts(kind) and undecided and not verified:
        raise Refused(field, _("No one has decided on this report yet. Verify its facts and hear the student."))


def check_reason(incident_id: int | None, student: Student, reason: str, supports: str) -> None:
    """Raise Refused for no reason, or another child's name in what the notice tells the family."""
    refuse_blank("reason", reason, _("Enter the reason."))
    others = queries.names_of_others(incident_id, student.id)
    for name, text in (("reason", reason), ("support_services", supports)):
        names = others.names_in(text)
        if names:
            words = _(
                "The family reads this. Write it without another child’s name (%(names)s).", names=", ".join(names)
            )
            raise Refused(name, words)


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
    count = rules.counted(queries.spans_of(student.id), removal.span, calendar)
    check_acknowledged(protected, count, removal.acknowledged)
    return protected, count


def check_acknowledged(protected: bool, count: Count, acknowledged: bool) -> None:
    """Raise Refused beyond the tenth day of a student with a disability, as long as nobody acknowledged the review."""
    if rules.must_acknowledge(protected, count) and not acknowledged:
        words = _(
            "With this removal it is school day %(after)d away in %(year)s. Beyond day 10 you must acknowledge the "
            "manifestation review before saving.",
            after=count.after,
            year=count.year,
        )
        raise Refused("acknowledged", words)


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
