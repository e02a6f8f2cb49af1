"""Keepers without an account, beside the keepers of record: from a partner with an agreement, or a student with a
trained adult.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import request, url_for
from sqlalchemy import BindParameter, Boolean, Date, and_, bindparam, column, exists, or_, select, table
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import ConfirmField, NotBlank, PlainForm, ShortText
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import LONGEST_SEARCH
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.circle.models import CircleKeeper, CircleOutsideKeeper
from wss_cases.pathways.circles.circle.pages import KEPT_CIRCLE, on_circle, subject_of_circle
from wss_cases.pathways.circles.circle.queries import get_circle, may_keep, with_keepers
from wss_cases.pathways.circles.consent import load_circle
from wss_cases.pathways.circles.training import keepers_at
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import ACT, number, people_choices
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import students_by_id, students_matching
from wss_cases.roster.directory.rules import last_digits
from wss_cases.roster.names.queries import names_at_school

SENTENCES: dict[str, Any] = {
    "circle.outside_keeper_named": _l("A keeper from %(partner)s helps to keep this circle"),
    "circle.outside_keeper_ended": _l("A keeper from %(partner)s no longer helps to keep this circle"),
    "circle.student_keeper_named": _l("A student helps to keep this circle, with a trained adult"),
    "circle.student_keeper_ended": _l("A student no longer helps to keep this circle"),
}


PARTNER = table(
    "partner", column("id"), column("name"), column("is_active", Boolean), column("agreement_from"),
    column("agreement_until"),
)  # fmt: skip
"""A table of the referrals package: the columns that circles need of the partners' directory."""


@dataclass(frozen=True)
class OutsideKeeper:
    """A keeper without an account: from `partner`, or a student with `adult` (their names)."""

    id: int
    name: str
    partner: str | None
    adult: str | None
    student_id: int | None


def partners_with_agreement(day: date) -> dict[int, str]:
    """Partner organizations whose agreement is in force on a day: id to name, sorted by name."""
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
    """The keepers of a circle without an account on a day, in the order of naming.

    Those of a partner count while its agreement is in force, a student while their adult keeps the circle.
    """
    return _named(_keeping.rows([pathway_id], day=day))


@Prepared
def _keeping(among_ids: Narrow) -> Any:
    keeper = CircleOutsideKeeper
    keeps = exists().where(
        CircleKeeper.pathway_id == keeper.pathway_id,
        CircleKeeper.user_id == keeper.adult_id,
        CircleKeeper.ended_at.is_(None),
    )
    return _listed(
        among_ids(keeper.pathway_id), keeper.ended_at.is_(None), or_(_in_force(bindparam("day", type_=Date())), keeps)
    )


def named_outside(ids: Iterable[int | None]) -> dict[int, str]:
    """Names of keepers without an account, ended ones too: id to "Maya Ortiz (Harbor House)"."""
    wanted = sorted({number for number in ids if number is not None})
    keepers = _named(db.session.execute(_listed(CircleOutsideKeeper.id.in_(wanted)))) if wanted else []
    return {keeper.id: outside_name(keeper) for keeper in keepers}


def _listed(*which: Any) -> Any:
    keeper = CircleOutsideKeeper
    return (
        select(keeper, PARTNER.c.name, UserAccount.name, Student)
        .outerjoin(PARTNER, PARTNER.c.id == keeper.partner_id)
        .outerjoin(UserAccount, UserAccount.id == keeper.adult_id)
        .outerjoin(Student, Student.id == keeper.student_id)
        .where(*which)
        .order_by(keeper.id)
    )


def _named(rows: Iterable[Any]) -> list[OutsideKeeper]:
    return [
        OutsideKeeper(row.id, student.shown_name if student else row.name, partner, adult, row.student_id)
        for row, partner, adult, student in rows
    ]


def outside_words(pathway_id: int, day: date) -> list[str]:
    """The names of a circle's keepers without an account, such as "Maya Ortiz (Harbor House)"."""
    return [outside_name(keeper) for keeper in outside_keepers_of(pathway_id, day)]


