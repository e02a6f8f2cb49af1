"""Settings stored as dated rows: a change adds a row from a later day; earlier rows stay."""

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.unit_of_work import UnitOfWork

FURTHEST: Final = timedelta(days=731)
"""Two years: no change may come before the newest, so a year typed wrongly would freeze the setting for good."""


def add_row(uow: UnitOfWork, row: Any, *same: ColumnElement[bool]) -> None:
    """Add a row to a setting whose rows have no end: the newest row that has begun is in force.

    `same` selects the rows of the same setting. Raises Refused for a first day too far ahead or not after the newest
    row's. The caller has checked the permission and that the day is not past.
    """
    newest = uow.session.scalar(select(func.max(type(row).starts_on)).where(*same))
    if row.starts_on > today_at(None, uow.now) + FURTHEST:
        raise Refused("starts_on", _("Choose a day at most two years ahead."))
    if newest is not None and row.starts_on <= newest:
        raise Refused(
            "starts_on", _("A change already starts on %(day)s. Choose a later day.", day=day_words_with_year(newest))
        )
    uow.add(row)


def newest_row(
    uow: UnitOfWork, model: Any, code: str, permission: Permission, starts_on: date, seen_id: int | None
) -> Any:
    """Lock and return the newest row of a table's code, so that another may follow from `starts_on` on.

    Raises NotFound for an unknown code; Refused when the newest row is not the one seen (`seen_id`; None compares
    nothing), and for a day that is past or not after the newest row's.
    """
    newest_first = select(model.id).where(model.code == code).order_by(model.starts_on.desc())
    newest_id = uow.session.scalar(newest_first.limit(1))
    newest = uow.session.get_one(model, existing(newest_id), with_for_update=True)
    require(uow.actor, permission, newest)
    if seen_id is not None and seen_id != newest.id:
        raise Refused("", _("Someone has changed this row in the meantime. Please review it again."))
    if starts_on < today_at(None, uow.now):
        raise Refused("starts_on", _("A row starts today or later: what was in force before does not change."))
    if starts_on <= newest.starts_on:
        raise Refused("starts_on", _("This day must be after the first day of the newest row."))
    return newest


def end_before(uow: UnitOfWork, newest: Any, starts_on: date, kind: str) -> None:
    """End the newest row the day before the next one begins, and record it as `kind`."""
    newest.ends_on = starts_on - timedelta(days=1)
    uow.record(newest, kind, code=newest.code, day=newest.ends_on.isoformat())


def period_words(row: Any, today: date) -> dict[str, Any]:
    """A row's first and last day, and whether it has ended, is in force or is to come, for a list."""
    has_ended, has_begun = row.ends_on is not None and row.ends_on < today, row.starts_on <= today
    return {
        "starts": day_words_with_year(row.starts_on),
        "ends": day_words_with_year(row.ends_on) if row.ends_on else "",
        "tag": _("Ended") if has_ended else (_("In force") if has_begun else _("Upcoming")),
        "tone": "slate" if has_ended else ("moss" if has_begun else "sun"),
    }
