"""Naming keepers from outside: of a partner with an agreement, beside the keepers of record. They have no account."""

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import may_keep, with_keepers
from wss_cases.pathways.circles.circle.models import CircleOutsideKeeper
from wss_cases.pathways.circles.consent.actions import load_any_circle, load_circle
from wss_cases.pathways.circles.outside.queries import get_outside_keeper, outside_keepers_of, partners_with_agreement
from wss_cases.roster.names.queries import names_at_school


@use_case
def add_outside_keeper(uow: UnitOfWork, pathway_id: int, partner_id: int, name: str) -> int:
    """Name somebody of a partner organization who helps to keep a live circle. Returns their row's id.

    Raises NotFound for who may not name keepers, Refused while nobody of the school keeps the circle, for a partner
    without an agreement in force, no name, a student's name, or somebody who is named already.
    """
    row = load_circle(uow, pathway_id)
    circle = with_keepers(row)
    require(uow.actor, Permission.CIRCLE_KEEPER_NAME, circle)
    refuse_blank("name", name, _("Write the name."))
    today = today_at(row.school_id, uow.now)
    if not circle.keeper_ids & may_keep(row.school_id, today).keys():
        raise Refused("", _("Assign a keeper from this school first. They answer for the circle."))
    partners = partners_with_agreement(today)
    if partner_id not in partners:
        raise Refused("partner", _("Choose a partner whose agreement is in force."))
    if names_at_school(row.school_id, name):
        raise Refused("name", _("This is the name of a student. Students keep only community circles."))
    if any(one.name.casefold() == name.strip().casefold() for one in outside_keepers_of(row.id)):
        raise Refused("name", _("This person already keeps this circle."))
    keeper = CircleOutsideKeeper.of(
        row, partner_id=partner_id, name=name.strip(), added_at=uow.now, added_by_id=uow.actor.user_id
    )
    uow.record(keeper, "circle.outside_keeper_named", partner=partners[partner_id])
    return keeper.id


@use_case
def end_outside_keeper(uow: UnitOfWork, pathway_id: int, outside_keeper_id: int) -> int:
    """Remove a keeper from outside. Returns the pathway's id. Raises NotFound, Refused where that was done already."""
    row = load_any_circle(uow, pathway_id)
    require(uow.actor, Permission.CIRCLE_KEEPER_NAME, with_keepers(row))
    keeper = get_outside_keeper(row, outside_keeper_id)
    partner = next((one.partner for one in outside_keepers_of(row.id) if one.id == keeper.id), None)
    if keeper.ended_at is not None:
        raise Refused("", _("This person no longer keeps this circle."))
    keeper.ended_at = uow.now
    uow.record(keeper, "circle.outside_keeper_ended", partner=existing(partner))
    return row.id
