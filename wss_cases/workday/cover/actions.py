"""Cover while away: who stands in for whom at one school, from a first to a last day."""

from datetime import date

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import Cover, UserAccount
from wss_cases.accounts.coverage import overlapping
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.queries import team_of

LONGEST = 366
"""Days that one cover lasts at most."""


@use_case
def set_cover(
    uow: UnitOfWork, school_id: int, user_id: int, cover_id: int, *, starts_on: date, ends_on: date, note: str
) -> int:
    """Say who stands in for a person at a school, and from when to when; returns the cover's id.

    Raises NotFound for somebody one may not set it for, Refused for dates that do not fit, somebody outside the
    school's team, days that are covered already, or somebody who is away then as well.
    """
    uow.session.get(UserAccount, user_id, with_for_update=True)
    row = Cover(
        school_id=school_id, user_id=user_id, cover_id=cover_id, starts_on=starts_on, ends_on=ends_on,
        note=note.strip(), made_at=uow.now, made_by_id=uow.actor.user_id,
    )  # fmt: skip
    require(uow.actor, Permission.COVER_SET, row)
    _check(uow, row)
    uow.add(row)
    uow.record(row, "cover.set", until=ends_on.isoformat())
    if cover_id != uow.actor.user_id:
        uow.notify(cover_id, "cover_set", row, f"cover-set:{row.id}")
    return row.id


def _check(uow: UnitOfWork, row: Cover) -> None:
    today = today_at(row.school_id, uow.now)
    if row.ends_on < today:
        raise Refused("ends_on", _("Choose today or a later day."))
    if row.ends_on < row.starts_on:
        raise Refused("ends_on", _("The last day comes before the first one."))
    if (row.ends_on - row.starts_on).days > LONGEST:
        raise Refused("ends_on", _("Choose a last day within a year."))
    people = team_of(row.school_id, today)
    if row.user_id not in people:
        raise NotFound
    if row.cover_id == row.user_id or row.cover_id not in people:
        raise Refused("cover", _("Choose who is covering."))
    for other in overlapping(row.user_id, row.school_id, row.starts_on, row.ends_on):
        raise Refused(
            "starts_on",
            _("%(name)s is already covering from %(first)s to %(last)s. End that first, or choose other days.",
              name=other.cover_name, first=day_words(other.starts_on), last=day_words(other.ends_on)),
        )  # fmt: skip
    if overlapping(row.cover_id, row.school_id, row.starts_on, row.ends_on):
        raise Refused("cover", _("They are away themselves on some of these days. Choose someone else."))


@use_case
def end_cover(uow: UnitOfWork, cover_id: int) -> int:
    """Call a cover off at once; one that is over already stays as it is. Raises NotFound."""
    row = uow.load(Cover, cover_id, Permission.COVER_SET)
    if row.ended_at is None and row.ends_on >= today_at(row.school_id, uow.now):
        row.ended_at = uow.now
        uow.record(row, "cover.ended")
    uow.no_audit()
    return row.id
