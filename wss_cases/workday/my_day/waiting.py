"""What waits for one person: reports, duties, concerns, appeals, new cases, questions, partners' answers, trainings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select, tuple_

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.prepared import PreparedFor
from wss_cases.cases.case.models import Case, CaseState
from wss_cases.cases.case.queries import visible_to as cases_visible
from wss_cases.foundation.db import counting, db
from wss_cases.incidents.incident.models import Alarm, Incident
from wss_cases.incidents.incident.queries import own_reports as reported_by
from wss_cases.incidents.incident.queries import reviewed_by, unscreened_counted
from wss_cases.incidents.incident.states import WAITING, IncidentState
from wss_cases.intake.queue.queries import is_alarm
from wss_cases.pathways.referrals.referral.queries import declined_for
from wss_cases.practice.requests.messages import waiting_counted as requests_counted
from wss_cases.safeguards.discipline.removals.pages import undecided_appeals_counted
from wss_cases.safeguards.duties.duty.queries import (
    clocks_found,
    mandated_duties_counted,
    open_duties_counted,
    second_reviews_counted,
)
from wss_cases.safeguards.police.review.queries import (
    calls_found,
    made_by_others,
    second_looks_waiting,
    seconds_counted,
)
from wss_cases.safeguards.police.review.queries import waiting_counted as police_reviews_counted
from wss_cases.training.requirements.queries import asked_counted, behind, own_due
from wss_cases.workday.my_day.beside import any_of

REVIEWERS = (Role.DEAN, Role.ADMINISTRATOR)
MOST = 200


@dataclass(frozen=True)
class Danger:
    """A report that is an alarm, as of somebody hurt or in danger, that nobody decided on yet."""

    id: int
    reference: str
    tile: str
    location_code: str
    submitted_at: datetime
    alarm: Alarm


@dataclass(frozen=True)
class Waiting:
    """What waits for the person's decision: reports to review, duties, concerns to screen, appeals, new cases."""

    to_review: int
    new_cases: list[tuple[int, str, str]]
    questions: list[tuple[int, str]]
    duties: int = 0
    second_looks: int = 0
    police_reviews: int = 0
    police_seconds: int = 0
    declined: Sequence[Any] = ()
    own_duties: int = 0
    concerns: int = 0
    appeals: int = 0
    circle_requests: int = 0
    requests_of_danger: int = 0
    called: int = 0
    """Whether the record of an emergency call is due."""

    clocks: int = 0
    """Whether any of the `duties` has a clock."""

    own_trainings: int = 0
    school_trainings: int = 0
    dangers: Sequence[Danger] = ()
    schools_behind: Sequence[int] = ()
    """The schools at which the `school_trainings` are missing or due."""

    @property
    def count(self) -> int:
        """How many things wait."""
        listed = len(self.dangers) + len(self.new_cases) + len(self.questions) + len(self.declined)
        of_the_law = self.duties + self.own_duties + self.second_looks + self.police_reviews + self.police_seconds
        asked = self.circle_requests + self.requests_of_danger
        trainings = self.own_trainings + self.school_trainings
        return self.to_review + of_the_law + self.concerns + self.appeals + asked + trainings + listed

    @property
    def first_count(self) -> int:
        """How many of them come before everything else."""
        return len(self.questions) + len(self.dangers) + self.requests_of_danger


def waiting_counted(actor: Actor) -> dict[str, Select[Any] | None]:
    """Return what counts each kind of what waits for a person on their date, the parameter `today`, by its name; of
    `danger`, `asked`, `notified`, `called` and `clocks` whether there is any, which is read then."""
    team = actor.has(*CASE_TEAM)
    return {
        "danger": any_of(_of_danger(select(Incident.id), actor)) if actor.has(*REVIEWERS) else None,
        "asked": any_of(_asked(select(Incident.id), actor)),
        "to_review": _to_review(actor),
        "second_looks": second_reviews_counted(actor),
        "duties": open_duties_counted(actor),
        "own_duties": mandated_duties_counted(actor),
        "police_reviews": police_reviews_counted(actor),
        "police_seconds": seconds_counted(actor),
        "notified": any_of(made) if (made := made_by_others(actor)) is not None else None,
        "called": any_of(calls_found(actor)) if team else None,
        "clocks": any_of(clocks_found(actor)) if team else None,
        "concerns": unscreened_counted(actor),
        "appeals": undecided_appeals_counted(actor),
        "circle_requests": requests_counted(actor, danger=False),
        "requests_of_danger": requests_counted(actor, danger=True),
        "requirements": asked_counted(bindparam("today")),
    }


