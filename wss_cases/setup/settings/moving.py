"""What a new time zone, or new school hours, of the district take along: the schools that kept the old ones."""

from sqlalchemy import select

from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders.pages import look_again
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School
from wss_cases.setup.settings.entries import Change


def move_hours(uow: UnitOfWork, change: Change) -> None:
    """Give the new bells to every school that keeps the district's; the next sweep looks at their follow-ups."""
    first, last = change.old
    theirs = (School.first_bell == first) & (School.last_bell == last)
    schools = list(uow.session.scalars(select(School).where(theirs).order_by(School.id).with_for_update()))
    for school in schools:
        school.first_bell, school.last_bell = change.new
        uow.record(school, "school.hours_moved")
    look_again(uow, FollowUp.school_id.in_([school.id for school in schools]))


def move_zone(uow: UnitOfWork, change: Change) -> None:
    """Give the new zone to every school that keeps the district's; the next sweep looks at their follow-ups."""
    moved = select(School).where(School.time_zone == change.old).order_by(School.id).with_for_update()
    schools = list(uow.session.scalars(moved))
    for school in schools:
        school.time_zone = change.new
        uow.record(school, "school.zone_moved", zone=change.new)
    look_again(uow, FollowUp.school_id.in_([school.id for school in schools]))
