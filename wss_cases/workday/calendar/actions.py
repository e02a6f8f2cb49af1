"""A day of the calendar is declared or taken back, and what stands on it moves with it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from wss_cases.access.actor import SYSTEM
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases import review_dates as reviews
from wss_cases.followups import calendar as follow_ups
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.shares import WHOLE, Share
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.meeting import school_days as circles
from wss_cases.pathways.common import calendar as next_steps
from wss_cases.roster.calendar.days import Said, day_at, moves_of_day, say_day, unsay_day, unsettled
from wss_cases.roster.directory.models import CalendarDay, School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import DayKind
from wss_cases.workday.calendar.queries import meetings_on, schools_to_settle

LONGEST = 400
"""Days ahead that a day can be declared."""
SETTLES_AFTER = timedelta(minutes=5)
"""So long a date is looked at again: a follow-up may have been saved beside the change of its day."""


class District:
    """The whole district, where a school is asked for: only who reaches every school may change its calendar."""

    id: int | None = None


@use_case
def declare_day(uow: UnitOfWork, school_id: int | None, day: date, said: Said, seen: str) -> int:
    """Declare a day of one school (None: of the district) and move what stands on it; returns the school's id or 0.

    What the district declares moves at each school with the next sweep. Raises NotFound, Refused for a day that is
    past or too far, or a half day without its bell; Stale when the day is no longer what `seen` says.
    """
    school = _place(uow, school_id)
    check_day(day, today_at(school_id, uow.now))
    _check(said)
    if day_at(school_id, day).mark != seen:
        raise Stale
    say_day(uow, school, day, said)
    if school is not None:
        settle(uow, school, day)
    return school_id or 0


@use_case
def take_back_day(uow: UnitOfWork, school_id: int | None, day: date, seen: str) -> int:
    """Take back what was declared of a day; what it moved and nobody touched returns. As `declare_day`."""
    school = _place(uow, school_id)
    check_day(day, today_at(school_id, uow.now))
    if day_at(school_id, day).mark != seen:
        raise Stale
    unsay_day(uow, school, day)
    if school is not None:
        settle(uow, school, day)
    return school_id or 0


def _place(uow: UnitOfWork, school_id: int | None) -> School | None:
    if school_id is not None:
        return uow.load(School, school_id, Permission.SCHOOL_MANAGE)
    require(uow.actor, Permission.SCHOOL_MANAGE, District())
    return None


def check_day(day: date, today: date) -> None:
    """Raise Refused for a day that cannot be declared any more, or not yet."""
    if day < today:
        raise Refused("", _("This day is past. What was due on it stays as it is."))
    if (day - today).days > LONGEST:
        raise Refused("", _("Choose a day within the next year."))


def _check(said: Said) -> None:
    if said.kind is DayKind.HALF and said.last_bell is None:
        raise Refused("last_bell", _("Enter when the last bell of the half day rings."))
    if said.kind is not DayKind.HALF and said.last_bell is not None:
        raise Refused("last_bell", _("Only a half day has its own last bell."))


def settle(uow: UnitOfWork, school: School, day: date) -> None:
    """Move what stands on a date of a school that has no school, or bring back what it moved."""
    days, today = school_days(school.id), today_at(school.id, uow.now)
    if day < today:
        return
    if days.is_school_day(day):
        moves = [move for move in moves_of_day(school.id, day) if move.returned_at is None]
        follow_ups.return_to_day(uow, moves)
        reviews.return_to_day(uow, moves)
        next_steps.return_to_day(uow, moves)
        circles.stop_asking(uow, moves)
        return
    to_day, label = days.on_or_after(day), day_at(school.id, day).label
    meetings = meetings_on(school, day)
    follow_ups.leave_day(uow, school.id, day, today, days, label)
    reviews.leave_day(uow, school.id, day, to_day, label)
    next_steps.leave_day(uow, school.id, day, to_day, label, {row.pathway_id for row in meetings})
    circles.ask_for_new_days(uow, meetings, day, to_day, label)


def settle_changes(now: datetime, share: Share = WHOLE) -> None:
    """Move what stands on dates that an import or the district opened or closed; the sweep calls it every minute.

    A date is settled at all of its schools, or not begun: where the share of a tick is over, the next goes on.
    """
    changed = unsettled()
    schools: dict[date, list[int]] = defaultdict(list)
    for school_id, day in schools_to_settle(changed) if changed else ():
        schools[day].append(school_id)
    for day, rows in groupby(changed, key=lambda row: row.day):
        if not share.goes_on():
            break
        ids = [row.id for row in rows]
        for school_id in schools[day]:
            with unit_of_work(SYSTEM, now) as uow:
                uow.no_audit()
                settle(uow, existing(uow.session.get(School, school_id, with_for_update=True)), day)
        _close(ids, now)


def _close(ids: Sequence[int], now: datetime) -> None:
    """Note of rows of the calendar that what stood on their date has moved, some minutes after they changed."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        for row_id in ids:
            again = uow.session.get(CalendarDay, row_id, with_for_update=True, populate_existing=True)
            since = again.unsettled_since if again is not None else None
            if again is not None and since is not None and since <= now - SETTLES_AFTER:
                again.unsettled_since = None
