"""Naming keepers without an account: of a partner with an agreement, or a student with a trained adult, beside the
keepers of record."""

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import may_keep, with_keepers
from wss_cases.pathways.circles.circle.models import CircleOutsideKeeper
from wss_cases.pathways.circles.consent.actions import load_any_circle, load_circle
from wss_cases.pathways.circles.outside.queries import (
    get_outside_keeper,
    outside_keepers_of,
    partner_of,
    partners_with_agreement,
    trained_adults,
)
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import Student
from wss_cases.roster.names.queries import names_at_school


@use_case
def add_outside_keeper(uow: UnitOfWork, pathway_id: int, partner_id: int, name: str, anyway: bool = False) -> int:
    """Name somebody of a partner organization who helps to keep a live circle. Returns their row's id.

    Raises NotFound for who may not name keepers, Refused while nobody of the school keeps the circle, for a partner
    without an agreement in force, no name, somebody who is named already, and, unless `anyway`, a student's name.
    """
    row = _kept(uow, pathway_id)
    refuse_blank("name", name, _("Write the name."))
    today = today_at(row.school_id, uow.now)
    if any(one.name.casefold() == name.strip().casefold() for one in outside_keepers_of(row.id, today)):
        raise Refused("name", _("This person already keeps this circle."))
    partners = partners_with_agreement(today)
    if partner_id not in partners:
        raise Refused("partner", _("Choose a partner whose agreement is in force."))
    if not anyway and names_at_school(row.school_id, name):
        raise Refused("anyway", _("A student here has this name. If this is someone else, confirm below."))
    keeper = _named(uow, row, name, partner_id=partner_id)
    uow.record(keeper, "circle.outside_keeper_named", partner=partners[partner_id])
    return keeper.id


@use_case
def add_student_keeper(uow: UnitOfWork, pathway_id: int, adult_id: int, student_id: int) -> int:
    """Name a student who helps to keep a live circle beside a trained adult who keeps it. Returns their row's id.

    They have no access, and no copy of their record says it; what is kept of it goes with their record and with the
    case. Raises NotFound for who may not name keepers, Refused while nobody of the school keeps the circle, for an
    adult who does not or is not trained, nobody of the school, somebody who is named already or whom the case is about.
    """
    row = _kept(uow, pathway_id)
    if adult_id not in trained_adults(row, uow.now):
        raise Refused("adult", _("Choose a trained adult who keeps this circle."))
    student = uow.session.get(Student, student_id)
    if student is None or student.school_id != row.school_id or not student.is_active:
        raise Refused("student", _("Choose a student of this school."))
    if student.id in {one.student_id for one in participants_of(row.case_id)}:
        raise Refused("student", _("This case is about them. Choose another student."))
    if student.id in {one.student_id for one in outside_keepers_of(row.id, today_at(row.school_id, uow.now))}:
        raise Refused("student", _("This person already keeps this circle."))
    keeper = _named(uow, row, "", adult_id=adult_id, student_id=student.id)
    uow.record(keeper, "circle.student_keeper_named")
    return keeper.id


def _kept(uow: UnitOfWork, pathway_id: int) -> Pathway:
    row = load_circle(uow, pathway_id)
    circle, today = with_keepers(row), today_at(row.school_id, uow.now)
    require(uow.actor, Permission.CIRCLE_KEEPER_NAME, circle)
    if not circle.keeper_ids & may_keep(row.school_id, today).keys():
        raise Refused("", _("Assign a keeper from this school first. They answer for the circle."))
    return row


def _named(uow: UnitOfWork, row: Pathway, name: str, **of: int) -> CircleOutsideKeeper:
    return CircleOutsideKeeper.of(row, name=name.strip(), added_at=uow.now, added_by_id=uow.actor.user_id, **of)


@use_case
def end_outside_keeper(uow: UnitOfWork, pathway_id: int, outside_keeper_id: int) -> int:
    """Remove a keeper without an account. Returns the pathway's id. Raises NotFound, Refused where that was done."""
    row = load_any_circle(uow, pathway_id)
    require(uow.actor, Permission.CIRCLE_KEEPER_NAME, with_keepers(row))
    keeper = get_outside_keeper(row, outside_keeper_id)
    if keeper.ended_at is not None:
        raise Refused("", _("This person no longer keeps this circle."))
    keeper.ended_at = uow.now
    if partner := partner_of(keeper):
        uow.record(keeper, "circle.outside_keeper_ended", partner=partner)
    else:
        uow.record(keeper, "circle.student_keeper_ended")
    return row.id
