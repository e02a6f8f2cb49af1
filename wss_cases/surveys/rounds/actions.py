"""Opening a round of the survey at a school."""

from dataclasses import dataclass
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import new_code
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import School
from wss_cases.surveys.instrument.queries import questions_on
from wss_cases.surveys.instrument.states import SurveyGroup, Way
from wss_cases.surveys.people.queries import people_of
from wss_cases.surveys.rounds.models import SurveyRound, SurveyTally, SurveyWall
from wss_cases.surveys.rounds.queries import last_answered, running_round
from wss_cases.surveys.rounds.rules import AGAIN, LONGEST, NOTICE, blank
from wss_cases.surveys.rounds.tallies import seal_counts


@dataclass(frozen=True)
class Planned:
    """A round as it is opened: who is asked, from when to when, since when families know, and whether by a code too."""

    opens_on: date
    closes_on: date
    groups: frozenset[SurveyGroup]
    notice_on: date | None
    wall: bool


@use_case
def open_round(uow: UnitOfWork, school_id: int, planned: Planned) -> int:
    """Plan a round at a school. Returns its id. Raises NotFound, and Refused for dates that do not fit, for students of
    whose survey families have not known for a week, for a group that answered within a month before, and while another
    round of the school is not over."""
    school = uow.load(School, school_id, Permission.SURVEY_OPEN)
    _check(planned, today_at(school.id, uow.now))
    if running_round(school.id) is not None:
        raise Refused("", _("Another survey of this school is not over yet. End it first."))
    _refuse_soon(school.id, planned)
    row = SurveyRound(
        school_id=school.id, school_year=school_year(planned.opens_on), opens_on=planned.opens_on,
        closes_on=planned.closes_on, notice_on=planned.notice_on, made_at=uow.now, made_by_id=uow.actor.user_id,
        asks_students=SurveyGroup.STUDENT in planned.groups, asks_families=SurveyGroup.FAMILY in planned.groups,
        asks_staff=SurveyGroup.STAFF in planned.groups,
    )  # fmt: skip
    uow.add(row)
    for group in row.groups:
        _add_tallies(uow, row, group, planned.wall)
    if planned.wall:
        uow.add(SurveyWall(round_id=row.id, code=new_code()))
    uow.record(row, "survey_round.opened", opens_on=row.opens_on.isoformat(), closes_on=row.closes_on.isoformat())
    return row.id


def _check(planned: Planned, today: date) -> None:
    if not planned.groups:
        raise Refused("groups", _("Choose who is asked."))
    if planned.opens_on < today:
        raise Refused("opens_on", _("Choose today or a later day."))
    if not planned.opens_on <= planned.closes_on <= planned.opens_on + LONGEST:
        raise Refused("closes_on", _("Choose a day from the first day on, at most 60 days later."))
    if SurveyGroup.STUDENT not in planned.groups:
        return
    if planned.notice_on is None:
        raise Refused("notice_on", _("Enter the day on which families were told."))
    if planned.notice_on > today:
        raise Refused("notice_on", _("Choose today or an earlier day."))
    if planned.opens_on - planned.notice_on < NOTICE:
        words = _("Families must know for at least 7 days before it opens, so that they can opt out.")
        raise Refused("opens_on", words)


def _refuse_soon(school_id: int, planned: Planned) -> None:
    for group in planned.groups:
        last = last_answered(school_id, group)
        if last is not None and planned.opens_on < last + AGAIN:
            words = _(
                "%(group)s answered a survey until %(day)s. Ask them again from %(again)s on: results that are close "
                "to each other could tell what one person answered.",
                group=group.label, day=day_words_with_year(last), again=day_words_with_year(last + AGAIN),
            )  # fmt: skip
            raise Refused("opens_on", words)


def _add_tallies(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup, wall: bool) -> None:
    asked = [(one.code, one.scale) for one in questions_on(row.opens_on, group)]
    for way in Way if wall else (Way.INVITED,):
        most = people_of(row.school_id, group, row.opens_on) if way is Way.OPEN else None
        tally = SurveyTally(round_id=row.id, audience=group, way=way, most=most)
        seal_counts(tally, blank(asked))
        uow.add(tally)