def outside_name(keeper: OutsideKeeper) -> str:
    return f"{keeper.name} ({beside_words(keeper)})"


def beside_words(keeper: OutsideKeeper) -> str:
    """Where a keeper without an account comes from: the partner, or the adult beside a student."""
    return keeper.partner or _("student, with %(name)s", name=keeper.adult)


def partner_of(keeper: CircleOutsideKeeper) -> str:
    """The name of a keeper's partner, even when its agreement is over; '' for a student."""
    return db.session.scalar(select(PARTNER.c.name).where(PARTNER.c.id == keeper.partner_id)) or ""


def trained_adults(row: Pathway, now: datetime) -> dict[int, str]:
    here = keepers_at(row.school_id, today_at(row.school_id, now))
    return {key: name for key, name in {**here.trained, **here.staff}.items() if key in with_keepers(row).keeper_ids}


def get_outside_keeper(row: Pathway, outside_keeper_id: int) -> CircleOutsideKeeper:
    """A keeper without an account of this circle; the caller has checked the circle. Raises NotFound."""
    keeper = db.session.get(CircleOutsideKeeper, outside_keeper_id)
    if keeper is None or keeper.pathway_id != row.id:
        raise NotFound
    return keeper


def _keepers_page(row: Pathway, _id: int = 0) -> str:
    return url_for("keepers.keepers", case_id=row.case_id, pathway_id=row.id)


def _on_page(row: Pathway, _form: PlainForm | None = None) -> dict[str, Any]:
    fact = _("They have no account and read nothing here. A keeper from this school answers for the circle.")
    return on_circle(row, _keepers_page(row), facts=[fact])


