"""Reading for the case pages: all that one case page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, not_, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.housing import may_know_of_housing
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.teams import works
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant, CaseState
from wss_cases.cases.case.queries import participants_of, visible_to
from wss_cases.casework.next_act import DutyItem, FollowUpItem, PathwayItem, Situation, stands_for, steps_of
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import is_known_to, known_to
from wss_cases.followups.core.states import LIAISON
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.queries import case_history
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.queries import parted, pathways_of
from wss_cases.pathways.common.rules import Pathway, Step
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.roster.directory.models import Student
from wss_cases.routing.engine.pages import Kind
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared

TERM_KIND = "agreement_term"


@dataclass
class CaseFile:
    """What hangs on one case; the caller has checked the case."""

    case: Case
    people: list[CaseParticipant]
    pathways: list[Pathway]
    steps: dict[int, Step]
    answers: list[RoutingAnswer]
    follow_ups: list[FollowUp]
    duties: list[LegalDuty]
    incidents: list[tuple[int, date]]
    names: dict[int, str] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()

    @property
    def has_lead(self) -> bool:
        """Whether somebody who still works at the school coordinates it."""
        return self.case.lead_id is not None and self.case.lead_id not in self.gone

    def who(self, user_id: int | None) -> str:
        """Return who has the case or a pathway of it, in words: a name, that they left, or nobody yet."""
        name = self.names.get(user_id or 0)
        if name is None:
            return _("no one yet")
        return _("%(name)s, who left", name=name) if user_id in self.gone else name

    @property
    def incident_ids(self) -> list[int]:
        """The incidents that the case was opened from."""
        return [number for number, _day in self.incidents]

    @property
    def happened_on(self) -> date | None:
        """The day of the first of its incidents; None for a case that came from elsewhere."""
        return min((day for _number, day in self.incidents), default=None)

    @property
    def open_follow_ups(self) -> list[FollowUp]:
        """Follow-ups that are not settled, by due day."""
        rows = [row for row in self.follow_ups if row.state is FollowUpState.OPEN]
        return sorted(rows, key=lambda row: (row.due_on, row.id))


def case_file(case: Case, today: date, now: datetime) -> CaseFile:
    """Gather what hangs on a case that the actor may see."""
    pathways = pathways_of(case.id)
    follow_ups = list(_follow_ups.rows([case.id]).scalars())
    staff = [case.lead_id, *(row.owner_id for row in pathways), *(row.offered_by_id for row in pathways)]
    names, gone = _staff(staff, case, now)
    incidents, answers = _incidents_of(case.id)
    return CaseFile(
        case=case,
        people=participants_of(case.id),
        pathways=pathways,
        steps=steps_of(pathways, today, now),
        answers=answers,
        follow_ups=follow_ups,
        duties=open_duties_of(case.id),
        incidents=incidents,
        names=names,
        gone=gone,
    )


@Prepared
def _follow_ups(among_ids: Narrow) -> Any:
    return select(FollowUp).where(among_ids(FollowUp.case_id)).order_by(FollowUp.id)


def seen_by(file: CaseFile, actor: Actor) -> CaseFile:
    """Return what somebody may see of a case: a need for housing support is seen by the coordinator alone."""
    seen, hidden = parted(actor, file.case.school_id, file.pathways)
    unseen = {row.id for row in hidden}
    follow_ups = [row for row in file.follow_ups if is_known_to(actor, row, unseen)]
    return replace(file, pathways=seen, follow_ups=follow_ups)


def history_seen(
    case: Case, actor: Actor, before: int | None = None, limit: int = 50, incidents: Sequence[int] = ()
) -> list[TimelineEntry]:
    """Return the newest entries of a case that somebody may see; `before` is an entry's id."""
    if may_know_of_housing(actor, case.school_id):
        return case_history(case.id, before, limit, incidents)
    of_housing = select(Referral.id).where(Referral.case_id == case.id, Referral.service == Kind.HOUSING_BASIC_NEEDS)
    untold = select(FollowUp.id).where(FollowUp.case_id == case.id, not_(known_to(actor)))
    hidden = {("referral", number) for number in db.session.scalars(of_housing)}
    hidden |= {("follow_up", number) for number in db.session.scalars(untold)}
    found: list[TimelineEntry] = []
    while len(found) < limit:
        entries = case_history(case.id, before, limit, incidents)
        for one in entries:
            told = {Kind.HOUSING_BASIC_NEEDS, LIAISON} & set(map(str, one.data.values()))
            found += [] if told or (one.subject_type, one.subject_id) in hidden else [one]
        if len(entries) < limit:
            break
        before = entries[-1].id
    return found[:limit]


