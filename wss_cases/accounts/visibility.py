"""How many past years a role can see, and who opened which student's past years for which reason."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.actor import STAFF, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import PlainForm, choice_field
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.dated_settings import add_row
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork


class VisibilityWindow(Base):
    """From a day on, a role sees this many school years, the current one included. The newest row that has begun is
    in force; rows are never changed or deleted."""

    __tablename__ = "sight_setting"
    __table_args__ = (
        UniqueConstraint("role", "starts_on"),
        CheckConstraint("school_years between 1 and 60", name="school_years"),
    )

    id: Mapped[Id]
    role: Mapped[Role] = mapped_column(named_enum(Role, "role"))
    starts_on: Mapped[date]
    school_years: Mapped[int]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime | None]


class PastOpening(Base):
    """One person opened one student's past years for a reason and a limited time; the school can see it."""

    __tablename__ = "past_opening"
    __table_args__ = (
        Index("ix_past_opening_user", "user_id", "expires_at"),
        Index("ix_past_opening_student", "student_id"),
        Index("ix_past_opening_school", "school_id", "id"),
    )
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]


WINDOWED_ROLES = tuple(role for role in Role if role in STAFF)
"""Roles with a visibility window. The district browses no records; it opens one case for a reason."""
MOST_YEARS = 60


def sees_from(school_years: int | None, today: date) -> date | None:
    """The first visible day for this many school years, the current one included; None for no limit."""
    if school_years is None:
        return None
    first, _last = school_year_bounds(school_year(today))
    return first.replace(year=first.year - school_years + 1)


def _roles(today: date) -> list[dict[str, Any]]:
    rows = list(db.session.scalars(select(VisibilityWindow).order_by(VisibilityWindow.starts_on.desc())))
    return [
        {
            "role": ROLE_LABELS[role],
            "now": _words(next(row for row in rows if row.role is role and row.starts_on <= today), today),
            "coming": [
                _("from %(first)s", first=day_words_with_year(row.starts_on)) + ": " + _years(row)
                for row in reversed(rows)
                if row.role is role and row.starts_on > today
            ],
        }
        for role in WINDOWED_ROLES
    ]


def _words(row: VisibilityWindow, today: date) -> str:
    first = sees_from(row.school_years, today)
    return f"{_years(row)} · " + _("since %(day)s", day=day_words_with_year(first))


def _years(row: VisibilityWindow) -> str:
    return ngettext("%(num)d school year", "%(num)d school years", row.school_years)


class VisibilityWindowForm(PlainForm):
    """The number of school years for a role, from a day on."""

    role = choice_field(
        _l("Role"), [(role.value, ROLE_LABELS[role]) for role in WINDOWED_ROLES],
        validators=[InputRequired(_l("Choose a role."))],
    )  # fmt: skip
    school_years = IntegerField(
        _l("School years shown"),
        [
            InputRequired(_l("Enter a number from 1 to 60.")),
            NumberRange(1, MOST_YEARS, _l("Enter a number from 1 to 60.")),
        ],
        description=_l("1 means only the current school year."),
    )
    starts_on = DateField(
        _l("From"), [InputRequired(_l("Enter the first day."))], default=lambda: today_at(None, clock.now())
    )


pages = Pages("clean_slate", __name__, url_prefix="/clean-slate")


@pages.act(
    "", None, VisibilityWindowForm, Permission.SIGHT_EDIT, endpoint="settings",
    template="accounts/visibility/clean_slate.html", title=_l("Clean slate"), button=_l("Save change"),
    then=".settings", done=_l("The change is saved."),
    more=lambda *_shown: {"roles": _roles(today_at(None, clock.now()))},
)  # fmt: skip
def set_years(uow: UnitOfWork, form: VisibilityWindowForm) -> int:
    """Set how many school years a role sees from a day on. Refuses a day that is past, not after the newest row's, or
    more than two years ahead."""
    role, starts_on = Role(form.role.data), form.starts_on.data
    if starts_on < today_at(None, uow.now):
        raise Refused("starts_on", _("A change starts today or later."))
    row = VisibilityWindow(
        role=role, starts_on=starts_on, school_years=form.school_years.data, set_by_id=uow.actor.user_id, set_at=uow.now
    )
    add_row(uow, row, VisibilityWindow.role == role)
    uow.record(row, "sight.set", role=role.value, day=starts_on.isoformat(), years=row.school_years)
    return row.id


ROOM = Room(pages=(pages,))
