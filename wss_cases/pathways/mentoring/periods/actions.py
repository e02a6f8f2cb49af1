"""Setting the periods of a school's day, and who teaches a student in each period of their card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from sqlalchemy import delete, select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import load_live
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import Kind
from wss_cases.pathways.mentoring.mentors.queries import staff_accounts
from wss_cases.pathways.mentoring.periods.models import MOST_PERIODS, PeriodTeacher, SchoolPeriod
from wss_cases.pathways.mentoring.periods.queries import teachers_of
from wss_cases.pathways.mentoring.plan.models import DailyCard, MentoringPlan
from wss_cases.roster.directory.models import School


@dataclass(frozen=True)
class Times:
    """One period of a day: its name, and from when to when on the school's clock."""

    name: str
    starts_at: time
    ends_at: time


@use_case
def set_periods(uow: UnitOfWork, school_id: int, periods: Sequence[Times]) -> int:
    """Set the periods of a school's usual day; none at all takes them away. Returns the school's id.

    Cards keep the names they have. Raises Refused for two of one name, or one that ends before it starts.
    """
    school = existing(uow.session.get(School, school_id, with_for_update=True))
    require(uow.actor, Permission.MENTOR_MANAGE, SchoolPeriod(school_id=school_id))
    if len(periods) > MOST_PERIODS:
        raise Refused("", _("Write at most %(most)d periods.", most=MOST_PERIODS))
    if len({one.name for one in periods}) < len(periods):
        raise Refused("", _("Two periods have the same name."))
    for one in periods:
        if one.ends_at <= one.starts_at:
            raise Refused("", _("%(period)s ends before it starts.", period=one.name))
    uow.session.execute(delete(SchoolPeriod).where(SchoolPeriod.school_id == school_id))
    ordered = sorted(periods, key=lambda one: (one.starts_at, one.ends_at))
    for number, one in enumerate(ordered):
        uow.session.add(SchoolPeriod(school_id=school_id, number=number, **vars(one)))
    uow.record(school, "school.periods_set")
    return school_id


@use_case
def set_teachers(uow: UnitOfWork, pathway_id: int, teachers: Mapping[str, int | None]) -> int:
    """Say who teaches a student in each period of their card; None: nobody marks it but the mentor and the team.

    Returns the pathway's id. Raises NotFound without a card, Refused for somebody who does not work at the school.
    """
    row = load_live(uow, pathway_id)
    card = uow.session.scalar(select(DailyCard).where(DailyCard.pathway_id == row.id))
    if row.kind != Kind.CHECK_IN_CHECK_OUT or card is None:
        raise NotFound
    staff = staff_accounts(row.school_id, today_at(row.school_id, uow.now))
    known = teachers_of(row.id)
    for period in {*known, *card.periods}:
        user_id = teachers.get(period) if period in card.periods else None
        if user_id is not None and user_id not in staff:
            raise Refused("", _("Choose someone who works at this school."))
        _teach(uow, row, period, user_id, known.get(period))
    plan = uow.session.scalars(select(MentoringPlan).where(MentoringPlan.pathway_id == row.id)).one()
    uow.record(plan, "mentoring.teachers_set")
    return row.id


def _teach(uow: UnitOfWork, row: Pathway, period: str, user_id: int | None, known: PeriodTeacher | None) -> None:
    if known is not None and known.user_id != user_id:
        uow.audit("period_teacher.ended", "period_teacher", known.id, {"user_id": [known.user_id, None]})
        uow.session.delete(known)
        uow.session.flush()
    if user_id is not None and (known is None or known.user_id != user_id):
        uow.add_audited(PeriodTeacher.of(row, period=period, user_id=user_id), "period_teacher.set")
