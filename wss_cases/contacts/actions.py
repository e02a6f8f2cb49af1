"""Keeping a school's contacts: School Sergeants, Safe Passage routes, and the filing of its threat-assessment team."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.contacts.models import SafePassageRoute, SchoolSergeant, ThreatTeam
from wss_cases.contacts.states import TeamRole, seat_words
from wss_cases.foundation.errors import Refused, Stale, existing, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.timeline import in_both
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.directory.models import School


@use_case
def add_sergeant(uow: UnitOfWork, school_id: int, police_district: str, name: str, phone: str) -> int:
    """Add a school's contact at one police district; the one it had there before goes off the directory."""
    uow.load(School, school_id, Permission.SCHOOL_MANAGE)
    before = select(SchoolSergeant).where(
        SchoolSergeant.school_id == school_id,
        SchoolSergeant.police_district == police_district,
        SchoolSergeant.ended_at.is_(None),
    )
    for row in uow.session.scalars(before.with_for_update()):
        row.ended_at = uow.now
        uow.record(row, "sergeant.ended")
    made = SchoolSergeant(
        school_id=school_id, police_district=police_district, name=name, phone=phone,
        starts_on=today_at(school_id, uow.now),
    )  # fmt: skip
    uow.record(made, "sergeant.added")
    return made.id


@use_case
def end_sergeant(uow: UnitOfWork, sergeant_id: int) -> int:
    """Take a contact off the directory; notifications that went to them keep the name."""
    row = existing(uow.session.get(SchoolSergeant, sergeant_id))
    uow.load(School, row.school_id, Permission.SCHOOL_MANAGE)
    sergeant = uow.session.get(SchoolSergeant, sergeant_id, with_for_update=True, populate_existing=True)
    if sergeant is not None and sergeant.ended_at is None:
        sergeant.ended_at = uow.now
        uow.record(sergeant, "sergeant.ended")
    else:
        uow.no_audit()
    return sergeant_id


@use_case
def file_team(uow: UnitOfWork, school_id: int, filed_on: date, roles: Sequence[str]) -> int:
    """Record that a school's threat-assessment team was filed, by its seats; nobody is named, and no one is let in.

    Returns its id. Raises Refused for no seat, one that there is not, or a day that has not come; NotFound.
    """
    uow.load(School, school_id, Permission.SCHOOL_MANAGE)
    seats = _seats(roles, filed_on, today_at(school_id, uow.now))
    row = ThreatTeam(
        school_id=school_id, filed_on=filed_on, roles=seats, recorded_at=uow.now, recorded_by_id=uow.actor.user_id
    )
    uow.record(row, "threat_team.filed")
    return row.id


@use_case
def correct_team(uow: UnitOfWork, team_id: int, filed_on: date, roles: Sequence[str]) -> int:
    """Put a filing right; what it said before stays in its history. Returns its id.

    Raises Refused as filing does, Stale where someone corrected it meanwhile, NotFound.
    """
    row = existing(uow.session.get(ThreatTeam, team_id, with_for_update=True, populate_existing=True))
    uow.load(School, row.school_id, Permission.SCHOOL_MANAGE)
    if uow.version not in (None, row.version):
        raise Stale
    seats, before = _seats(roles, filed_on, today_at(row.school_id, uow.now)), list(row.roles)
    filed, words = row.filed_on.isoformat(), in_both(lambda: seat_words(before))
    row.filed_on, row.roles = filed_on, seats
    uow.record(row, "threat_team.corrected", filed=filed, seats=words)
    return row.id


def _seats(roles: Sequence[str], filed_on: date, today: date) -> list[str]:
    seats = [role.value for role in TeamRole if role in roles]
    if not seats or len(seats) != len(set(roles)):
        raise Refused("roles", _("Choose who sits on the team."))
    if filed_on > today:
        raise Refused("filed_on", _("Choose today or an earlier day."))
    return seats


@use_case
def add_route(uow: UnitOfWork, school_id: int, place: str, hours: str, vendor: str) -> int:
    """Add a Safe Passage route from today on. Returns its id. Raises Refused for what is blank, NotFound."""
    uow.load(School, school_id, Permission.SCHOOL_MANAGE)
    refuse_blank("place", place, _("Enter where the adults stand."))
    refuse_blank("hours", hours, _("Enter the hours."))
    refuse_blank("vendor", vendor, _("Enter the vendor."))
    starts_on = today_at(school_id, uow.now)
    row = SafePassageRoute(school_id=school_id, place=place, hours=hours, vendor=vendor, starts_on=starts_on)
    uow.record(row, "route.added", place=place)
    return row.id


@use_case
def end_route(uow: UnitOfWork, route_id: int) -> int:
    """End a Safe Passage route; ending it again does nothing. Returns its id. Raises NotFound."""
    row = existing(uow.session.get(SafePassageRoute, route_id, with_for_update=True, populate_existing=True))
    uow.load(School, row.school_id, Permission.SCHOOL_MANAGE)
    if row.ended_at is None:
        row.ended_at = uow.now
        uow.record(row, "route.ended", place=row.place)
    else:
        uow.no_audit()
    return row.id
