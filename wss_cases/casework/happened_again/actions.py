"""Something happened again: a report joined to the case, the safety plan looked at today, people told, new check-ins.

A check-in in which it came up is closed by this and by nothing less.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.models import Case, CaseParticipant, CaseState, ReopenReason
from wss_cases.cases.case.pages import reopen_case
from wss_cases.cases.progress import join_incident
from wss_cases.casework.happened_again.messages import HAPPENED_AGAIN
from wss_cases.casework.happened_again.states import Ground
from wss_cases.casework.safety_plans.actions import look_at_on
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.pages import outcomes_of
from wss_cases.followups.core.states import HAPPENED_AGAIN as AGAIN
from wss_cases.followups.handling import open_follow_up
from wss_cases.followups.making import close_row, make_for_event
from wss_cases.followups.undo import bring_back
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import at_local, today_at, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import create_incident
from wss_cases.incidents.incident.rules import LOCATION_OF_TILE, Capture, CapturedPerson
from wss_cases.incidents.incident.states import PersonKind, PersonRole, Tile, WhenPrecision, WhereTile
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.reengagement.opening.actions import case_for
from wss_cases.roster.directory.queries import school_days

LONGEST_AGO = timedelta(days=365)
REVIEW_AFTER = 5


@dataclass(frozen=True)
class Again:
    """What is passed on of it: `harmed` and `caused` are people of the case; `manner` is how it became known."""

    danger: bool
    what: Tile
    where: WhereTile
    on_day: date
    harmed: Collection[int]
    caused: Collection[int]
    ground: Ground
    ground_words: str
    passed_on: str
    manner: str


@use_case
def at_check_in(uow: UnitOfWork, follow_up_id: int, again: Again) -> int:
    """Report what came up in a check-in, which closes with it where that is one of its outcomes; returns the case's id.

    Raises NotFound, Stale, Refused naming the field.
    """
    row = open_follow_up(uow, follow_up_id, uow.version)
    case = _case_of(uow, row)
    _report(uow, case, again)
    if AGAIN in outcomes_of(row.kind):
        shown = {"manner": again.manner, "on": today_at(row.school_id, uow.now).isoformat(), "attempts": 1}
        close_row(uow, row, AGAIN, evidence=shown)
    return case.id


@use_case
def in_case(uow: UnitOfWork, case_id: int, again: Again) -> int:
    """Report what happened again in a case, however it became known; returns the case's id. Raises as above."""
    case = uow.load(Case, case_id, Permission.CASE_WORK)
    _report(uow, case, again)
    return case.id


def _case_of(uow: UnitOfWork, row: FollowUp) -> Case:
    if row.case_id is not None:
        return uow.session.get_one(Case, row.case_id, with_for_update=True)
    return case_for(uow, uow.session.get_one(Incident, row.incident_id, with_for_update=True))


def _report(uow: UnitOfWork, case: Case, again: Again) -> None:
    today = today_at(case.school_id, uow.now)
    _check(again, today)
    due_on = school_days(case.school_id).on_or_after(today)
    if case.state is CaseState.CLOSED:
        ended_at = case.closed_at
        reopen_case(uow, case, ReopenReason.HARM_AGAIN, school_days(case.school_id).add(today, REVIEW_AFTER))
        bring_back(uow, case.id, ended_at)
    incident = create_incident(uow, _capture(uow, case, again))
    uow.record(incident, "incident.passed_on", ground=again.ground.value)
    route_incident(uow, incident)
    join_incident(uow, case, incident)
    uow.session.flush()
    uow.record(case, "case.happened_again", reference=incident.reference, ground=again.ground.value)
    harmed: list[CaseParticipant | None] = [person for person in case.participants if person.id in again.harmed]
    for person in harmed or [None]:
        look_at_on(uow, case, person, due_on)
        make_for_event(
            uow, AGAIN, school_id=case.school_id, owner_id=case.lead_id or uow.actor.user_id, from_day=today,
            case_id=case.id, participant_id=person.id if person else None,
            incident_person_id=person.incident_person_id if person else None,
        )  # fmt: skip
    _tell(uow, case, incident, today)


def _check(again: Again, today: date) -> None:
    if not today - LONGEST_AGO <= again.on_day <= today:
        raise Refused("on_day", _("Choose today, or a day of the last twelve months."))
    if again.ground is not Ground.AGREED:
        refuse_blank("ground_words", again.ground_words, _("Write which harm, or which law."))
    if set(again.harmed) & set(again.caused):
        raise Refused("caused", _("Choose each person only once."))


def _capture(uow: UnitOfWork, case: Case, again: Again) -> Capture:
    parts = ((again.harmed, PersonRole.HARMED), (again.caused, PersonRole.CAUSED_HARM))
    people = [_captured(one, role) for ids, role in parts for one in case.participants if one.id in ids]
    if not again.caused:
        people.append(CapturedPerson(PersonKind.NOT_IDENTIFIED, role=PersonRole.CAUSED_HARM))
    today = today_at(case.school_id, uow.now)
    return Capture(
        school_id=case.school_id,
        danger_now=again.danger,
        tile=again.what,
        location_code=LOCATION_OF_TILE[again.where],
        occurred_at=uow.now if again.on_day == today else _noon(case, again.on_day),
        precision=WhenPrecision.EARLIER_TODAY if again.on_day == today else WhenPrecision.DAY,
        people=tuple(people),
        narrative="\n\n".join(filter(None, (again.passed_on.strip(), again.ground_words.strip()))),
    )


def _captured(person: CaseParticipant, role: PersonRole) -> CapturedPerson:
    if person.student_id is not None:
        return CapturedPerson(PersonKind.STUDENT, person.student_id, role=role)
    return CapturedPerson(PersonKind.OTHER_ADULT, description=person.description, role=role)


def _noon(case: Case, day: date) -> datetime:
    return at_local(day, 12, 0, zone_of(case.school_id))


def _tell(uow: UnitOfWork, case: Case, incident: Incident, today: date) -> None:
    """Tell the lead and the school's administrators, all but whoever reports it."""
    people = {user_id for user_id, _name in holders(Role.ADMINISTRATOR, case.school_id, today)}
    for user_id in sorted({*people, case.lead_id or 0} - {0, uow.actor.user_id}):
        uow.notify(user_id, HAPPENED_AGAIN, case, f"{HAPPENED_AGAIN}:{incident.id}:{user_id}")
