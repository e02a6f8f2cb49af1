"""Reading keepers without an account, and partner organizations whose agreement is in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Boolean, Date, and_, bindparam, column, exists, or_, select, table

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.database.prepared import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.keepers import with_keepers
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleOutsideKeeper
from wss_cases.pathways.circles.training.queries import keepers_at
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import Student

PARTNER = table(
    "partner", column("id"), column("name"), column("is_active", Boolean), column("agreement_from"),
    column("agreement_until"),
)  # fmt: skip
"""The partners' directory is kept with referrals; these columns are all that circles need of it."""


@dataclass(frozen=True)
class OutsideKeeper:
    """Who helps to keep a circle without an account: of a partner, or a student with an adult (their names)."""

    id: int
    name: str
    partner: str | None
    adult: str | None
    student_id: int | None


def partners_with_agreement(day: date) -> dict[int, str]:
    """Return the partner organizations whose agreement is in force on a day: id to name, by name."""
    partners = select(PARTNER.c.id, PARTNER.c.name).where(_in_force(day))
    return {row.id: row.name for row in db.session.execute(partners.order_by(PARTNER.c.name))}


def _in_force(day: date | BindParameter[Any]) -> Any:
    partner = PARTNER.c
    return and_(
        partner.is_active,
        partner.agreement_from.is_not(None),
        partner.agreement_from <= day,
        or_(partner.agreement_until.is_(None), partner.agreement_until >= day),
    )


def outside_keepers_of(pathway_id: int, day: date) -> list[OutsideKeeper]:
    """Return who helps to keep a circle on a day without an account, the first named first.

    Somebody of a partner while its agreement is in force, a student while the adult beside them keeps it.
    """
    return _named(_keeping.rows([pathway_id], day=day))


@Prepared
def _keeping(among_ids: Narrow) -> Any:
    one = CircleOutsideKeeper
    keeps = exists().where(
        CircleKeeper.pathway_id == one.pathway_id, CircleKeeper.user_id == one.adult_id, CircleKeeper.ended_at.is_(None)
    )
    return _listed(
        among_ids(one.pathway_id), one.ended_at.is_(None), or_(_in_force(bindparam("day", type_=Date())), keeps)
    )


def named_outside(ids: Iterable[int | None]) -> dict[int, str]:
    """Return what keepers without an account are called, also of those who ended: id to "Maya Ortiz (Harbor House)".

    The caller has checked their circle.
    """
    wanted = sorted({number for number in ids if number is not None})
    found = _named(db.session.execute(_listed(CircleOutsideKeeper.id.in_(wanted)))) if wanted else []
    return {one.id: outside_name(one) for one in found}


def _listed(*which: Any) -> Any:
    one = CircleOutsideKeeper
    return (
        select(one, PARTNER.c.name, UserAccount.name, Student)
        .outerjoin(PARTNER, PARTNER.c.id == one.partner_id)
        .outerjoin(UserAccount, UserAccount.id == one.adult_id)
        .outerjoin(Student, Student.id == one.student_id)
        .where(*which)
        .order_by(one.id)
    )


def _named(found: Iterable[Any]) -> list[OutsideKeeper]:
    return [
        OutsideKeeper(row.id, student.shown_name if student else row.name, partner, adult, row.student_id)
        for row, partner, adult, student in found
    ]


def outside_words(pathway_id: int, day: date) -> list[str]:
    """Return who helps to keep a circle without an account: "Maya Ortiz (Harbor House)"."""
    return [outside_name(one) for one in outside_keepers_of(pathway_id, day)]


def outside_name(one: OutsideKeeper) -> str:
    """Return what a keeper without an account is called: "Maya Ortiz (Harbor House)"."""
    return f"{one.name} ({beside_words(one)})"


def beside_words(one: OutsideKeeper) -> str:
    """Return for whom a keeper without an account is there: a partner, or the adult beside a student."""
    return one.partner or _("student, with %(name)s", name=one.adult)


def partner_of(keeper: CircleOutsideKeeper) -> str:
    """Return the name of a keeper's partner, also of one without an agreement; '' for a student."""
    return db.session.scalar(select(PARTNER.c.name).where(PARTNER.c.id == keeper.partner_id)) or ""


def trained_adults(row: Pathway, now: datetime) -> dict[int, str]:
    """Return the keepers of a circle who are trained: id to name."""
    here = keepers_at(row.school_id, today_at(row.school_id, now))
    return {key: name for key, name in {**here.trained, **here.staff}.items() if key in with_keepers(row).keeper_ids}


def get_outside_keeper(row: Pathway, outside_keeper_id: int) -> CircleOutsideKeeper:
    """Return a keeper from outside of one circle; the caller has checked the circle. Raises NotFound."""
    found = db.session.get(CircleOutsideKeeper, outside_keeper_id)
    if found is None or found.pathway_id != row.id:
        raise NotFound
    return found
