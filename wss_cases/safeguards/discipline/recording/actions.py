"""Recording a removal: what is refused, what adults had offered, the tenth day, and the return that opens."""

from dataclasses import dataclass, field
from datetime import date

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.reengagement.opening.actions import Away, open_for_incident
from wss_cases.pathways.reengagement.plan.rules import back_on
from wss_cases.pathways.reengagement.plan.states import AwayCause
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.family_notice.letters import CODE as NOTICE
from wss_cases.safeguards.discipline.family_notice.letters import ask_for_interpreter
from wss_cases.safeguards.discipline.recording.hand_off import close_hand_off
from wss_cases.safeguards.discipline.recording.hearing import Hearing, ask_to_hear, check_heard, is_title_ix_matter
from wss_cases.safeguards.discipline.recording.refusals import check_acknowledged, check_reason, check_span, student_of
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
    check_span(removal.span, queries.grade_on(student, removal.starts_on), calendar, today)
    check_heard(removal.hearing, removal.span, is_title_ix_matter(incident), calendar, today)
    check_reason(incident.id, student, removal.kind, removal.told)
    offered = queries.offered_to(student.id, incident.school_id, year_began(today))
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
    count = rules.counted(queries.spans_of(student.id), removal.span, calendar)
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