def _staff(ids: Sequence[int | None], case: Case, now: datetime) -> tuple[dict[int, str], frozenset[int]]:
    """The names of staff by id, and those of them who no longer work at the case's school; in one query."""
    wanted = sorted({user_id for user_id in ids if user_id is not None})
    rows = _at_work.rows(wanted, school=case.school_id, now=now).all() if wanted else []
    gone = () if case.state is CaseState.CLOSED else (row[0] for row in rows if not row[2])
    return {row[0]: row[1] for row in rows}, frozenset(gone)


@Prepared
def _at_work(among_ids: Narrow) -> Any:
    here = works(UserAccount.id, bindparam("school"), CASE_TEAM, bindparam("now", type_=UtcDateTime()))
    return select(UserAccount.id, UserAccount.name, here).where(among_ids(UserAccount.id))


def _incidents_of(case_id: int) -> tuple[list[tuple[int, date]], list[RoutingAnswer]]:
    """Return a case's incidents, and the newest stored answer for each person of them, in one query."""
    rows = _answered.rows([case_id]).all()
    newest = {(row.incident_id, row.incident_person_id): row for _number, _day, row in rows if row is not None}
    return list({number: (number, day) for number, day, _row in rows}.values()), list(newest.values())


@Prepared
def _answered(among_ids: Narrow) -> Any:
    return (
        select(Incident.id, Incident.local_date, RoutingAnswer)
        .join(CaseIncident, CaseIncident.incident_id == Incident.id)
        .outerjoin(RoutingAnswer, RoutingAnswer.incident_id == Incident.id)
        .where(among_ids(CaseIncident.case_id))
        .order_by(Incident.id, RoutingAnswer.id)
    )


def open_duties_of(case_id: int) -> list[LegalDuty]:
    """Return the school's legal duties of a case's incidents that still ask for something; no adult's own."""
    return list(_open_duties.rows([case_id]).scalars())


@Prepared
def _open_duties(among_ids: Narrow) -> Any:
    incidents = select(CaseIncident.incident_id).where(among_ids(CaseIncident.case_id))
    duties = select(LegalDuty).where(LegalDuty.incident_id.in_(incidents), LegalDuty.state.in_(OPEN_DUTY), shared())
    return duties.order_by(LegalDuty.id)


def situation(file: CaseFile, today: date) -> Situation:
    """Return what the next act of a case is computed from."""
    return Situation(
        state=file.case.state,
        today=today,
        has_lead=file.has_lead,
        review_on=file.case.next_review_on,
        duties=[DutyItem(duty.id, duty.code) for duty in file.duties],
        follow_ups=[
            FollowUpItem(row.id, row.due_on, row.kind, of_others=row.owner_id not in (None, file.case.lead_id))
            for row in file.open_follow_ups
            if not stands_for(row.kind, row.pathway_id, file.steps)
        ],
        pathways=[PathwayItem(row.id, row.state, file.steps.get(row.id)) for row in file.pathways],
    )


def other_case_of(incident_id: int, case_id: int) -> str | None:
    """Return the reference of another case that an incident belongs to; None when there is none."""
    return db.session.scalar(
        select(Case.reference)
        .join(CaseIncident, CaseIncident.case_id == Case.id)
        .where(CaseIncident.incident_id == incident_id, Case.id != case_id)
    )


def student_here(case: Case, student_id: int) -> Student | None:
    """Return a student of the case's school; None for anybody else."""
    student = db.session.get(Student, student_id)
    return student if student is not None and student.school_id == case.school_id else None


def terms_of(case_id: int) -> dict[int, list[tuple[int, date, TermState]]]:
    """Return number, due day and state of every agreement term of a case, by pathway; never its words."""
    statement = (
        select(Agreement.pathway_id, AgreementTerm.position, AgreementTerm.due_on, AgreementTerm.state)
        .join(Agreement)
        .where(Agreement.case_id == case_id)
        .order_by(AgreementTerm.position)
    )
    found: dict[int, list[tuple[int, date, TermState]]] = {}
    for pathway_id, position, due_on, state in db.session.execute(statement):
        found.setdefault(pathway_id, []).append((position, due_on, state))
    return found


def open_cases_of(actor: Actor, school_id: int, lead_id: int | None) -> list[Any]:
    """Return id, reference, kind of harm and place of the open cases that a person leads at a school."""
    columns: Any = select(Case.id, Case.reference, Case.harm_kind, Case.location_code)
    statement = visible_to(columns, actor, live=True).where(Case.school_id == school_id, Case.lead_id == lead_id)
    return list(db.session.execute(statement.order_by(Case.id)))
