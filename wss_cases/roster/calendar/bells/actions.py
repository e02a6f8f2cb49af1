"""A school says when its bells ring, weekday by weekday, from a day on."""

from collections.abc import Sequence
from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.calendar.bells.models import BellTime
from wss_cases.roster.calendar.bells.queries import Bells, bells_on, newest
from wss_cases.roster.directory.models import School


@use_case
def save_bells(uow: UnitOfWork, school_id: int, starts_on: date, bells: Sequence[Bells], seen: int | None) -> int:
    """Keep the bells of the weekdays that change from a day on; what was before stays for the days before.

    Raises NotFound; Refused for a day that is past, bells in the wrong order, or where another person was faster.
    """
    school = uow.load(School, school_id, Permission.SCHOOL_MANAGE)
    if starts_on < today_at(school_id, uow.now):
        raise Refused("starts_on", _("The first day must be today or later."))
    if newest(school_id) != seen:
        raise Refused(
            "",
            _(
                "Someone else has changed the bell times since this page was shown. Please review them, and submit "
                "again."
            ),
        )
    for weekday, (first, last) in enumerate(bells):
        if first >= last:
            raise Refused(f"last{weekday}", _("The last bell must ring after the first one."))
    standing = bells_on(school, starts_on)
    for weekday, (first, last) in enumerate(bells):
        if (first, last) != standing[weekday]:
            row = BellTime(
                school_id=school_id, weekday=weekday, starts_on=starts_on, first_bell=first, last_bell=last,
                said_by_id=uow.actor.user_id, said_at=uow.now,
            )  # fmt: skip
            uow.add_audited(row, "bells.said")
    uow.record(school, "school.bells_saved", starts_on=starts_on.isoformat())
    return school.id