pages = Pages("outside_keepers", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>/keepers/outside")


class OutsideKeeperForm(PlainForm):
    """A name and a partner organization. `anyway`: the person is not the student of the same name."""

    partner = SelectField(
        _l("Partner"),
        [InputRequired(_l("Choose a partner whose agreement is in force."))],
        description=_l("Partners whose agreement with the district is in force."),
    )
    name = ShortText(_l("Name"), [NotBlank(_l("Write the name."))])
    anyway = ConfirmField(_l("This is someone else"))

    def fit(self, row: Pathway) -> None:
        partners = partners_with_agreement(today_at(row.school_id, clock.now()))
        self.partner.choices = people_choices(partners, _("Choose one"))


@pages.act(
    "", KEPT_CIRCLE, OutsideKeeperForm, Permission.CIRCLE_KEEPER_NAME, adds=True, endpoint="add", template=ACT,
    title=_l("Add a keeper from outside"), button=_l("Add the keeper"), then=_keepers_page, more=_on_page,
)  # fmt: skip
def add_outside_keeper(uow: UnitOfWork, row: Pathway, form: OutsideKeeperForm) -> int:
    """Name a person of a partner organization who helps to keep a live circle.

    Refused while nobody of the school keeps the circle, for a person named already, and for a student's name that is
    not confirmed.
    """
    _refuse_unkept(uow, row)
    name, partner_id, today = form.name.data, int(form.partner.data), today_at(row.school_id, uow.now)
    if any(known.name.casefold() == name.strip().casefold() for known in outside_keepers_of(row.id, today)):
        raise Refused("name", _("This person already keeps this circle."))
    if not form.anyway.data and names_at_school(row.school_id, name):
        raise Refused("anyway", _("A student here has this name. If this is someone else, confirm below."))
    keeper = _new_keeper(uow, row, name, partner_id=partner_id)
    uow.record(keeper, "circle.outside_keeper_named", partner=partner_of(keeper))
    return keeper.id


class StudentKeeperForm(PlainForm):
    """A student, and the trained adult beside them."""

    student = SelectMultipleField(_l("Student"), choices=[], validate_choice=False)
    adult = SelectField(_l("With"), [InputRequired(_l("Choose a trained adult who keeps this circle."))])

    def fit(self, row: Pathway) -> None:
        self.adult.choices = people_choices(trained_adults(row, clock.now()), _("Choose one"))

    @property
    def student_id(self) -> int:
        return number(next(iter(self.student.data or []), "")) or 0


def _picking(row: Pathway, form: StudentKeeperForm) -> dict[str, Any]:
    typed = request.form.get("student_q", "")[:LONGEST_SEARCH]
    students = students_matching(current_actor(), row.school_id, typed) if typed.strip() else []
    student = students_by_id([form.student_id or None]).get(form.student_id)
    here = student is not None and student.school_id == row.school_id
    return _on_page(row) | {
        "typed": typed,
        "search_url": url_for("students.search"),
        "matches": [
            {"value": str(match.id), "label": match.name, "meta": last_digits(match.number)} for match in students
        ]
        if typed
        else None,
        "chosen": [{"value": str(student.id), "label": student.shown_name}] if student and here else [],
    }


@pages.act(
    "/student", KEPT_CIRCLE, StudentKeeperForm, Permission.CIRCLE_KEEPER_NAME, adds=True, endpoint="student",
    template="pathways/circles/keepers/student.html", title=_l("Add a student who keeps it too"),
    button=_l("Add the keeper"), then=_keepers_page, more=_picking,
)  # fmt: skip
def add_student_keeper(uow: UnitOfWork, row: Pathway, form: StudentKeeperForm) -> int:
    """Name a student who helps to keep a live circle beside a trained adult who keeps it.

    The student gets no access, and no copy of their record mentions it; the row is deleted with their record and with
    the case. Refused while nobody of the school keeps the circle, and for someone who is no student of the school, is
    named already, or is in the case.
    """
    _refuse_unkept(uow, row)
    student = uow.session.get(Student, form.student_id)
    if student is None or student.school_id != row.school_id or not student.is_active:
        raise Refused("student", _("Choose a student of this school."))
    if student.id in {known.student_id for known in participants_of(row.case_id)}:
        raise Refused("student", _("This case is about them. Choose another student."))
    if student.id in {known.student_id for known in outside_keepers_of(row.id, today_at(row.school_id, uow.now))}:
        raise Refused("student", _("This person already keeps this circle."))
    keeper = _new_keeper(uow, row, "", adult_id=int(form.adult.data), student_id=student.id)
    uow.record(keeper, "circle.student_keeper_named")
    return keeper.id


def _refuse_unkept(uow: UnitOfWork, row: Pathway) -> None:
    load_circle(uow, row.id)
    if not with_keepers(row).keeper_ids & may_keep(row.school_id, today_at(row.school_id, uow.now)).keys():
        raise Refused("", _("Assign a keeper from this school first. They answer for the circle."))


def _new_keeper(uow: UnitOfWork, row: Pathway, name: str, **of: int) -> CircleOutsideKeeper:
    return CircleOutsideKeeper.of(row, name=name.strip(), added_at=uow.now, added_by_id=uow.actor.user_id, **of)


def _keeper_of_circle(
    actor: Actor, case_id: int, pathway_id: int, outside_keeper_id: int
) -> tuple[Pathway, CircleOutsideKeeper]:
    row = get_circle(actor, case_id, pathway_id)
    return row, get_outside_keeper(row, outside_keeper_id)


@pages.button(
    "/<int:outside_keeper_id>/end", subject_of_circle(CircleOutsideKeeper, _keeper_of_circle),
    Permission.CIRCLE_KEEPER_NAME, then=lambda seen, _id: _keepers_page(seen[0]), endpoint="end",
)  # fmt: skip
def end_outside_keeper(uow: UnitOfWork, keeper: CircleOutsideKeeper) -> None:
    """Remove a keeper without an account. Refused when they were removed already."""
    if keeper.ended_at is not None:
        raise Refused("", _("This person no longer keeps this circle."))
    keeper.ended_at = uow.now
    if partner := partner_of(keeper):
        uow.record(keeper, "circle.outside_keeper_ended", partner=partner)
    else:
        uow.record(keeper, "circle.student_keeper_ended")


ROOM = Room(pages=(pages,), sentences=SENTENCES)