def waiting_for(
    actor: Actor, today: date, covered: Sequence[tuple[int, int]] = (), counted: Mapping[str, int] | None = None
) -> Waiting:
    """Return what waits for a person on their date; new cases too of those they stand in for: (person, school).

    `counted`: what `waiting_counted` counts, where a page has it already.
    """
    counts = dict(_counted.rows(actor, today=today).one()._asdict() if counted is None else counted)
    counts["duties"] -= counts["second_looks"]
    danger, asked = counts.pop("danger"), counts.pop("asked")
    if counts.pop("notified"):
        counts["police_seconds"] += second_looks_waiting(actor)
    of_schools: dict[int, set[int]] = {}
    if counts.pop("requirements"):
        of_schools, _people = behind(actor.school_ids(Role.ADMINISTRATOR), today)
        counts["own_trainings"] = len(own_due(actor, today))
        counts["school_trainings"] = len(set[int]().union(*of_schools.values()))
    return Waiting(
        new_cases=_new_cases(actor, covered) if actor.has(*CASE_TEAM) else [],
        questions=_questions(actor) if asked else [],
        dangers=_dangers(actor) if danger else [],
        declined=declined_for(actor) if actor.has(*CASE_TEAM) else [],
        schools_behind=sorted(of_schools),
        **counts,
    )


@PreparedFor
def _counted(actor: Actor) -> Any:
    return counting(waiting_counted(actor))


def _to_review(actor: Actor) -> Select[Any] | None:
    if not actor.has(*REVIEWERS):
        return None
    queue = reviewed_by(actor, *REVIEWERS)
    return select(func.count(Incident.id)).where(queue, Incident.state.in_(WAITING), ~is_alarm())


def _dangers(actor: Actor) -> list[Danger]:
    """Return the alarms that nobody decided on yet, which come before everything else, the newest first."""
    columns = (
        Incident.id, Incident.reference, Incident.tile, Incident.location_code, Incident.submitted_at, Incident.alarm
    )  # fmt: skip
    reports: Any = select(*columns)
    waits = _of_danger(reports, actor).order_by(Incident.id.desc()).limit(MOST)
    return [
        Danger(row.id, row.reference, row.tile, row.location_code, row.submitted_at, row.alarm or Alarm.DANGER)
        for row in db.session.execute(waits)
    ]


def _of_danger(statement: Select[Any], actor: Actor) -> Select[Any]:
    queue = reviewed_by(actor, *REVIEWERS)
    return statement.where(queue, Incident.state.in_(WAITING), is_alarm())


def _new_cases(actor: Actor, covered: Sequence[tuple[int, int]]) -> list[tuple[int, str, str]]:
    found = (_NEW_COVERING if covered else _NEW).rows(actor, covered=list(covered))
    return [(row[0], row[1], row[2]) for row in found]


def _new(covering: bool, actor: Actor) -> Any:
    cases: Any = select(Case.id, Case.reference, Case.harm_kind)
    mine = Case.lead_id == actor.user_id
    theirs = tuple_(Case.lead_id, Case.school_id).in_(bindparam("covered", expanding=True))
    led = or_(mine, theirs) if covering else mine
    new = cases_visible(cases, actor, live=True).where(led, Case.state == CaseState.INTAKE)
    return new.order_by(Case.id.desc()).limit(MOST)


_NEW, _NEW_COVERING = (PreparedFor(partial(_new, covering)) for covering in (False, True))


def _questions(actor: Actor) -> list[tuple[int, str]]:
    reports: Any = select(Incident.id, Incident.reference)
    asked = _asked(reports, actor).order_by(Incident.id).limit(MOST)
    return [(row[0], row[1]) for row in db.session.execute(asked)]


def _asked(statement: Select[Any], actor: Actor) -> Select[Any]:
    return statement.where(reported_by(actor, live=True), Incident.state == IncidentState.RETURNED)
